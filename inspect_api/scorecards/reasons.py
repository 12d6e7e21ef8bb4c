"""Why a new version became necessary, derived from what it and the one before it were made from."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from checklists.scoring.digest import SourceInspection
from checklists.scoring.week import WeekScore
from checklists.tables import (
    DisputeEvent,
    Inspection,
    InspectionDecision,
    InspectionState,
    TemplateRevision,
    User,
    table_of,
)
from checklists.template import Bilingual
from inspect_api.scorecards.arrivals import seen_by
from inspect_api.scorecards.shapes import Cause, ItemName, Reason
from sync.messages import Change as ChangeMessage
from sync.paths import RESPONSES
from sync.revisions import LoadedRevision, load_revision
from sync.tables import Change

_change = table_of(Change)
_decision = table_of(InspectionDecision)
_dispute_event = table_of(DisputeEvent)
_inspection = table_of(Inspection)
_revision = table_of(TemplateRevision)
_user = table_of(User)
_decoder = msgspec.json.Decoder(ChangeMessage)
_CHUNK = 500


class Arrival(NamedTuple):
    """``answer``: what the reviewer wrote, for a change that a dispute brought about."""

    received_at: datetime
    change: ChangeMessage
    answer: str | None


class Facts(NamedTuple):
    """What is known of an inspection that differs. ``arrivals``: its changes, first arrived first.

    ``decided``: the reason of the newest decision about it.
    """

    state: str
    captured_at: datetime | None
    updated_at: datetime
    supervisor: str | None
    revision: LoadedRevision | None
    arrivals: list[Arrival]
    decided: str | None


def differing(old: WeekScore, new: WeekScore) -> set[str]:
    """The ids of the inspections that are in one of them only, or in another state."""
    before, after = set(old.sources), set(new.sources)
    return {source.id for source in before ^ after}


def read_facts(connection: sa.Connection, inspection_ids: Collection[str]) -> dict[str, Facts]:
    """By inspection id."""
    found: dict[str, Facts] = {}
    wanted = sorted(inspection_ids)
    for start in range(0, len(wanted), _CHUNK):
        found.update(_read(connection, wanted[start : start + _CHUNK]))
    return found


def _read(connection: sa.Connection, ids: list[str]) -> dict[str, Facts]:
    arrivals: dict[str, list[Arrival]] = {}
    statement = (
        sa.select(_change.c.received_at, _change.c.body, _dispute_event.c.note)
        .outerjoin(_dispute_event, _dispute_event.c.change_id == _change.c.id)
        .where(_change.c.inspection_id.in_(ids))
        .order_by(_change.c.received_at, _change.c.stamp)
    )
    for received_at, body, answer in connection.execute(statement):
        change = _decoder.decode(body)
        arrivals.setdefault(change.inspection_id, []).append(Arrival(received_at, change, answer))
    decided = {
        row.inspection_id: row.reason
        for row in connection.execute(
            sa.select(_decision.c.inspection_id, _decision.c.reason)
            .where(_decision.c.inspection_id.in_(ids))
            .order_by(_decision.c.at, _decision.c.id)
        )
    }
    rows = connection.execute(
        sa.select(_inspection, _user.c.name.label("supervisor"), _revision.c.body)
        .outerjoin(_user, _user.c.id == _inspection.c.supervisor_id)
        .outerjoin(_revision, _revision.c.id == _inspection.c.template_revision_id)
        .where(_inspection.c.id.in_(ids))
    )
    return {
        row.id: Facts(
            state=row.state,
            captured_at=row.captured_at,
            updated_at=row.updated_at,
            supervisor=row.supervisor,
            revision=load_revision(row.template_revision_id, row.body) if row.body else None,
            arrivals=arrivals.get(row.id, []),
            decided=decided.get(row.id),
        )
        for row in rows
    }


def derive(old: WeekScore, new: WeekScore, old_published_at: datetime, facts: dict[str, Facts]) -> tuple[Reason, ...]:
    """At least one reason, in the order of capture. ``old_published_at``: when ``old`` was published."""
    before = {source.id: source for source in old.sources}
    after = {source.id: source for source in new.sources}
    ids = sorted(differing(old, new), key=lambda key: (facts[key].captured_at or old_published_at, key))
    reasons = tuple(
        reason for key in ids for reason in _reasons(key, before.get(key), after.get(key), old_published_at, facts[key])
    )
    return reasons or (Reason(Cause.ROSTER),)


def _reasons(
    inspection_id: str,
    before: SourceInspection | None,
    after: SourceInspection | None,
    published_at: datetime,
    facts: Facts,
) -> list[Reason]:
    """An upheld dispute is a reason of its own, beside whatever else happened to the inspection."""
    since = _since(before, published_at, facts)
    # With nothing new and nothing done to it since, it was on its way in that moment, and came too late as a whole.
    is_new = len(since) == len(facts.arrivals) or (not since and facts.updated_at <= published_at)
    cause = _cause(before, after, facts, everything_is_new=is_new)
    if cause is not Cause.REVISION:
        return [_reason(inspection_id, cause, since, facts)]
    disputed = [arrival for arrival in since if arrival.answer is not None]
    others = [arrival for arrival in since if arrival.answer is None]
    found = [_reason(inspection_id, Cause.DISPUTE, [arrival], facts) for arrival in disputed]
    if others or not disputed:
        found.append(_reason(inspection_id, Cause.REVISION, others, facts))
    return found


def _since(before: SourceInspection | None, published_at: datetime, facts: Facts) -> list[Arrival]:
    """What the version before had not seen. Of an inspection that it has, this is told by its revision and not by the
    clock: a change may arrive in the very instant of the publication, or be on its way."""
    arrivals = facts.arrivals
    seen = None if before is None else seen_by(before.revision, [arrival.change.id for arrival in arrivals])
    if seen is not None:
        return arrivals[seen:]
    return [arrival for arrival in arrivals if arrival.received_at >= published_at]


def _reason(inspection_id: str, cause: Cause, since: list[Arrival], facts: Facts) -> Reason:
    items: tuple[ItemName, ...] = ()
    note = None
    if cause in (Cause.REVISION, Cause.VOID, Cause.DISPUTE):
        items = () if cause is Cause.VOID else _items(since, facts.revision)
        written = (arrival.answer or arrival.change.reason for arrival in reversed(since))
        note = next((text for text in written if text), None)
    elif cause is Cause.DECISION:
        note = facts.decided
    return Reason(
        cause=cause,
        inspection_id=inspection_id,
        supervisor=facts.supervisor,
        template=facts.revision.template.title if facts.revision else None,
        captured_at=facts.captured_at,
        arrived_at=(since[0].received_at if cause is Cause.LATE_SYNC else since[-1].received_at)
        if since
        else facts.updated_at,
        items=items,
        note=note,
    )


def _cause(
    before: SourceInspection | None, after: SourceInspection | None, facts: Facts, *, everything_is_new: bool
) -> Cause:
    if before is None:
        return Cause.LATE_SYNC if everything_is_new else Cause.COMPLETED
    if after is None:
        return Cause.VOID if facts.state == InspectionState.VOID else Cause.WITHDRAWN
    return Cause.DECISION if before.revision == after.revision else Cause.REVISION


def _items(since: list[Arrival], revision: LoadedRevision | None) -> tuple[ItemName, ...]:
    written = {
        path.removeprefix(RESPONSES)
        for arrival in since
        for path in arrival.change.fields
        if path.startswith(RESPONSES)
    }
    names: dict[str, Bilingual] = {key: item.text for key, item in revision.items.items()} if revision else {}
    return tuple(ItemName(key, names[key]) for key in names if key in written)
