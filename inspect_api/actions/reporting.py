"""A fix that a tablet reports, perhaps days later: taken once, and not lost because somebody was faster."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from msgspec import Meta, Struct

from checklists.periods import corrected
from checklists.tables import ActionState, ActionStep, CorrectiveAction, CorrectiveActionEvent, table_of
from inspect_api.actions.life import publish, text
from inspect_api.actions.reading import ActionView, views
from inspect_api.auth.principal import Principal
from inspect_api.photos.own import require_own_photo
from inspect_api.problems import Code, Problem
from inspect_api.services import Services
from sync.messages import Id, Milliseconds
from sync.paths import Instant
from sync.statements import insert_missing

_action = table_of(CorrectiveAction)
_event = table_of(CorrectiveActionEvent)


class Report(Struct, frozen=True, forbid_unknown_fields=True):
    """Where and when a fix was reported offline. ``id``: made on the tablet, so that a replay is a no-op.

    ``captured_at``: the tablet's wall clock; ``clock_offset_ms``: server time minus that clock, as last measured.
    ``reopened``: how often the action had been opened again, as the tablet knew it: a later round is not ended by it.
    """

    id: Id
    captured_at: Instant
    clock_offset_ms: Milliseconds | None = None
    reopened: Annotated[int, Meta(ge=0, le=10**6)] = 0

    def made_at(self, now: datetime) -> datetime:
        """By the server's clock, not in the future; ``now`` for a clock at the end of its calendar."""
        try:
            return min(corrected(self.captured_at, self.clock_offset_ms or 0), now)
        except OverflowError:
            return now


def report_fix(
    services: Services, user: Principal, action_id: str, note: str, photo: str | None, report: Report
) -> bool:
    """Gives whether it counts. Where somebody was faster, or it was opened again since, the history keeps it.

    Problem: NOT_FOUND, INVALID_FIELD, and CONFLICT for an id that was used for something else.
    """
    now = services.clock()
    why = text(note, "/note")
    with services.database.write() as connection:
        mine = sa.and_(_action.c.id == action_id, _action.c.organisation_id == user.organisation_id)
        connection.execute(sa.select(_action.c.id).where(mine).with_for_update())
        known = _event_of(connection, report.id)
        if known is None:
            known = _take(connection, user, action_id, why, photo, report, now)
        told = (action_id, user.user_id, why, photo)
        if (known.action_id, known.actor_id, known.note, msgspec.json.decode(known.detail).get("photo")) != told:
            raise Problem(Code.CONFLICT, "此编号已用于别的报告", "The id was used for something else", "/report/id")
    return bool(known.step == ActionStep.FIXED)


def _take(
    connection: sa.Connection,
    user: Principal,
    action_id: str,
    note: str,
    photo: str | None,
    report: Report,
    now: datetime,
) -> Any:
    made_at = report.made_at(now)
    view = _theirs(connection, user, action_id, made_at)
    require_own_photo(connection, user, photo)
    counts = view.state == ActionState.OPEN and view.reopened == report.reopened
    event = {
        "id": report.id,
        "organisation_id": view.organisation_id,
        "action_id": view.id,
        "step": ActionStep.FIXED if counts else ActionStep.REPORTED_LATE,
        "actor_id": user.user_id,
        "note": note,
        "detail": msgspec.json.encode({"photo": photo, "made_at": made_at}).decode(),
        "at": now,
    }
    insert_missing(connection, _event, [event])
    known = _event_of(connection, report.id)
    if known is not None and known.action_id == view.id and counts:
        row = {
            "state": ActionState.FIXED,
            "fixed_by": user.user_id,
            "fixed_at": max(made_at, _open_since(connection, view)),
            "fix_note": note,
            "fix_photo": photo,
        }
        connection.execute(_action.update().where(_action.c.id == view.id).values(**row))
        publish(connection, [view.id])
    return known


def _theirs(connection: sa.Connection, user: Principal, action_id: str, made_at: datetime) -> ActionView:
    """One that they may report, or might when they did: a revocation that they could not know of takes no work."""
    found = views(connection, user.organisation_id, _action.c.id == action_id)
    if found and (
        found[0].owner_id == user.user_id
        or user.manages(found[0].site_id)
        or user.inspects(found[0].site_id)
        or any(
            former.site_id == found[0].site_id and former.granted_at <= made_at < former.revoked_at
            for former in user.formerly
        )
    ):
        return found[0]
    raise Problem(
        Code.NOT_FOUND,
        "没有这项整改，或当时您不负责该场所",
        "There is no such corrective action, or its site was not yours at that time",
    )


def _open_since(connection: sa.Connection, view: ActionView) -> datetime:
    """Nothing is mended before it was asked for, whatever a tablet's clock says: an earlier check must not close it."""
    reopened = sa.select(sa.func.max(_event.c.at)).where(
        _event.c.action_id == view.id, _event.c.step == ActionStep.REOPENED
    )
    latest: datetime | None = connection.execute(reopened).scalar()
    return max(view.created_at, latest) if latest else view.created_at


def _event_of(connection: sa.Connection, event_id: str) -> Any:
    columns = (_event.c.action_id, _event.c.actor_id, _event.c.note, _event.c.detail, _event.c.step)
    return connection.execute(sa.select(*columns).where(_event.c.id == event_id)).first()
