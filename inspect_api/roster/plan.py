"""Compares the rows of a roster with the directory: what has to be written, and which rows cannot be.

Pure: it leaves the state alone, and planning the same file over its own outcome finds nothing to write.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from msgspec import UNSET, UnsetType

from checklists.ids import new_id
from inspect_api.roster.columns import Column, Header
from inspect_api.roster.problems import RowProblem
from inspect_api.roster.rows import Roster, RosterRow
from inspect_api.roster.state import DirectoryState, EmployeeState, PostState, Responsibility, SiteState, WorkspaceState

T = TypeVar("T")
R = TypeVar("R", SiteState, PostState, WorkspaceState, EmployeeState)


@dataclass
class Plan:
    """New and changed rows by id. ``added``: the ids that are new; ``seen_…``: of what the good rows speak of.

    ``moved``: (former site, employee) of each transfer. ``starts``: (workspace, employee) from now on; ``ends``: until
    now.
    """

    sites: dict[str, SiteState] = field(default_factory=dict)
    posts: dict[str, PostState] = field(default_factory=dict)
    workspaces: dict[str, WorkspaceState] = field(default_factory=dict)
    employees: dict[str, EmployeeState] = field(default_factory=dict)
    moved: list[tuple[str, str]] = field(default_factory=list)
    starts: list[tuple[str, str]] = field(default_factory=list)
    ends: list[Responsibility] = field(default_factory=list)
    added: set[str] = field(default_factory=set)
    seen_sites: set[str] = field(default_factory=set)
    seen_posts: set[str] = field(default_factory=set)
    seen_workspaces: set[str] = field(default_factory=set)
    seen_employees: set[str] = field(default_factory=set)
    problems: list[RowProblem] = field(default_factory=list)


Place = tuple[Column, str, str]
"""What is said, of which site's code, and of which post's or workspace's code there."""


def statements(rows: Iterable[RosterRow]) -> dict[Place, tuple[str, int]]:
    """What the file says of posts, workspaces and new sites, and in which row first.

    Gathered before anything is decided: a post is what the file says of it anywhere, so that a row does not depend on
    the rows above it, and importing the file again cannot find more than the first time.
    """
    said: dict[Place, tuple[str, int]] = {}
    for row in rows:
        for place, value in _says(row):
            said.setdefault(place, (value, row.row))
    return said


def _says(row: RosterRow) -> Iterator[tuple[Place, str]]:
    codes = row.workspaces if row.workspaces is not UNSET else ()
    everything: list[tuple[Column, str, str | None]] = [
        (Column.SITE_NAME, "", row.site_name),
        (Column.ZONE, "", row.zone),
        *((Column.WORKSPACE_NAMES, code, name) for code, name in zip(codes, row.workspace_names, strict=False)),
    ]
    if isinstance(row.post, str):
        everything += [(Column.POST_NAME, row.post, row.post_name), (Column.POST_TYPE, row.post, row.post_type)]
    for column, code, value in everything:
        if value is not None:
            yield (column, row.site, code), value


