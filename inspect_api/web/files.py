"""The files of the tablet app as they are served: bytes, hashes, and the version that follows from them."""

import gzip
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import brotli

from inspect_api.web.comments import without_comment_lines

FOLDER = Path(__file__).parent / "tablet"
PREFIX = "/tablet/"
INDEX = "index.html"
WORKER = "service_worker.js"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
}
_SERVED = {*_TYPES, ".png", ".woff2"}
_PACKED = {".js", ".css", ".html", ".svg", ".webmanifest"}
_DIGITS = 16
_CHECKED_DIGITS = 32
"""128 bits find a file of another version; whoever could forge one could change this list as well."""
_BROTLI = 9  # of 11: the last two steps take ten times as long at the start of every process, for three per cent
VENDORED = "vendor/"


@dataclass(frozen=True)
class WebFile:
    """``name``: path below ``/tablet/``. ``digest``: SHA-256 of ``content``, hex. ``packed``: by content coding, the
    smallest first; empty where it does not pay."""

    name: str
    content: bytes
    packed: Mapping[str, bytes]
    media_type: str
    digest: str


@dataclass(frozen=True)
class App:
    """``version``: changes with any byte of any file. ``files``: by name; the worker is among them."""

    version: str
    files: dict[str, WebFile]


@cache
def tablet_app() -> App:
    """Read once in the life of a process: an update of the app is an update of the service."""
    return load(FOLDER)


def load(folder: Path) -> App:
    """The app in ``folder``. Declarations of types, licences and notes for people are not served."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and _is_served(path))
    files = {file.name: file for file in (_read(path, folder) for path in paths)}
    joined = "\n".join(f"{file.digest} {file.name}" for file in files.values())
    version = sha256(joined.encode()).hexdigest()[:_DIGITS]
    worker = files.get(WORKER)
    if worker is not None:
        # What the worker stores, and under which name, is in its first line: another byte anywhere in the app makes it
        # another worker, which is how a browser notices that there is an update.
        stored = {
            "" if name == INDEX else name: file.digest[:_CHECKED_DIGITS]
            for name, file in files.items()
            if name != WORKER
        }
        told = {"version": version, "files": stored}
        head = f"self.APP = {json.dumps(told, sort_keys=True)};\n".encode()
        files[WORKER] = _make(WORKER, head + worker.content)
    return App(version, files)


def _is_served(path: Path) -> bool:
    return path.suffix in _SERVED and not path.name.endswith(".d.ts")


def _read(path: Path, folder: Path) -> WebFile:
    name, content = path.relative_to(folder).as_posix(), path.read_bytes()
    if path.suffix in {".js", ".css"} and not name.startswith(VENDORED):  # those stay as they were published
        content = without_comment_lines(content.decode()).encode()
    return _make(name, content)


def _make(name: str, content: bytes) -> WebFile:
    suffix = Path(name).suffix
    media_type = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    packed = {}
    if suffix in _PACKED:
        packed = {"br": brotli.compress(content, quality=_BROTLI), "gzip": gzip.compress(content, 9, mtime=0)}
    return WebFile(name, content, packed, media_type, sha256(content).hexdigest())
