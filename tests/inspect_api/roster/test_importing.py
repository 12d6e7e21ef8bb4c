"""A roster file into the directory: the good rows, once."""

from datetime import date
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checklists.tables import Audit, Employee, Post, Site, Workspace, WorkspaceResponsibility, table_of
from inspect_api.directory import Directory
from inspect_api.roster import Counts, RosterError, RosterResult, import_roster
from inspect_api.services import Services
from sync.tables import FeedCounter, FeedRow
from tests.databases import both_databases
from tests.world import World

database_kind = both_databases

HEADER = "工号,姓名,场所,岗位,岗位名称,岗位类型,着装,邮箱,语言,入职日期,离职日期,工位,工位名称\n"
ROWS = (
    "1001,王芳,lobby,desk,前台岗,前台,裙装,wang@example.test,中文,2025-03-01,,D1,一号台\n"
    "1002,李强,lobby,gate,,,裤装,,英文,2025/3/1,2027/3/1,,\n"
    "1003,赵敏,tower,gate,,,,,,2025年3月1日,,T1;T2,甲、乙\n"
)
FILE = (HEADER + ROWS).encode()


def bring(world: World, content: bytes | str, **options: Any) -> RosterResult:
    services = world.services
    content = content.encode() if isinstance(content, str) else content
    return import_roster(services.database, world.organisation_id, content, services.clock(), **options)


def rows_of(services: Services, model: type[Any], **values: Any) -> list[Any]:
    table = table_of(model)
    with services.database.read() as connection:
        conditions = [table.c[name] == value for name, value in values.items()]
        return list(connection.execute(sa.select(table).where(*conditions)))


def everything(services: Services) -> dict[str, list[Any]]:
    models = (Employee, Post, Workspace, Site, WorkspaceResponsibility, FeedRow, FeedCounter, Audit)
    return {model.__name__: sorted(map(tuple, rows_of(services, model)), key=repr) for model in models}


def test_a_file_becomes_employees_posts_workspaces_and_responsibilities(world: World) -> None:
    result = bring(world, FILE)
    assert (result.rows, result.refused, result.problems) == (3, 0, [])
    assert result.employees == Counts(added=3)
    assert result.posts == Counts(added=1, unchanged=2)
    assert result.workspaces == Counts(added=3)
    assert (result.responsibilities_started, result.responsibilities_ended) == (3, 0)
    wang = rows_of(world.services, Employee, number="1001")[0]
    post = rows_of(world.services, Post, id=wang.post_id)[0]
    assert (wang.name, wang.site_id, wang.dress_variant, wang.email) == (
        "王芳",
        world.sites["lobby"],
        "skirt",
        "wang@example.test",
    )
    assert (wang.language, wang.employed_from, wang.employed_until) == ("zh", date(2025, 3, 1), None)
    assert (post.code, post.name, post.post_type) == ("desk", "前台岗", "front_desk")
    li = rows_of(world.services, Employee, number="1002")[0]
    assert (li.post_id, li.language, li.employed_until) == (world.posts["lobby"], "en", date(2027, 3, 1))
    zhao = rows_of(world.services, Employee, number="1003")[0]
    held = rows_of(world.services, WorkspaceResponsibility, employee_id=zhao.id)
    names = {rows_of(world.services, Workspace, id=one.workspace_id)[0].name for one in held}
    assert names == {"甲", "乙"}
    assert {(one.starts_at, one.ends_at) for one in held} == {(world.services.clock(), None)}


def test_the_second_import_of_the_same_file_changes_nothing_at_all(world: World) -> None:
    bring(world, FILE)
    before = everything(world.services)
    world.services.clock.forward(hours=1)  # type: ignore[attr-defined]
    again = bring(world, FILE)
    assert again.changed is False
    assert again.employees == Counts(unchanged=3)
    assert everything(world.services) == before


