"""What a tablet gets from ``/tablet/``: one whole version of the app, under a policy that lets nothing foreign in."""

import json
from hashlib import sha256
from pathlib import Path

from inspect_api.web.comments import without_comment_lines
from inspect_api.web.files import FOLDER, WORKER, load, tablet_app
from tests.world import World

BUDGET = 150_000  # bytes, compressed: the whole app, its libraries included


async def test_the_app_comes_with_a_strict_policy(world: World) -> None:
    async with world.client() as client:
        for path in ("/tablet/", f"/tablet/{WORKER}", "/tablet/vendor/preact.js"):
            answer = await client.get(path)
            assert answer.status_code == 200, path
            policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
            assert policy["default-src"] == "'none'"
            assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
            assert "unsafe" not in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-cache"


async def test_the_address_without_a_slash_leads_to_the_app(world: World) -> None:
    async with world.client() as client:
        answer = await client.get("/tablet", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/tablet/")


async def test_a_file_is_sent_once_and_compressed(world: World) -> None:
    async with world.client() as client:
        first = await client.get("/tablet/vendor/preact.js", headers={"accept-encoding": "gzip"})
        again = await client.get("/tablet/vendor/preact.js", headers={"if-none-match": first.headers["etag"]})
    assert first.headers["content-encoding"] == "gzip"
    assert first.content == (FOLDER / "vendor/preact.js").read_bytes()
    assert first.headers["content-type"].startswith("text/javascript")
    assert (again.status_code, again.content) == (304, b"")


async def test_nothing_else_of_the_folder_or_around_it_is_served(world: World) -> None:
    async with world.client() as client:
        for name in (
            "engine/engine.d.ts",
            "vendor/VENDORED.json",
            "../files.py",
            "%2e%2e/files.py",
            "nothing.js",
            "%00",
        ):
            answer = await client.get(f"/tablet/{name}")
            assert answer.status_code == 404, name


async def test_the_worker_names_every_file_with_the_hash_of_what_is_served(world: World) -> None:
    async with world.client() as client:
        worker = (await client.get(f"/tablet/{WORKER}")).text
        told = json.loads(worker.splitlines()[0].removeprefix("self.APP = ").removesuffix(";"))
        assert told["version"] == tablet_app().version
        assert {"", "main.js", "vendor/preact.js", "engine/engine.js"} <= told["files"].keys()
        for name, digest in told["files"].items():
            answer = await client.get(f"/tablet/{name}")
            assert sha256(answer.content).hexdigest()[:32] == digest, name


def test_another_byte_in_any_file_is_another_version_and_another_worker(tmp_path: Path) -> None:
    for name in ("index.html", "main.js", "style.css", WORKER):
        (tmp_path / name).write_text(f"{name} 1")
    before = load(tmp_path)
    seen = {before.version}
    for name in ("main.js", "style.css", "index.html", WORKER):
        (tmp_path / name).write_text(f"{name} 2")
        after = load(tmp_path)
        assert after.files[WORKER].digest != before.files[WORKER].digest
        assert after.version not in seen
        seen.add(after.version)
    assert load(tmp_path).version == after.version


def test_the_whole_app_stays_small() -> None:
    """As a tablet gets it: browsers take Brotli over HTTPS, without which the app is nothing anyway."""
    sizes = {file.name: len(file.packed.get("br", file.content)) for file in tablet_app().files.values()}
    assert sum(sizes.values()) < BUDGET, sorted(sizes.items(), key=lambda one: -one[1])[:10]


def test_what_is_served_is_what_was_reviewed_but_for_whole_lines_of_comment() -> None:
    script = """// @ts-check
/** One line. */
/**
 * Several. `backtick
 */
const a = /** @type {any} */ (b); // stays
  // goes
const c = `
// stays: text
/* stays */ ${d}
`; /* stays */ e();
/* stays */ f();
"""
    served = without_comment_lines(script)
    assert served.split("\n")[:5] == [""] * 5
    assert served.split("\n")[5:] == [*script.split("\n")[5:6], "", *script.split("\n")[7:]]
    for file in tablet_app().files.values():
        if file.name.endswith((".js", ".css")) and file.name != WORKER:
            source = (FOLDER / file.name).read_text("utf-8").split("\n")
            lines = file.content.decode().split("\n")
            assert len(lines) == len(source), file.name
            gone = [own.strip() for own, line in zip(source, lines, strict=True) if own != line]
            assert all(line.startswith(("//", "/*", "*")) or "*/" in line for line in gone), file.name
            assert not (gone and file.name.startswith("vendor/"))


def test_vendored_files_are_the_published_ones() -> None:
    """Version, licence and hash of each is listed; an edit, or a file that nobody lists, shows here."""
    folder = FOLDER / "vendor"
    packages = json.loads((folder / "VENDORED.json").read_text("utf-8"))
    listed = {file["file"]: file["sha256"] for package in packages for file in package["files"]}
    assert {name: sha256((folder / name).read_bytes()).hexdigest() for name in listed} == listed
    assert all(package["version"] and package["licence"] for package in packages)
    assert all((folder / package["licence_file"]).is_file() for package in packages)
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    own = {"VENDORED.json", "preact.d.ts", "idb.d.ts", "tus.d.ts"}  # how our code sees them, in types
    assert there - own == set(listed)
