"""``export-person`` and ``erase-person``."""

import zipfile
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from checklists.tables import Employee, table_of
from inspect_api.database import Database
from tests.inspect_api.cli.conftest import Shell

_employee = table_of(Employee)


def test_a_person_is_exported_and_erased_after_their_last_day(organised: Shell, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text(
        "工号,姓名,场所,场所名称,时区,入职日期\n7001,周敏,annex,附楼,Asia/Shanghai,2025-01-05\n", encoding="utf-8"
    )
    assert organised("import-roster", str(roster), "--create-sites").code == 0
    target = tmp_path / "person.zip"
    assert organised("export-person", "7001", str(target)).code == 0
    with zipfile.ZipFile(target) as archive:
        assert "周敏" in archive.read("person.json").decode()
    again = organised("export-person", "7001", str(target))
    assert (again.code, "there already" in again.err) == (1, True)
    assert organised("export-person", "none", str(tmp_path / "other.zip")).code == 1
    assert organised("erase-person", "7001").code == 1
    employed = organised("erase-person", "7001", "--yes")
    assert (employed.code, "still employed" in employed.err) == (1, True)
    database = Database(f"sqlite:///{tmp_path / 'var' / 'inspect.db'}")
    with database.write() as connection:
        connection.execute(
            _employee.update().where(_employee.c.number == "7001").values(employed_until=date(2026, 1, 1))
        )
    assert organised("erase-person", "7001", "--yes").code == 0
    with database.read() as connection:
        names = connection.execute(sa.select(_employee.c.name)).scalars().all()
    database.dispose()
    assert "周敏" not in names