def test_tablets_get_the_same_rows_as_from_the_directory(world: World) -> None:
    bring(world, FILE)
    services = world.services
    with services.database.write() as connection, Directory(connection, world.organisation_id, services.clock()) as one:
        site = world.sites["lobby"]
        post = one.put_post(site, "desk2", "前台岗", "front_desk")
        space = one.put_workspace(site, "D2", "一号台")
        employee = one.put_employee(site, "2001", "王芳", date(2025, 3, 1), post_id=post, dress_variant="skirt")

    def body(key: str) -> dict[str, Any]:
        (row,) = rows_of(services, FeedRow, object_id=key)
        return dict(msgspec.json.decode(row.body), scope=row.scope_id, kind=row.kind)

    imported = rows_of(services, Employee, number="1001")[0]
    assert body(imported.id) == body(employee) | {"number": "1001", "post_id": imported.post_id}
    assert body(imported.post_id) == body(post) | {"code": "desk"}
    workspace = rows_of(services, Workspace, code="D1")[0]
    assert body(workspace.id) == body(space) | {"code": "D1"}


def test_bad_rows_are_told_and_good_ones_kept(world: World) -> None:
    result = bring(world, HEADER + ROWS + "1004,,nowhere,,,,,,,2025-13-01,,,\n1001,再来,lobby,,,,,,,2025-01-01,,,\n")
    told = [(problem.row, problem.column) for problem in result.problems]
    assert told == [(5, "姓名"), (5, "入职日期"), (6, "工号")]
    assert result.refused == 2
    assert result.employees == Counts(added=3)
    assert rows_of(world.services, Employee, number="1001")[0].name == "王芳"


def test_a_row_that_is_missing_deletes_nobody(world: World) -> None:
    bring(world, FILE)
    assert bring(world, HEADER + ROWS.splitlines(keepends=True)[0]).changed is False
    assert len(rows_of(world.services, Employee, number="1003")) == 1


def test_an_absent_column_leaves_what_is_there_and_an_empty_cell_takes_it_away(world: World) -> None:
    bring(world, FILE)
    kept = bring(world, "工号,姓名,场所\n1001,王小芳,lobby\n")
    assert kept.employees == Counts(changed=1)
    wang = rows_of(world.services, Employee, number="1001")[0]
    assert (wang.name, wang.email, wang.dress_variant) == ("王小芳", "wang@example.test", "skirt")
    assert wang.post_id is not None
    assert not [one for one in rows_of(world.services, WorkspaceResponsibility) if one.ends_at]
    bring(world, "工号,姓名,场所,邮箱,岗位\n1001,王小芳,lobby,,\n")
    wang = rows_of(world.services, Employee, number="1001")[0]
    assert (wang.email, wang.post_id) == (None, None)


def test_another_workspace_ends_the_former_responsibility_now_and_begins_a_new_one(world: World) -> None:
    bring(world, FILE)
    began = world.services.clock()
    world.services.clock.forward(days=3)  # type: ignore[attr-defined]
    now = world.services.clock()
    result = bring(world, FILE.replace(b"D1,", b"D7,"))
    assert (result.responsibilities_started, result.responsibilities_ended) == (1, 1)
    wang = rows_of(world.services, Employee, number="1001")[0]
    held = {
        rows_of(world.services, Workspace, id=one.workspace_id)[0].code: (one.starts_at, one.ends_at)
        for one in rows_of(world.services, WorkspaceResponsibility, employee_id=wang.id)
    }
    assert held == {"D1": (began, now), "D7": (now, None)}


def test_back_and_forth_within_one_instant(world: World) -> None:
    other = FILE.replace(b"D1,", b"D7,")
    for content in (FILE, other, FILE):
        bring(world, content)
    wang = rows_of(world.services, Employee, number="1001")[0]
    (held,) = rows_of(world.services, WorkspaceResponsibility, employee_id=wang.id)
    assert rows_of(world.services, Workspace, id=held.workspace_id)[0].code == "D1"


