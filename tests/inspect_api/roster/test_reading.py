"""Files as people's spreadsheets write them."""

import io
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_api.roster.problems import RosterError
from inspect_api.roster.reading import MAX_BYTES, read_table
from inspect_api.roster.rows import Roster, RosterRow, read_rows

TEXT = "工号,姓名,场所,入职日期\n1001,王芳,lobby,2026-01-05\n"
ROW = RosterRow(row=2, number="1001", name="王芳", site="lobby", employed_from=date(2026, 1, 5))


def read(content: bytes) -> Roster:
    return read_rows(read_table(content))


def sheet(*rows: list[Any], formats: dict[str, str] | None = None) -> bytes:
    workbook = openpyxl.Workbook()
    page = workbook.active
    assert page is not None
    for row in rows:
        page.append(row)
    for place, pattern in (formats or {}).items():
        page[place].number_format = pattern
    workbook.create_sheet("other").append(["nothing", "here"])
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_encoding_and_delimiter_that_a_spreadsheet_writes(encoding: str, delimiter: str, line_end: str) -> None:
    content = TEXT.replace(",", delimiter).replace("\n", line_end).encode(encoding)
    assert read(content).rows == [ROW]


def test_a_comma_inside_quotes_does_not_decide_the_delimiter() -> None:
    roster = read('number;"name";site;"comment, long, or not"\n1001;"王,芳";lobby;x\n'.encode())
    assert roster.rows == [RosterRow(row=2, number="1001", name="王,芳", site="lobby")]
    assert roster.header.ignored == ("comment, long, or not",)


def test_rows_are_numbered_as_the_spreadsheet_numbers_them() -> None:
    roster = read('\n工号,姓名,场所\n\n1,"王\n芳",lobby\n,,\n2,,lobby\n'.encode())
    assert [row.row for row in roster.rows] == [4]
    assert [problem.row for problem in roster.problems] == [6]
    assert roster.rows[0].name == "王 芳"
    assert roster.count == 2


@pytest.mark.parametrize("heading", ["Post_Type", "post type", "岗位类型", "  岗位类型 ", "POST-TYPE", "岗位类型*"])
def test_headings_are_known_in_both_languages_however_they_are_written(heading: str) -> None:
    roster = read(f"Staff Number,NAME,site code,post,{heading}\n１００１,王芳,lobby,gate,保安\n".encode())
    assert roster.rows == [
        RosterRow(row=2, number="1001", name="王芳", site="lobby", post="gate", post_type="security_guard")
    ]


def test_a_spreadsheet_with_dates_numbers_and_padded_staff_numbers() -> None:
    content = sheet(
        ["工号", "姓名", "场所", "入职日期", "离职日期"],
        [1001, "王芳", "lobby", datetime(2026, 1, 5), None],  # noqa: DTZ001 (a spreadsheet knows no zones)
        [1002.0, "李强", "lobby", date(2026, 1, 5), "2027/1/5"],
        [7, "赵敏", "lobby", "2026.1.5", ""],
        formats={"A4": "00000"},
    )
    roster = read(content)
    assert roster.problems == []
    assert [(row.number, row.employed_from, row.employed_until) for row in roster.rows] == [
        ("1001", date(2026, 1, 5), None),
        ("1002", date(2026, 1, 5), date(2027, 1, 5)),
        ("00007", date(2026, 1, 5), None),
    ]


