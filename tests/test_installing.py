"""What is installed is whole: the wheel, the container and `make` bring the same things in the same way."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from inspect_api.settings import Settings

ROOT = Path(__file__).parents[1]
PACKAGES = ("inspect_api", "checklists", "sync")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run_installed(installed: Path, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Away from the checkout, with the unpacked wheel before everything else."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INSPECT_")}
    environment |= {
        "PYTHONPATH": str(installed),
        "INSPECT_MODE": "development",
        "INSPECT_DATA_DIR": str(tmp_path / "var"),
    }
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert expected - names == set()
    assert not [name for name in names if name.split("/")[0] not in PACKAGES and ".dist-info" not in name]


def test_an_installed_wheel_starts_and_finds_what_it_brings(installed: Path, tmp_path: Path) -> None:
    looking = (
        "import inspect_api, pathlib, sys\n"
        "from checklists.template_loader import builtin_templates\n"
        "from inspect_api.i18n import translator\n"
        "assert pathlib.Path(inspect_api.__file__).is_relative_to(sys.argv[1]), inspect_api.__file__\n"
        "assert len(builtin_templates()) == 3\n"
        "assert translator('zh').gettext('Grooming') != 'Grooming'\n"
    )
    found = run_installed(installed, tmp_path, "-c", looking, str(installed))
    assert found.returncode == 0, found.stderr
    for arguments in (("--help",), ("migrate",), ("check",)):
        done = run_installed(installed, tmp_path, "-m", "inspect_api.cli", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "var" / "inspect.db").exists()


def test_the_program_has_its_name() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"inspect-api": "inspect_api.cli.main:run"}


def pip_steps(text: str) -> list[str]:
    """The installations of a file: what comes after the options that say nothing about what is installed."""
    joined = text.replace("$(PIP_INSTALL)", "pip install --quiet --no-input --disable-pip-version-check")
    options = {"--quiet", "--no-input", "--disable-pip-version-check", "--no-cache-dir"}
    steps = re.findall(r"pip install (.*)", joined)
    return [" ".join(word for word in step.split() if word not in options) for step in steps]


def test_the_container_installs_as_make_does() -> None:
    ours, theirs = pip_steps(MAKEFILE), pip_steps(DOCKERFILE)
    locked = [f"--require-hashes -r {name}.lock" for name in ("requirements-build", "requirements")]
    assert [step for step in theirs if "--require-hashes" in step] == locked
    assert [step for step in ours if step in locked] == locked
    assert all("--require-hashes" in step or "--no-deps --no-index" in step for step in theirs)
    assert "-m hatchling build -t wheel" in DOCKERFILE
    assert "-m hatchling build -t wheel" in MAKEFILE


def test_the_container_runs_as_nobody_in_particular_and_says_how_it_is() -> None:
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER inspect$", last_stage, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK .*\n.*/health", last_stage, re.MULTILINE)
    assert re.search(r"^VOLUME /data$", last_stage, re.MULTILINE)
    assert 'CMD ["inspect-api", "serve", "--migrate"]' in last_stage
    assert not re.search(r"SECRET|PASSWORD", DOCKERFILE)


def test_everything_that_the_container_copies_is_there_and_let_in() -> None:
    let_in = {
        line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")
    }
    copied = {
        name
        for line in DOCKERFILE.splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
    }
    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)
    assert set(PACKAGES) <= copied


def test_compose_sets_only_settings_that_exist_and_no_secret_by_itself() -> None:
    entries = COMPOSE["services"]["app"]["environment"]
    names = {entry.split("=")[0] for entry in entries}
    known = {f"INSPECT_{name.upper()}" for name in Settings.model_fields}
    assert names - {"FORWARDED_ALLOW_IPS"} <= known
    for service in COMPOSE["services"].values():
        for entry in service.get("environment", []):
            if re.search(r"SECRET|PASSWORD|_KEY", entry.split("=")[0]):
                assert "=" not in entry or "${" in entry, entry
    assert not re.search(r"\$\{\w+:?-", (ROOT / "compose.yaml").read_text(encoding="utf-8"))


def test_compose_opens_nothing_but_the_proxy() -> None:
    services = COMPOSE["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert services["app"]["depends_on"]["database"]["condition"] == "service_healthy"
    volumes = {volume.split(":")[0] for service in services.values() for volume in service["volumes"]}
    assert {name for name in volumes if not name.startswith("./")} == set(COMPOSE["volumes"])
    assert all((ROOT / name).exists() for name in volumes if name.startswith("./"))
    assert "reverse_proxy app:8000" in (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")


def test_continuous_integration_runs_what_a_person_runs() -> None:
    script = ROOT / ".ci/run"
    assert script.read_text(encoding="utf-8").rstrip().endswith("exec make test")
    assert all(os.access(path, os.X_OK) for path in (ROOT / ".ci").iterdir())


def test_the_locks_pin_by_hash_and_agree() -> None:
    pins = {}
    for name in ("requirements-dev.lock", "requirements.lock", "requirements-build.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        blocks = re.findall(r"^([a-z0-9._-]+(?:\[[^\]]*\])?)==(\S+)[^\n]*\n((?:    .*\n)*)", text, re.MULTILINE)
        assert blocks
        assert all("--hash=sha256:" in rest for _, _, rest in blocks), name
        pins[name] = {(package, version) for package, version, _ in blocks}
    assert pins["requirements.lock"] <= pins["requirements-dev.lock"]
    assert pins["requirements-build.lock"] <= pins["requirements-dev.lock"]


def test_make_lists_its_verbs() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, timeout=30)  # noqa: S607 (make of the PATH)
    for verb in ("run", "test", "check", "serve", "bench", "lock", "clean"):
        assert f"make {verb} " in done.stdout
