"""The rules of the house that a machine can check: direction of imports, size of rooms, what no file may hold."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("inspect_api", "sync", "checklists")
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
_NOT_OURS = {".venv", ".git", ".node", "node_modules", "dist", "build", "var", "__pycache__", "vendor"}
_TEXT = {
    ".py",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".lock",
    ".js",
    ".mjs",
    ".css",
    ".html",
    ".po",
    ".json",
    ".txt",
    ".sh",
    "",
}

_REGISTRY = re.compile(
    r"pypi\.org|pythonhosted|npmjs\.(org|com)|/simple/|index-url\s*=|registry\.yarn|crates\.io", re.IGNORECASE
)
_MACHINE_PATH = re.compile(r"(?<![\w.{])/(work|root|home/\w+|Users/\w+|tmp/\w+|opt/\w+)\b(?!\.)")
_PUT_OFF = re.compile(r"\b(TODO|FIXME|XXX)\b|pytest\.(mark\.)?(skip|skipif|xfail)\b")


def _files() -> list[Path]:
    """What belongs to the project: what git tracks; all that lies there where there is no git."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)  # noqa: S607 (git of the PATH)
    if listing.returncode == 0 and listing.stdout:
        found = [ROOT / name for name in listing.stdout.decode().split("\0") if name]
    else:
        found = [path for path in ROOT.rglob("*") if not _NOT_OURS.intersection(path.relative_to(ROOT).parts)]
    this = Path(__file__)  # holds what it looks for
    return [path for path in found if path.is_file() and "vendor" not in path.parts and path != this]


FILES = _files()
SOURCES = [path for path in FILES if path.suffix == ".py"]


def test_imports_go_one_way() -> None:
    """inspect_api → sync → checklists, and the libraries that only one of them may use: pyproject.toml."""
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_has_grown_into_two() -> None:
    lines = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    # A migration is written once, and as long as its tables are many.
    assert {path: n for path, n in lines.items() if n > MAX_FILE_LINES and "versions" not in path.parts} == {}


def test_no_function_has_grown_into_two() -> None:
    long = {}
    for path in SOURCES:
        if "versions" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > MAX_FUNCTION_LINES:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = length
    assert long == {}


@pytest.mark.parametrize(("name", "pattern"), [("registry", _REGISTRY), ("machine path", _MACHINE_PATH)])
def test_no_file_holds_an_address_of_a_registry_or_a_path_of_a_machine(name: str, pattern: re.Pattern[str]) -> None:
    found = []
    for path in FILES:
        if path.suffix not in _TEXT or path.name == "LICENSE":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert found == [], name


def test_nothing_is_put_off() -> None:
    """No stub, no skipped test, no note to finish later."""
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if _PUT_OFF.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_is(package: str) -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.relative_to(ROOT).parts[0] == package
        and path.stat().st_size
        and ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []
