"""The lists of disputes and of corrective actions: on a page part by part, as a file whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from litestar import Response, get
from litestar.params import FromPath, FromQuery

from inspect_api import sheets
from inspect_api.actions import reading as actions
from inspect_api.actions.reading import ActionView
from inspect_api.deadlines import Stage
from inspect_api.disputes import reading as disputes
from inspect_api.disputes.reading import DisputeView
from inspect_api.i18n import N_, Translator, translator
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.actions import ORIGINS, PRIORITIES, STATES
from inspect_api.pages.disputes import OUTCOMES
from inspect_api.pages.overview import PER_PAGE, Paged, PageNumber, place_of
from inspect_api.pages.rendering import page, page_language
from inspect_api.pages.site_pages import sites_of
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import wording

T = TypeVar("T", DisputeView, ActionView)

DISPUTE_STAGES = {
    Stage.ALL: N_("Everything"),
    Stage.WAITING: N_("Waiting for an answer"),
    Stage.LATE: N_("Overdue"),
    Stage.DONE: N_("Answered"),
}
ACTION_STAGES = {
    Stage.ALL: N_("Everything"),
    Stage.WAITING: N_("Not closed yet"),
    Stage.LATE: N_("Overdue"),
    Stage.DONE: N_("Closed or withdrawn"),
}


@get("/disputes", sync_to_thread=True)
def all_disputes(
    request: UserRequest,
    services: UseServices,
    show: FromQuery[Stage] = Stage.ALL,
    site: FromQuery[str] = "",
    number: PageNumber = 1,
) -> Response[str]:
    """What waits for an answer comes first."""
    user, now = request.user, services.clock()
    where = disputes.of_stage(show, now)
    with services.database.read() as connection:
        found = disputes.count_readable(connection, user, site or None, *where)
        paged = _paged(
            found, number, lambda part: disputes.readable_disputes(connection, user, site or None, *where, part=part)
        )
        elsewhere = _elsewhere(connection, request, show, site) if paged.number == 1 else []
        sites = sites_of(connection, user)
    return page(
        request,
        "disputes.html",
        paged=paged,
        elsewhere=elsewhere,
        sites=sites,
        chosen={"show": show, "site": site},
        stages=DISPUTE_STAGES,
        outcomes=OUTCOMES,
    )


@get("/actions", sync_to_thread=True)
def all_actions(
    request: UserRequest,
    services: UseServices,
    show: FromQuery[Stage] = Stage.ALL,
    site: FromQuery[str] = "",
    number: PageNumber = 1,
) -> Response[str]:
    """What is to be mended comes first."""
    user, now = request.user, services.clock()
    where = actions.of_stage(show, now)
    with services.database.read() as connection:
        found = actions.count_readable(connection, user, site or None, *where)
        paged = _paged(
            found, number, lambda part: actions.readable_actions(connection, user, site or None, *where, part=part)
        )
        sites = sites_of(connection, user)
    return page(
        request,
        "actions.html",
        paged=paged,
        sites=sites,
        chosen={"show": show, "site": site},
        stages=ACTION_STAGES,
        now=now,
        states=STATES,
        priorities=PRIORITIES,
    )


def _paged(found: int, number: int, read: Callable[[tuple[int, int]], list[T]]) -> Paged[T]:
    place, pages = place_of(found, number, PER_PAGE)
    return Paged(read(((place - 1) * PER_PAGE, PER_PAGE)), place, pages, found)


def _elsewhere(connection: sa.Connection, request: UserRequest, show: Stage, site: str) -> list[DisputeView]:
    if site or show not in (Stage.ALL, Stage.WAITING):
        return []
    return disputes.to_answer_elsewhere(connection, request.user)


@get("/disputes/tables/{file:str}", sync_to_thread=True)
def disputes_table(
    request: UserRequest,
    services: UseServices,
    file: FromPath[str],
    show: FromQuery[Stage] = Stage.ALL,
    site: FromQuery[str] = "",
) -> Response[bytes]:
    """``disputes.csv`` or ``.xlsx``: what the page lists, with all of its rows."""
    kind = _kind(file, "disputes")
    told = _Told(translator(page_language(request)), services.clock())
    with services.database.read() as connection:
        where = disputes.of_stage(show, told.now)
        rows = disputes.readable_disputes(connection, request.user, site or None, *where)
        rows = _elsewhere(connection, request, show, site) + rows
    return told.answer(N_("Disputes"), _DISPUTE_HEADS, [_dispute(one, told) for one in rows], kind)


@get("/actions/tables/{file:str}", sync_to_thread=True)
def actions_table(
    request: UserRequest,
    services: UseServices,
    file: FromPath[str],
    show: FromQuery[Stage] = Stage.ALL,
    site: FromQuery[str] = "",
) -> Response[bytes]:
    """``actions.csv`` or ``.xlsx``: what the page lists, with all of its rows."""
    kind = _kind(file, "actions")
    told = _Told(translator(page_language(request)), services.clock())
    with services.database.read() as connection:
        where = actions.of_stage(show, told.now)
        rows = actions.readable_actions(connection, request.user, site or None, *where)
    return told.answer(N_("Corrective actions"), _ACTION_HEADS, [_action(one, told) for one in rows], kind)


def _kind(file: str, name: str) -> str:
    found, kind = sheets.split_name(file)
    if found != name:
        raise Problem(Code.NOT_FOUND, "没有这张表", "There is no such table")
    return kind


@dataclass(frozen=True)
class _Told:
    """In whose language, and as of when."""

    t: Translator
    now: datetime

    def words(self, names: dict[Any, str], key: str | None) -> str | None:
        return None if key is None else self.t.gettext(names[key])

    def yes(self, holds: bool) -> str:
        return self.t.gettext("yes") if holds else ""

    def answer(
        self, title: str, heads: Sequence[str], rows: Sequence[Sequence[sheets.Cell]], kind: str
    ) -> Response[bytes]:
        title = self.t.gettext(title)
        return sheets.answer(sheets.Sheet(title, title, [self.t.gettext(head) for head in heads], rows), kind)


def _moment(instant: datetime | None, zone: ZoneInfo) -> str | None:
    """On the site's wall clock, so that it sorts as text."""
    return None if instant is None else f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"