def test_formulas_are_refused_in_either_kind_of_file() -> None:
    for content in (
        '工号,姓名,场所\n1,"=HYPERLINK(""http://x"")",lobby\n2,@SUM(A1),lobby\n3,+1,lobby\n'.encode(),
        sheet(
            ["工号", "姓名", "场所"],
            [1, '=HYPERLINK("http://x")', "lobby"],
            [2, "@SUM(A1)", "lobby"],
            [3, "-1", "lobby"],
        ),
    ):
        roster = read(content)
        assert roster.rows == []
        assert [(problem.row, problem.column) for problem in roster.problems] == [(2, "姓名"), (3, "姓名"), (4, "姓名")]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-01-05", date(2026, 1, 5)),
        ("2026/1/5", date(2026, 1, 5)),
        ("2026.1.5", date(2026, 1, 5)),
        ("2026年1月5日", date(2026, 1, 5)),
        ("20260105", date(2026, 1, 5)),
        ("２０２６－０１－０５", date(2026, 1, 5)),
        ("2026-01-05 00:00:00", date(2026, 1, 5)),
        ("2026-02-30", None),
        ("2026-1/5", None),
        ("05/01/2026", None),
        ("46027", None),
        ("2026-01-05 08:30:00", None),
        ("昨天", None),
    ],
)
def test_days_are_read_when_they_can_mean_only_one(cell: str, day: date | None) -> None:
    roster = read(f"工号,姓名,场所,入职日期\n1,甲,lobby,{cell}\n".encode())
    assert [row.employed_from for row in roster.rows] == ([day] if day else [])
    assert [problem.column for problem in roster.problems] == ([] if day else ["入职日期"])


@pytest.mark.parametrize(
    ("column", "good", "bad"),
    [
        ("岗位类型", "礼仪岗", "舞蹈"),
        ("岗位类型", "Ceremonial Post", "dance"),
        ("着装", "裤装", "泳装"),
        ("着装", "skirt", "beach"),
        ("邮箱", "wang@example.test", "wang at example"),
        ("语言", "English", "klingon"),
        ("时区", "Asia/Shanghai", "Mars/Base"),
        ("时区", "Asia/Shanghai", "../../etc/passwd"),
        ("姓名", "王芳", "x" * 101),
        ("工号", "A-1", "x" * 41),
        ("姓名", "王芳", "a\x00b"),
    ],
)
def test_what_a_column_takes_and_what_not(column: str, good: str, bad: str) -> None:
    cells = {"工号": "1", "姓名": "甲", "场所": "lobby", "岗位": "gate"}
    for value, told in ((good, []), (bad, [column])):
        row = cells | {column: value}
        roster = read(f"{','.join(row)}\n{','.join(row.values())}\n".encode())
        assert [problem.column for problem in roster.problems] == told


def test_a_staff_number_twice_is_told_on_the_later_row_even_after_a_bad_one() -> None:
    roster = read("工号,姓名,场所\n1,,lobby\n1,乙,lobby\n１,丙,lobby\n".encode())
    assert [(problem.row, problem.column) for problem in roster.problems] == [(2, "姓名"), (3, "工号"), (4, "工号")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n\n,,\n", "empty"),
        ("姓名,场所\n王芳,lobby\n".encode(), "number"),
        ("工号,姓名,number,场所\n".encode(), "twice"),
        ('工号,姓名,场所\n1,"王芳,lobby\n'.encode(), "malformed"),
        (b"\xd0\xcf\x11\xe0 old excel", ".xlsx"),
        (b"PK\x03\x04 not really", "cannot be read"),
        (b"\xff\x00\xfe\x81\xff", "encoding"),
        (b"x" * (MAX_BYTES + 1), "larger"),
    ],
)
def test_what_is_no_roster_is_refused_as_a_whole_with_its_reason(content: bytes, said: str) -> None:
    with pytest.raises(RosterError, match=said) as caught:
        read(content)
    assert caught.value.zh


def test_a_bomb_is_not_unpacked() -> None:
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/sharedStrings.xml", "w") as member,
    ):
        for _ in range(220):
            member.write(bytes(1_000_000))
    with pytest.raises(RosterError, match="too much"):
        read(content.getvalue())


@given(content=st.binary(max_size=300))
def test_any_bytes_are_rows_or_a_refusal(content: bytes) -> None:
    try:
        read(content)
    except RosterError:
        return


@given(cut=st.integers(0, 4000), put=st.binary(max_size=8))
def test_a_damaged_spreadsheet_is_rows_or_a_refusal(cut: int, put: bytes) -> None:
    content = bytearray(SHEET)
    content[cut : cut + len(put)] = put
    try:
        read(bytes(content))
    except RosterError:
        return


SHEET = sheet(["工号", "姓名", "场所"], [1, "甲", "lobby"])
