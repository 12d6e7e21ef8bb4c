"""The life of a template revision: drafted by one person, approved by another, in force from a date, retired.

A draft is on no tablet. Once approved, the content never changes; an inspection keeps the revision it began with.
"""

from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
import sqlalchemy as sa

from checklists.ids import new_id
from checklists.tables import Organisation, RevisionState, TemplateRevision, table_of
from checklists.template import Template
from checklists.template_compare import Comparison, compare
from inspect_api.administration import audit
from inspect_api.auth.principal import Principal
from inspect_api.problems import Code, Problem
from sync import feed
from sync.statements import insert

MAX_NOTE = 500

_organisation = table_of(Organisation)
_revision = table_of(TemplateRevision)


def take_turns(connection: sa.Connection, organisation_id: str) -> None:
    """Whoever gives a revision its number waits here for whoever does so already; pushes are not kept waiting."""
    connection.execute(
        sa.select(_organisation.c.id).where(_organisation.c.id == organisation_id).with_for_update(key_share=True)
    )


def encode(template: Template) -> tuple[str, str]:
    """The body as it is stored, and its SHA-256."""
    body = msgspec.json.encode(template, order="deterministic").decode()
    return body, sha256(body.encode()).hexdigest()


def next_number(connection: sa.Connection, organisation_id: str, key: str) -> int:
    newest = sa.select(sa.func.max(_revision.c.number)).where(
        _revision.c.organisation_id == organisation_id, _revision.c.template_key == key
    )
    return (connection.execute(newest).scalar() or 0) + 1


def in_force(connection: sa.Connection, organisation_id: str, key: str, now: datetime) -> Any:
    """The row of the revision that inspections begin with now; None when there is none."""
    return connection.execute(
        sa.select(_revision)
        .where(
            _revision.c.organisation_id == organisation_id,
            _revision.c.template_key == key,
            _revision.c.state == RevisionState.APPROVED,
            _revision.c.in_force_from <= now,
        )
        .order_by(_revision.c.in_force_from.desc(), _revision.c.number.desc())
        .limit(1)
    ).one_or_none()


def find(connection: sa.Connection, user: Principal, revision_id: str) -> Any:
    """Problem NOT_FOUND also for what belongs to another organisation."""
    mine = (_revision.c.id == revision_id, _revision.c.organisation_id == user.organisation_id)
    row = connection.execute(sa.select(_revision).where(*mine)).one_or_none()
    if row is None:
        raise Problem(Code.NOT_FOUND, "没有这个模板版本", "There is no such template revision")
    return row


def draft(connection: sa.Connection, user: Principal, template: Template, note: str, now: datetime) -> str:
    """Keep a template as the next revision of its key, to be approved by somebody else.

    Problem CONFLICT when the content is the one in force, or waits for its approval already.
    """
    user.require_administrator()
    take_turns(connection, user.organisation_id)
    body, digest = encode(template)
    present = in_force(connection, user.organisation_id, template.key, now)
    if present is not None and present.sha256 == digest:
        raise Problem(Code.CONFLICT, "内容与现行版本相同", "The content is that of the revision in force")
    waiting = sa.select(_revision.c.number).where(
        _revision.c.organisation_id == user.organisation_id,
        _revision.c.template_key == template.key,
        _revision.c.state == RevisionState.DRAFT,
        _revision.c.sha256 == digest,
    )
    if (number := connection.execute(waiting).scalar()) is not None:
        raise Problem(Code.CONFLICT, f"相同内容的草稿已有：第 {number} 版", f"Draft {number} has the same content")
    row = {
        "id": new_id(),
        "organisation_id": user.organisation_id,
        "template_key": template.key,
        "number": next_number(connection, user.organisation_id, template.key),
        "state": RevisionState.DRAFT.value,
        "body": body,
        "sha256": digest,
        "note": note.strip()[:MAX_NOTE],
        "created_by": user.user_id,
        "created_at": now,
    }
    insert(connection, _revision, [row])
    _record(connection, user, "template.draft", find(connection, user, str(row["id"])), now)
    return str(row["id"])


