"""Each command: what it does, what it says, and its exit code."""

import io
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from checklists.tables import Organisation, ReportRun, RoleGrant, TemplateRevision, User, table_of
from inspect_api.database import Database
from sync.tables import Instance
from tests.inspect_api.cli.conftest import Shell

ROSTER = (
    "工号,姓名,场所,场所名称,时区,入职日期\n"
    "1001,王芳,lobby,云顶大堂,Asia/Shanghai,2025-03-01\n"
    "1002,李强,lobby,,,2025-03-01\n"
)


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    file = tmp_path / "roster.csv"
    file.write_text(ROSTER, encoding="gb18030")
    return file


def rows(tmp_path: Path, model: type[Any]) -> list[Any]:
    database = Database(f"sqlite:///{tmp_path / 'var' / 'inspect.db'}")
    with database.read() as connection:
        found = list(connection.execute(sa.select(table_of(model))))
    database.dispose()
    return found


def test_from_nothing_to_a_week_of_scorecards(organised: Shell, tmp_path: Path, roster: Path, password: str) -> None:
    done = organised("import-roster", str(roster), "--create-sites")
    assert done.code == 0, done
    assert (
        organised(
            "add-user", "chen", "陈督导", "--role", "supervisor", "--site", "lobby", "--password-file", password
        ).code
        == 0
    )
    cards = organised("score-week", "--json")
    assert cards.code == 0
    (week,) = msgspec.json.decode(cards.out)
    assert [row["name"] for row in week["scorecards"]] == ["王芳", "李强"]
    table = organised("score-week", "--site", "lobby", "--week", "2026-W01")
    assert "云顶大堂 · 2026-W01" in table.out
    assert "王芳" in table.out
    assert {row.login for row in rows(tmp_path, User)} == {"admin", "chen"}
    assert len(rows(tmp_path, TemplateRevision)) == 3


def test_migrate_again_says_that_there_is_nothing_to_do(shell: Shell) -> None:
    first, second = shell("migrate"), shell("migrate")
    assert (first.code, second.code) == (0, 0)
    assert "upgraded" in first.out
    assert "newest already" in second.out


@pytest.mark.parametrize("command", ["score-week", "serve", "after-restore", "install-templates", "send-report"])
def test_an_old_schema_is_refused_with_what_to_do(shell: Shell, command: str) -> None:
    done = shell(command)
    assert done.code == 1
    assert "inspect-api migrate" in done.err