def test_a_transfer_leaves_the_former_site_with_its_post_and_workspace(world: World) -> None:
    bring(world, FILE)
    world.services.clock.forward(days=1)  # type: ignore[attr-defined]
    result = bring(world, "工号,姓名,场所\n1001,王芳,tower\n")
    wang = rows_of(world.services, Employee, number="1001")[0]
    assert (wang.site_id, wang.post_id, result.responsibilities_ended) == (world.sites["tower"], None, 1)
    (gone,) = rows_of(world.services, FeedRow, object_id=wang.id, scope_id=world.sites["lobby"])
    (here,) = rows_of(world.services, FeedRow, object_id=wang.id, scope_id=world.sites["tower"])
    assert gone.body is None
    assert here.body is not None


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("2001,张三,mars,,,,,,,2025-01-01,,,", "场所"),
        ("2001,张三,lobby,new,,,,,,2025-01-01,,,", "岗位类型"),
        ("2001,张三,lobby,,门岗,,,,,2025-01-01,,,", "岗位名称"),
        ("2001,张三,lobby,desk,另一个,,,,,2025-01-01,,,", "岗位名称"),
        ("2001,张三,lobby,desk,,保安,,,,2025-01-01,,,", "岗位类型"),
        ("2001,张三,lobby,,,,,,,2025-01-01,2024-12-31,,", "离职日期"),
        ("2001,张三,lobby,,,,,,,,,,", "入职日期"),
        ("2001,张三,lobby,,,,,,,2025-01-01,,D1,别名", "工位名称"),
        ("2001,张三,lobby,,,,,,,2025-01-01,,A;B,一个", "工位名称"),
        ("2001,张三,lobby,,,,,,,2025-01-01,,,,多", ""),
    ],
)
def test_each_way_in_which_a_row_can_be_wrong(world: World, line: str, column: str) -> None:
    result = bring(world, HEADER + ROWS + line + "\n")
    assert [(problem.row, problem.column) for problem in result.problems] == [(5, column)]
    assert result.problems[0].zh
    assert result.problems[0].en
    assert result.employees == Counts(added=3)
    assert not rows_of(world.services, Post, code="new")


def test_a_new_employee_needs_the_day_of_entry_also_without_the_column(world: World) -> None:
    result = bring(world, "number,name,site\n1,A,lobby\n")
    assert [(problem.row, problem.column) for problem in result.problems] == [(2, "入职日期")]


def test_sites_are_made_only_when_asked_for(world: World) -> None:
    content = (
        "工号,姓名,场所,场所名称,时区,入职日期\n7,甲,harbour,港口,Asia/Shanghai,2025-01-01\n8,乙,harbour,,,2025-01-01\n"
    )
    assert bring(world, content).refused == 2
    result = bring(world, content, create_sites=True)
    assert (result.refused, result.sites) == (0, Counts(added=1))
    (site,) = rows_of(world.services, Site, code="harbour")
    assert (site.name, site.zone) == ("港口", "Asia/Shanghai")
    assert bring(world, content, create_sites=True).changed is False
    without_zone = bring(world, content.replace("harbour", "dock").replace("Asia/Shanghai", ""), create_sites=True)
    assert {problem.column for problem in without_zone.problems} == {"时区"}


def test_another_organisation_with_the_same_numbers_is_left_alone(world: World) -> None:
    from tests.world import build_world

    other = build_world(world.services, (), prefix="other-")
    bring(world, FILE)
    result = bring(other, FILE)
    assert result.employees == Counts(added=3)
    assert len(rows_of(world.services, Employee, number="1001")) == 2


def test_a_file_that_is_no_roster_writes_nothing(world: World) -> None:
    before = everything(world.services)
    with pytest.raises(RosterError, match="missing"):
        bring(world, "a,b\n1,2\n")
    assert everything(world.services) == before


def test_who_imported_how_much_is_in_the_audit(world: World) -> None:
    bring(world, FILE, actor_id=world.users["admin"])
    (row,) = rows_of(world.services, Audit, action="roster.import")
    assert row.actor_id == world.users["admin"]
    assert msgspec.json.decode(row.detail)["employees_added"] == 3


