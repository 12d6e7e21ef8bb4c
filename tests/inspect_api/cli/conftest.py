"""The command line as a shell would call it, with an environment of its own."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from inspect_api.cli.main import run


class Done(NamedTuple):
    code: int
    out: str
    err: str


Shell = Callable[..., Done]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """``shell("add-user", …)``; ``var`` in ``tmp_path`` is the data folder. Lines are as wide as they need to be."""
    for name in list(os.environ):
        if name.startswith("INSPECT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("INSPECT_MODE", "development")
    monkeypatch.setenv("INSPECT_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> Done:
        capsys.readouterr()
        code = run(arguments)
        written = capsys.readouterr()
        return Done(code, written.out, written.err)

    return call


@pytest.fixture
def password(tmp_path: Path) -> str:
    """The path of a file with a password in it."""
    file = tmp_path / "password"
    file.write_text("correct horse battery\n", encoding="utf-8")
    return str(file)


@pytest.fixture
def organised(shell: Shell, password: str) -> Shell:
    """A shell with a migrated database and the organisation 示范物业."""
    assert shell("migrate").code == 0
    assert shell("new-organisation", "示范物业", "--admin", "admin", "--password-file", password).code == 0
    return shell
