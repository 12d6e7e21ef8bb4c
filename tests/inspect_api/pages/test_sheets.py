"""Files to take along: what a spreadsheet program reads, and that it runs nothing."""

import csv
import io
import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from openpyxl import load_workbook

from checklists.periods import final_at, provisional_at
from inspect_api.directory import Directory
from inspect_api.pages.overview import PER_PAGE
from inspect_api.scorecards import service
from inspect_api.scorecards.publication import publish_due
from inspect_api.sheets import Sheet, to_csv, to_xlsx
from tests.inspect_api.pages.browser import browser
from tests.inspect_api.scorecards.desk import Desk
from tests.inspect_api.scorecards.test_decisions import AGAIN
from tests.worked_numbers import ALL_CHECKS, LATE_CHECK, WEEK, ZONE, grooming_check, site_time
from tests.world import SteppedClock, World

FORMULAS = ['=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]
TABLES = [
    *("employees", "coverage", "spread", "supervisors", "items", "findings", "pairs", "severity", "decisions"),
    *("tablets", "corrections"),
]
OF_AN_EMPLOYEE = ["weeks", "checks", "lost", "versions"]


def csv_of(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def xlsx_of(content: bytes) -> list[list[Any]]:
    book = load_workbook(io.BytesIO(content))
    return [list(row) for row in book.active.iter_rows(values_only=True)]  # type: ignore[union-attr]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(formula: str) -> None:
    sheet = Sheet("a", "=A1", [formula, "b"], [(formula, Decimal("-1.5"))])
    head, row = csv_of(to_csv(sheet))
    assert (head[0], row) == (f"'{formula}", [f"'{formula}", "-1.5"])
    book = load_workbook(io.BytesIO(to_xlsx(sheet)))
    for cell in (book.active["A1"], book.active["A2"]):  # type: ignore[index]
        assert cell.data_type == "s"
    assert book.active["B2"].value == -1.5  # type: ignore[index]


def test_numbers_days_and_texts_arrive_as_what_they_are() -> None:
    cells = ("王芳", 3, Fraction(1725, 20), Decimal("-0.8"), date(2026, 11, 22), None, 'a,"b"\nc', "\x0bx")
    sheet = Sheet("a", "云顶/大堂", [str(place) for place in range(len(cells))], [cells])
    assert csv_of(to_csv(sheet))[1] == ["王芳", "3", "86.3", "-0.8", "2026-11-22", "", 'a,"b"\nc', "\x0bx"]
    row = xlsx_of(to_xlsx(sheet))[1]
    assert [*row[:4], row[4].date(), *row[5:]] == ["王芳", 3, 86.3, -0.8, date(2026, 11, 22), None, 'a,"b"\nc', "x"]


@pytest.fixture
def busy(world: World, desk: Desk, clock: SteppedClock) -> World:
    """The worked week with a duplicate, somebody else's checks, and a late one that made a correction."""
    desk.send_all()
    desk.send(AGAIN)
    desk.send(grooming_check("X", "liu", site_time(16, 9), hair="fail"), "lobby-2")
    clock.now = provisional_at(WEEK, ZONE)
    publish_due(world.services)
    clock.now = final_at(WEEK, ZONE)
    publish_due(world.services)
    clock.forward(hours=1)
    desk.send(LATE_CHECK)
    publish_due(world.services)
    return world


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_both_files_of_every_table_say_the_same(busy: World, language: str) -> None:
    site = f"/sites/{busy.sites['lobby']}/weeks/{WEEK}/tables"
    person = f"/employees/{busy.employees['lobby-1']}/weeks/{WEEK}/tables"
    async with browser(busy, "manager") as client:
        for base, name in [*((site, name) for name in TABLES), *((person, name) for name in OF_AN_EMPLOYEE)]:
            text = await client.get(f"{base}/{name}.csv?lang={language}")
            book = await client.get(f"{base}/{name}.xlsx?lang={language}")
            assert (text.status_code, book.status_code) == (200, 200), name
            assert "attachment" in text.headers["content-disposition"]
            rows, same = csv_of(text.content), xlsx_of(book.content)
            assert [[plain(cell) for cell in row] for row in rows] == [[plain(cell) for cell in row] for row in same]
            assert len(set(rows[0])) == len(rows[0]), name
            assert len(rows) > 1 or name in ("tablets", "corrections")


async def test_every_table_of_an_employee_is_theirs_to_take_along(busy: World) -> None:
    base = f"/employees/{busy.employees['lobby-1']}/weeks/{WEEK}"
    async with browser(busy, "employee") as client:
        page = (await client.get(base)).text
        links = set(re.findall(r'href="([^"]+/tables/[^"]+)"', page))
        assert links == {f"{base}/tables/{name}.{kind}" for name in OF_AN_EMPLOYEE for kind in ("csv", "xlsx")}
        found = {
            name: csv_of((await client.get(f"{base}/tables/{name}.csv?lang=en")).content) for name in OF_AN_EMPLOYEE
        }
        assert (await client.get(f"{base}/tables/employees.csv")).status_code == 404
    weeks, checks, lost, versions = found.values()
    assert weeks[1][:4] == [str(WEEK), "89.4", "B", "2"]
    assert [row[1:3] for row in versions[1:]] == [["88.3", "B"], ["88.3", "B"], ["89.4", "B"]]
    assert "Late sync" in versions[3][5]
    assert [row[6:11] for row in versions[2:]] == [
        ["82.0", "93.0", "77.8", "9", "1"],
        ["84.6", "93.0", "77.8", "10", "1"],
    ]
    assert len(checks) == 1 + len(ALL_CHECKS) + 2  # the duplicate, and what came late
    capped = next(row for row in checks if row[5:8] == ["80.0", "59.0", "1"])
    radio = next(row for row in lost if row[2] == "Radio")
    assert (radio[4:7], radio[-1]) == (["yes", "fail", "-20.0"], capped[-1])
    assert {row[8] for row in checks[1:]} == {"", "Probable duplicate, waits for a manager"}


def plain(cell: Any) -> str:
    """A spreadsheet keeps 88.0 as 88."""
    text = "" if cell is None else str(cell)
    return text.removesuffix(".0")


async def test_the_employees_file_is_what_the_database_holds(busy: World) -> None:
    async with browser(busy, "manager") as client:
        content = (await client.get(f"/sites/{busy.sites['lobby']}/weeks/{WEEK}/tables/employees.csv?lang=en")).content
    head, *rows = csv_of(content)
    with busy.services.database.read() as connection:
        held = service.site_week(connection, busy.sites["lobby"], WEEK, busy.services.clock()).rows
    found = [dict(zip(head, row, strict=True)) for row in rows]
    assert [
        (one["Number"], one["Name"], one["Total"], one["Grade"], one["Red flags"], one["Checks"]) for one in found
    ] == [
        (one.number, one.name, one.score.shown or "", str(one.score.grade or ""), str(one.red_flags), str(one.checks))
        for one in held
    ]
    assert found[0]["Workspace 5S: standing"] == "not enough checks (1 of 3)"


async def test_a_file_has_everybody_also_beyond_the_page(world: World) -> None:
    """What one of them leaves out must not look as if it were gone."""
    now = world.services.clock()
    with world.services.database.write() as connection, Directory(connection, world.organisation_id, now) as directory:
        for number in range(3, 2 * PER_PAGE + 4):
            directory.put_employee(world.sites["lobby"], f"lobby-{number}", f"员工 {number}", date(2025, 1, 1))
    base = f"/sites/{world.sites['lobby']}/weeks/{WEEK}"
    async with browser(world, "manager") as client:
        page = (await client.get(base)).text
        rows = csv_of((await client.get(f"{base}/tables/employees.csv?lang=en")).content)[1:]
    assert page.count('<th scope="row"><a href="/employees/') == PER_PAGE
    assert sorted(row[0] for row in rows) == sorted(f"lobby-{number}" for number in range(1, 2 * PER_PAGE + 4))


async def test_the_file_follows_what_the_page_shows(busy: World) -> None:
    base = f"/sites/{busy.sites['lobby']}/weeks/{WEEK}/tables/employees.csv"
    async with browser(busy, "manager") as client:
        found = csv_of((await client.get(base, params={"q": "lobby-2", "lang": "en"})).content)
        wrong = [(await client.get(base.replace("employees.csv", name))).status_code for name in ("x.csv", "items.pdf")]
    assert [row[0] for row in found[1:]] == ["lobby-2"]
    assert wrong == [404, 404]


async def test_the_tablets_file_is_for_administrators(busy: World) -> None:
    async with browser(busy, "admin") as client:
        rows = csv_of((await client.get("/replicas/tables/tablets.csv?lang=en")).content)
    assert {row[2] for row in rows[1:]} == {"平板 chen", "平板 liu", "平板 wang"}
    async with browser(busy, "manager") as client:
        assert (await client.get("/replicas/tables/tablets.csv")).status_code == 403