def test_five_thousand_rows_take_few_statements(world: World) -> None:
    """Counted, not timed: row by row there would be ten thousand of them."""
    lines = [
        f"{number},员工{number},{'lobby' if number % 2 else 'tower'},gate,,,,,,2025-01-01,,W{number},\n"
        for number in range(10_000, 15_000)
    ]
    content = (HEADER + "".join(lines)).encode()
    seen: list[tuple[int, int]] = []
    statements: list[str] = []
    engine = world.services.database.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *event: statements.append(event[2]))
    result = bring(world, content, progress=lambda done, steps: seen.append((done, steps)))
    assert result.employees == Counts(added=5000)
    assert result.responsibilities_started == 5000
    assert len(statements) < 60, len(statements)
    statements.clear()
    assert bring(world, content).employees == Counts(unchanged=5000)
    assert len(statements) < 10, statements
    assert seen == sorted(seen)
    assert seen[-1] == (10_000, 10_000)


LINE = st.tuples(
    st.sampled_from(["1", "2", "3", "lobby-1", ""]),
    st.sampled_from(["王芳", "李强", ""]),
    st.sampled_from(["lobby", "tower", "mars", "harbour"]),
    st.sampled_from(["", "Asia/Shanghai", "Asia/Tokyo"]),
    st.sampled_from(["", "gate", "A", "B"]),
    st.sampled_from(["", "甲岗", "乙岗"]),
    st.sampled_from(["", "", "保安", "前台", "天使"]),
    st.sampled_from(["", "裙装", "=1+1"]),
    st.sampled_from(["2025-01-05", "2026/1/5", ""]),
    st.sampled_from(["", "2025-06-01", "2024-01-01"]),
    st.sampled_from(["", "", "D1", "D1;D2", "desk"]),
    st.sampled_from(["", "", "一号", "一号;二号"]),
)
LINES_HEADER = "工号,姓名,场所,时区,岗位,岗位名称,岗位类型,着装,入职日期,离职日期,工位,工位名称\n"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINE, min_size=1, max_size=6), create_sites=st.booleans())
def test_twice_is_once_whatever_the_file(world: World, lines: list[tuple[str, ...]], create_sites: bool) -> None:
    content = LINES_HEADER + "".join(",".join(line) + "\n" for line in lines)
    world.services.clock.forward(minutes=1)  # type: ignore[attr-defined]
    first = bring(world, content, create_sites=create_sites)
    before = everything(world.services)
    again = bring(world, content, create_sites=create_sites)
    assert again.changed is False
    assert again.problems == first.problems
    assert everything(world.services) == before


def test_a_post_is_what_the_file_says_of_it_in_any_row(world: World) -> None:
    content = (
        "工号,姓名,场所,岗位,岗位名称,岗位类型,入职日期\n"
        "1,甲,lobby,new,大厅岗,,2025-01-01\n"
        "2,乙,lobby,new,,礼仪岗,2025-01-01\n"
        "3,丙,lobby,new,另一个,,2025-01-01\n"
    )
    result = bring(world, content)
    assert [(problem.row, problem.column) for problem in result.problems] == [(4, "岗位名称")]
    (post,) = rows_of(world.services, Post, code="new")
    assert (post.name, post.post_type) == ("大厅岗", "ceremonial_post")


def test_two_zones_for_a_new_site_are_refused_the_second_time_too(world: World) -> None:
    content = (
        "工号,姓名,场所,时区,入职日期\n1,甲,harbour,Asia/Shanghai,2025-01-01\n2,乙,harbour,Asia/Tokyo,2025-01-01\n"
    )
    for _ in range(2):
        result = bring(world, content, create_sites=True)
        assert [(problem.row, problem.column) for problem in result.problems] == [(3, "时区")]
    assert result.changed is False