_DISPUTE_HEADS = (
    *(N_("Site"), N_("Number"), N_("Employee"), N_("Week"), N_("Checklist"), N_("Item"), N_("Captured")),
    *(N_("Supervisor"), N_("Result"), N_("Note"), N_("Objection"), N_("Opened"), N_("Appealed"), N_("Due")),
    *(N_("Overdue"), N_("Outcome"), N_("Answer"), N_("Decided by"), N_("Decided"), N_("Answer read by the employee")),
)


def _dispute(one: DisputeView, told: _Told) -> Sequence[sheets.Cell]:
    return (
        *(one.site, one.number, one.employee, one.week),
        *(told.t.choose(one.template), told.t.choose(one.item.text), _moment(one.captured_at, one.zone)),
        *(one.supervisor, wording.said(one.item, one.value.value, told.t), one.value.note, one.reason),
        *(_moment(one.opened_at, one.zone), told.yes(one.round == 2), one.due_on),
        told.yes(one.is_open and told.now >= one.due_at),
        *(None if one.is_open else told.words(OUTCOMES, one.outcome), None if one.is_open else one.answer),
        *(None if one.is_open else one.reviewer, None if one.is_open else _moment(one.answered_at, one.zone)),
        _moment(one.acknowledged_at, one.zone),
    )


_ACTION_HEADS = (
    *(N_("Site"), N_("Task"), N_("Item"), N_("Employee"), N_("Workspace"), N_("Why"), N_("Owner"), N_("Priority")),
    *(N_("Due"), N_("Overdue"), N_("State"), N_("Made"), N_("Reported as mended"), N_("What was done")),
    *(N_("Opened again"), N_("Closed")),
)


def _action(one: ActionView, told: _Told) -> Sequence[sheets.Cell]:
    return (
        *(one.site, one.task, told.t.choose(one.item.text) if one.item else None, one.employee, one.workspace),
        *(told.words(ORIGINS, one.origin), one.owner, told.words(PRIORITIES, one.priority)),
        *(one.due_on, told.yes(one.is_overdue(told.now)), told.words(STATES, one.state)),
        *(_moment(one.created_at, one.zone), _moment(one.fixed_at, one.zone), one.fix_note),
        *(one.reopened, _moment(one.closed_at, one.zone)),
    )


HANDLERS = [all_disputes, disputes_table, all_actions, actions_table]
