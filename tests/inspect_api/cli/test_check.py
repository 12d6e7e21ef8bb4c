"""``check``: one line for each thing that the service needs, and what to do about it."""

import socket
import sqlite3
from pathlib import Path

import msgspec
import pytest

from tests.inspect_api.cli.conftest import Shell
from tests.s3_server import S3Server


def found(shell: Shell) -> tuple[int, dict[str, dict[str, str]]]:
    done = shell("check", "--json")
    return done.code, {one["name"].split(" ", 1)[1]: one for one in msgspec.json.decode(done.out)}


def test_everything_is_well_after_the_set_up(organised: Shell) -> None:
    code, findings = found(organised)
    assert code == 0
    assert set(findings) == {"settings", "data folder", "free disk", "database", "photo store", "mail", "disputes"}
    assert all(one["ok"] for one in findings.values())
    told = organised("check")
    assert (told.code, told.out.count("✓")) == (0, 7)
    assert findings["disputes"]["todo"], "one administrator alone: an appeal would find nobody"


def test_an_object_store_is_tried_out(organised: Shell, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3.settings("checked").items():
        monkeypatch.setenv(f"INSPECT_{name.upper()}", value)
    code, findings = found(organised)
    assert (code, findings["photo store"]["detail"]) == (0, "s3://evidence/checked")
    monkeypatch.setenv("INSPECT_S3_SECRET_KEY", "not-this-one")
    code, findings = found(organised)
    assert (code, findings["photo store"]["ok"]) == (1, False)
    assert "INSPECT_S3_" in findings["photo store"]["todo"]


def test_looking_makes_no_database(shell: Shell, tmp_path: Path) -> None:
    code, findings = found(shell)
    assert code == 1
    assert [name for name, one in findings.items() if not one["ok"]] == ["database"]
    assert findings["database"]["todo"] == "inspect-api migrate"
    assert not (tmp_path / "var" / "inspect.db").exists()


def test_an_old_schema_is_found(organised: Shell, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "var" / "inspect.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'before'")
    connection.close()
    code, findings = found(organised)
    assert (code, findings["database"]["ok"]) == (1, False)
    assert "before" in findings["database"]["detail"]


@pytest.mark.parametrize(
    ("settings", "name", "todo"),
    [
        ({"INSPECT_DATABASE_URL": "postgresql://a:hidden@127.0.0.1:{port}/x"}, "database", "INSPECT_DATABASE_URL"),
        ({"INSPECT_BLOB_URL": "http://nowhere"}, "photo store", "INSPECT_BLOB_URL"),
        ({"INSPECT_SMTP_HOST": "127.0.0.1", "INSPECT_SMTP_PORT": "{port}"}, "mail", "INSPECT_SMTP"),
        ({"INSPECT_MAIL_FROM": "nobody"}, "settings", "INSPECT_MAIL_FROM"),
        (
            {"INSPECT_MODE": "production", "INSPECT_SECRET_KEY": "k" * 32, "INSPECT_PUBLIC_URL": "http://plain.test"},
            "settings",
            "HTTPS",
        ),
    ],
)
def test_each_thing_that_is_wrong_is_named_with_what_to_do(
    organised: Shell, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], name: str, todo: str
) -> None:
    with socket.socket() as closed:  # bound and not listening: a connection is refused
        closed.bind(("127.0.0.1", 0))
        for variable, value in settings.items():
            monkeypatch.setenv(variable, value.replace("{port}", str(closed.getsockname()[1])))
        code, findings = found(organised)
    assert code == 1
    assert [key for key, one in findings.items() if not one["ok"]] == [name]
    assert todo in findings[name]["todo"]
    assert "hidden" not in findings[name]["detail"]


def test_a_data_folder_that_cannot_be_made(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("INSPECT_DATA_DIR", str(tmp_path / "file" / "var"))
    code, findings = found(shell)
    assert code == 1
    assert not findings["data folder"]["ok"]
    assert "INSPECT_DATA_DIR" in findings["data folder"]["todo"]