def approve(
    connection: sa.Connection, user: Principal, revision_id: str, in_force_from: datetime, now: datetime
) -> None:
    """Put a draft in force from ``in_force_from``, or from now when that is past. It goes to the tablets at once, so
    that those that are offline on that day know it too.

    Problem FORBIDDEN for whoever drafted it, CONFLICT when it is no draft any more.
    """
    user.require_administrator()
    row = _held(connection, user, revision_id, RevisionState.DRAFT)
    if row.created_by == user.user_id:
        raise Problem(
            Code.FORBIDDEN,
            "起草人不能批准自己的草稿，请由另一位管理员批准",
            "Whoever drafted a revision does not approve it: ask another administrator",
        )
    starts = max(in_force_from, now)
    _set(
        connection,
        revision_id,
        state=RevisionState.APPROVED.value,
        in_force_from=starts,
        approved_by=user.user_id,
        approved_at=now,
    )
    row = find(connection, user, revision_id)
    _record(connection, user, "template.approve", row, now, in_force_from=starts.isoformat())
    feed.publish(connection, [feed_entry(row)])


def discard(connection: sa.Connection, user: Principal, revision_id: str, now: datetime) -> None:
    """A draft that is not wanted. It stays in the list, so that its number is not used again."""
    user.require_administrator()
    _held(connection, user, revision_id, RevisionState.DRAFT)
    _set(connection, revision_id, state=RevisionState.RETIRED.value, retired_at=now)
    _record(connection, user, "template.discard", find(connection, user, revision_id), now)


def retire(connection: sa.Connection, user: Principal, revision_id: str, now: datetime) -> None:
    """No inspection may begin with it from now on; those that have begun keep it. Again is a no-op."""
    user.require_administrator()
    row = find(connection, user, revision_id)
    if row.state == RevisionState.RETIRED:
        return
    if row.state == RevisionState.DRAFT:
        discard(connection, user, revision_id, now)
        return
    _set(connection, revision_id, state=RevisionState.RETIRED.value, retired_at=now)
    row = find(connection, user, revision_id)
    _record(connection, user, "template.retire", row, now)
    feed.publish(connection, [feed_entry(row)])


def compare_with(connection: sa.Connection, user: Principal, row: Any, now: datetime) -> tuple[Any, Comparison] | None:
    """The revision in force and what differs from it; None when nothing of this key is in force."""
    present = in_force(connection, user.organisation_id, row.template_key, now)
    if present is None or present.id == row.id:
        return None
    return present, compare(_template(present), _template(row))


def feed_entry(row: Any) -> feed.Entry:
    """What tablets get of an approved or retired revision."""
    shown = {
        "template_key": row.template_key,
        "number": row.number,
        "in_force_from": row.in_force_from,
        "retired_at": row.retired_at,
        "template": msgspec.Raw(row.body.encode()),
    }
    return feed.Entry(row.organisation_id, feed.TEMPLATE_REVISION, row.id, msgspec.json.encode(shown).decode())


def _template(row: Any) -> Template:
    return msgspec.json.decode(row.body, type=Template)


def _held(connection: sa.Connection, user: Principal, revision_id: str, state: RevisionState) -> Any:
    """The row in this state, locked until the commit: two who decide at once are one decision and a conflict."""
    mine = (_revision.c.id == revision_id, _revision.c.organisation_id == user.organisation_id)
    row = connection.execute(sa.select(_revision).where(*mine).with_for_update()).one_or_none()
    if row is None:
        raise Problem(Code.NOT_FOUND, "没有这个模板版本", "There is no such template revision")
    if row.state != state:
        raise Problem(Code.CONFLICT, "该版本已不是草稿", "This revision is no draft any more")
    return row


def _set(connection: sa.Connection, revision_id: str, **values: Any) -> None:
    connection.execute(_revision.update().where(_revision.c.id == revision_id).values(**values))


def _record(connection: sa.Connection, user: Principal, action: str, row: Any, now: datetime, **more: Any) -> None:
    detail = {"template_key": row.template_key, "number": row.number, **more}
    audit.record(connection, user.organisation_id, user.user_id, action, ("template_revision", row.id), now, detail)