def test_a_roster_with_bad_rows_keeps_the_good_ones_and_exits_with_1(organised: Shell, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(ROSTER + "1003,,lobby,,,2025-03-01\n1001,再来,lobby,,,2025-03-01\n", encoding="utf-8")
    told = organised("import-roster", str(file), "--create-sites")
    assert told.code == 1
    for word in ("4", "姓名", "must not be empty", "the same number as in row 2"):
        assert word in told.out
    as_json = organised("import-roster", str(file), "--json")
    result = msgspec.json.decode(as_json.out)
    assert (as_json.code, result["refused"], result["employees"]["unchanged"]) == (1, 2, 2)


def test_the_same_roster_again_says_that_nothing_changed(organised: Shell, roster: Path) -> None:
    assert organised("import-roster", str(roster), "--create-sites").code == 0
    again = organised("import-roster", str(roster))
    assert (again.code, "Nothing changed" in again.out) == (0, True)


def test_a_file_that_is_no_roster_is_refused_without_a_traceback(organised: Shell, tmp_path: Path) -> None:
    file = tmp_path / "no.csv"
    file.write_text("a,b\n", encoding="utf-8")
    done = organised("import-roster", str(file))
    assert (done.code, done.out) == (1, "")
    assert "缺少列" in done.err
    assert "Traceback" not in done.err
    assert organised("import-roster", str(tmp_path / "absent.csv")).code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--role", "supervisor"), 2, "--site"),
        (("--role", "administrator", "--site", "lobby"), 2, "--site"),
        (("--role", "employee"), 2, "--employee"),
        (("--role", "king"), 2, "king"),
        (("--role", "manager", "--site", "mars"), 1, "no site mars"),
        (("--role", "employee", "--employee", "9"), 1, "number 9"),
        (("--role", "administrator", "--email", "nobody"), 2, "mail address"),
        (("--role", "administrator", "--organisation", "other"), 1, "示范物业"),
    ],
)
def test_a_user_who_cannot_be_added(
    organised: Shell, password: str, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = organised("add-user", "new", "新人", *arguments, "--password-file", password)
    assert done.code == code, done
    assert said in done.err


def test_roles_are_granted_at_every_site_named(organised: Shell, tmp_path: Path, roster: Path, password: str) -> None:
    organised("import-roster", str(roster), "--create-sites")
    options = (
        "--role",
        "supervisor",
        "--role",
        "manager",
        "--role",
        "employee",
        "--site",
        "lobby",
        "--employee",
        "1001",
    )
    done = organised(
        "add-user",
        "wang",
        "王芳",
        *options,
        "--email",
        "wang@example.test",
        "--language",
        "en",
        "--password-file",
        password,
    )
    assert done.code == 0, done
    wang = next(row for row in rows(tmp_path, User) if row.login == "wang")
    assert (wang.email, wang.language) == ("wang@example.test", "en")
    assert wang.employee_id
    assert {row.role for row in rows(tmp_path, RoleGrant) if row.user_id == wang.id} == {"supervisor", "manager"}


def test_a_login_is_taken_once_in_the_whole_service(organised: Shell, tmp_path: Path, password: str) -> None:
    again = organised("add-user", "admin", "另一个", "--role", "administrator", "--password-file", password)
    assert (again.code, "taken" in again.err) == (1, True)
    other = organised("new-organisation", "第二家", "--admin", "admin", "--password-file", password)
    assert other.code == 1
    assert len(rows(tmp_path, Organisation)) == 1
    same_name = organised("new-organisation", "示范物业", "--admin", "admin2", "--password-file", password)
    assert same_name.code == 1


def test_with_two_organisations_one_has_to_be_named(organised: Shell, password: str) -> None:
    assert organised("new-organisation", "第二家", "--admin", "admin2", "--password-file", password).code == 0
    unnamed = organised("score-week")
    assert (unnamed.code, "第二家" in unnamed.err) == (1, True)
    assert organised("score-week", "--organisation", "第二家").code == 0


def test_a_password_comes_from_stdin_and_has_a_least_length(
    organised: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for typed, code in (("short\n", 1), ("long enough\n", 0)):
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        assert organised("add-user", "new", "新人", "--role", "administrator", "--password-stdin").code == code
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    silent = organised("add-user", "other", "新人", "--role", "administrator")
    assert (silent.code, "--password-stdin" in silent.err) == (2, True)
    new = next(row for row in rows(tmp_path, User) if row.login == "new")
    assert "long enough" not in new.password_hash


def test_templates_are_installed_once_and_their_problems_told(organised: Shell, tmp_path: Path) -> None:
    assert "there already" in organised("install-templates").out
    assert len(rows(tmp_path, TemplateRevision)) == 3
    broken = tmp_path / "broken.yaml"
    broken.write_text("key: x\n", encoding="utf-8")
    done = organised("install-templates", str(broken))
    assert done.code == 1
    assert "broken.yaml" in done.err


def test_after_a_restore_there_is_a_new_epoch(organised: Shell, tmp_path: Path) -> None:
    before = rows(tmp_path, Instance)[0].epoch
    assert organised("after-restore").code == 0
    assert rows(tmp_path, Instance)[0].epoch != before


def test_send_report_sends_what_is_due_once(organised: Shell, tmp_path: Path, roster: Path, password: str) -> None:
    organised("import-roster", str(roster), "--create-sites")
    options = ("--role", "manager", "--site", "lobby", "--email", "manager@example.test", "--password-file", password)
    organised("add-user", "manager", "经理", *options)
    assert "No weekly report is due" in organised("send-report").out
    _a_week_ago(tmp_path)
    sent = organised("send-report", "--json")
    assert sent.code == 0, sent
    (run,) = msgspec.json.decode(sent.out)
    assert (run["site"], run["recipient"], run["state"], run["error"]) == ("lobby", "经理", "sent", None)
    assert len(list((tmp_path / "var" / "mail").glob("*.eml"))) == 1
    assert "No weekly report is due" in organised("send-report").out
    assert "经理" in organised("send-report", "--week", run["week"], "--site", "lobby").out
    assert len(rows(tmp_path, ReportRun)) == 1


def test_send_report_tells_what_did_not_go_out(organised: Shell, tmp_path: Path, roster: Path, password: str) -> None:
    organised("import-roster", str(roster), "--create-sites")
    organised("add-user", "manager", "经理", "--role", "manager", "--site", "lobby", "--password-file", password)
    _a_week_ago(tmp_path)
    done = organised("send-report")
    assert done.code == 1
    assert "no usable mail address" in " ".join(done.out.replace("│", " ").split())


def _a_week_ago(tmp_path: Path) -> None:
    """As if the organisation and its managers had been there for a week: exactly one report has come due since."""
    database = Database(f"sqlite:///{tmp_path / 'var' / 'inspect.db'}")
    with database.write() as connection:
        for table, column in ((table_of(Organisation), "created_at"), (table_of(RoleGrant), "granted_at")):
            was = connection.execute(sa.select(table.c[column])).scalars().first()
            assert was is not None
            connection.execute(sa.update(table).values({column: was - timedelta(days=7)}))
    database.dispose()


@pytest.mark.parametrize(
    "arguments", [("score-week", "--week", "2026-W60"), ("no-such",), ("score-week", "--nonsense")]
)
def test_wrong_usage_exits_with_2(organised: Shell, arguments: tuple[str, ...]) -> None:
    assert organised(*arguments).code == 2


def test_help_names_every_command_and_what_exit_codes_mean(shell: Shell) -> None:
    done = shell("--help")
    assert done.code == 0
    for word in ("serve", "migrate", "import-roster", "score-week", "send-report", "check", "Exit codes", "退出码"):
        assert word in done.out


def test_settings_that_are_wrong_are_named_without_their_values(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECT_MODE", "production")
    monkeypatch.setenv("INSPECT_SECRET_KEY", "tooshort-but-secret")
    monkeypatch.setenv("INSPECT_PORT", "many")
    done = shell("check")
    assert done.code == 1
    assert "INSPECT_PORT" in done.err
    assert "tooshort" not in done.err
    assert "Traceback" not in done.err
    monkeypatch.delenv("INSPECT_PORT")
    assert "INSPECT_SECRET_KEY" in shell("check").err


def test_a_database_that_is_not_there_is_told_without_a_traceback(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSPECT_DATABASE_URL", "postgresql://someone:hidden-password@127.0.0.1:9/nothing")
    done = shell("migrate")
    assert done.code == 1
    assert "INSPECT_DATABASE_URL" in done.err
    assert "hidden-password" not in done.err


def test_the_module_is_the_same_program(tmp_path: Path) -> None:
    environment = os.environ | {"INSPECT_MODE": "development", "INSPECT_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "inspect_api.cli", "migrate"]
    done = subprocess.run(command, capture_output=True, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "inspect.db").exists()