class Planner:
    """Takes the rows one by one; of a refused row nothing is made that no good row needs."""

    def __init__(self, state: DirectoryState, roster: Roster, *, create_sites: bool = False) -> None:
        self.plan = Plan()
        self._state = state
        self._header = roster.header
        self._create_sites = create_sites
        self._said = statements(roster.rows)
        self._sites, self._posts, self._workspaces = dict(state.sites), dict(state.posts), dict(state.workspaces)
        self._site_of_workspace = {workspace.id: workspace.site_id for workspace in state.workspaces.values()}

    def add(self, row: RosterRow) -> None:
        one = _Planned(row, self._header)
        self._refuse_contradictions(one)
        site = self._site(one)
        if site is not None:
            post = self._post(one, site)
            employee = self._employee(one, site, post)
            if employee is not None and not one.problems:
                self._keep(one, site, post, list(self._workspaces_of(one, site)), employee)
        self.plan.problems += one.problems

    def _refuse_contradictions(self, one: "_Planned") -> None:
        for place, value in _says(one.row):
            first, row = self._said[place]
            if value == first:
                continue
            column, site, code = place
            zh, en = f"{code or site} 在第 {row} 行写的是“{first}”", f"row {row} says {first!r} of {code or site}"
            one.refuse(column, zh, en)

    def _what_is_said(self, column: Column, site: str, code: str = "") -> str | None:
        return self._said.get((column, site, code), (None,))[0]

    def _site(self, one: "_Planned") -> SiteState | None:
        code = one.row.site
        known = self._sites.get(code)
        if known is not None:
            return known
        if not self._create_sites:
            one.refuse(Column.SITE, f"没有场所 {code}", f"there is no site {code}")
            return None
        zone = self._what_is_said(Column.ZONE, code)
        if zone is None:
            one.refuse(
                Column.ZONE, "新场所需要时区，例如 Asia/Shanghai", "a new site needs a zone, such as Asia/Shanghai"
            )
            return None
        return SiteState(new_id(), code, self._what_is_said(Column.SITE_NAME, code) or code, zone)

    def _post(self, one: "_Planned", site: SiteState) -> PostState | None:
        code = one.row.post
        if not isinstance(code, str):
            return None
        name = self._what_is_said(Column.POST_NAME, site.code, code)
        post_type = self._what_is_said(Column.POST_TYPE, site.code, code)
        known = self._posts.get((site.id, code))
        if known is not None:
            return replace(known, name=name or known.name, post_type=post_type or known.post_type)
        if post_type is None:
            one.refuse(Column.POST_TYPE, f"新岗位 {code} 需要岗位类型", f"the new post {code} needs a post type")
            return None
        return PostState(new_id(), site.id, code, name or code, post_type)

    def _workspaces_of(self, one: "_Planned", site: SiteState) -> Iterator[WorkspaceState]:
        for code in one.row.workspaces if one.row.workspaces is not UNSET else ():
            name = self._what_is_said(Column.WORKSPACE_NAMES, site.code, code)
            known = self._workspaces.get((site.id, code))
            if known is None:
                yield WorkspaceState(new_id(), site.id, code, name or code)
            else:
                yield replace(known, name=name or known.name)

    def _employee(self, one: "_Planned", site: SiteState, post: PostState | None) -> EmployeeState | None:
        row = one.row
        former = self._state.employees.get(row.number)
        employed_from = _stated(row.employed_from, former.employed_from if former else None)
        if employed_from is None:
            zh, en = "新员工需要入职日期", "a new employee needs the day of entry"
            one.refuse(Column.EMPLOYED_FROM, zh, en)
            return None
        employed_until = _stated(row.employed_until, former.employed_until if former else None)
        if employed_until is not None and employed_until < employed_from:
            one.refuse(Column.EMPLOYED_UNTIL, "离职日期早于入职日期", "the last day is before the first")
        # A post belongs to its site: without a word in the file, a transfer leaves the employee without one.
        former_post = former.post_id if former and former.site_id == site.id else None
        return EmployeeState(
            id=former.id if former else new_id(),
            site_id=site.id,
            post_id=former_post if row.post is UNSET else (post.id if post else None),
            number=row.number,
            name=row.name,
            dress_variant=_stated(row.dress_variant, former.dress_variant if former else None),
            email=_stated(row.email, former.email if former else None),
            language=row.language or (former.language if former else self._state.language),
            employed_from=employed_from,
            employed_until=employed_until,
        )

    def _keep(
        self,
        one: "_Planned",
        site: SiteState,
        post: PostState | None,
        workspaces: list[WorkspaceState],
        employee: EmployeeState,
    ) -> None:
        plan, state = self.plan, self._state
        self._put(site, self._sites.get(site.code), plan.sites, plan.seen_sites)
        self._sites[site.code] = site
        if post is not None:
            self._put(post, self._posts.get((site.id, post.code)), plan.posts, plan.seen_posts)
            self._posts[site.id, post.code] = post
        for workspace in workspaces:
            place = site.id, workspace.code
            self._put(workspace, self._workspaces.get(place), plan.workspaces, plan.seen_workspaces)
            self._workspaces[place] = workspace
        self._put(employee, state.employees.get(employee.number), plan.employees, plan.seen_employees)
        self._move(one, site, workspaces, employee)

    def _move(
        self, one: "_Planned", site: SiteState, workspaces: list[WorkspaceState], employee: EmployeeState
    ) -> None:
        """From one site to another, and from one workspace to another."""
        plan = self.plan
        former = self._state.employees.get(employee.number)
        if former is not None and former.site_id != employee.site_id:
            plan.moved.append((former.site_id, employee.id))
        held = self._state.responsibilities.get(employee.id, {})
        if one.row.workspaces is UNSET:
            plan.ends += [one for key, one in held.items() if self._site_of_workspace[key] != site.id]
        else:
            wanted = {workspace.id for workspace in workspaces}
            plan.ends += [held[key] for key in held if key not in wanted]
            plan.starts += [(workspace.id, employee.id) for workspace in workspaces if workspace.id not in held]

    def _put(self, row: R, known: R | None, written: dict[str, R], seen: set[str]) -> None:
        seen.add(row.id)
        if known is None:
            self.plan.added.add(row.id)
        if row != known:
            written[row.id] = row


class _Planned:
    """One row on its way into the plan."""

    def __init__(self, row: RosterRow, header: Header) -> None:
        self.row = row
        self.problems: list[RowProblem] = []
        self._header = header

    def refuse(self, column: Column, zh: str, en: str) -> None:
        self.problems.append(RowProblem(self.row.row, self._header.name_of(column), zh, en))


def _stated(value: T | UnsetType, former: T) -> T:
    """What the file says; where it has no such column, what was there."""
    return former if isinstance(value, UnsetType) else value
