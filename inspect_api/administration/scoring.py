"""The scoring rules of an organisation, with every former setting. A published week keeps the rules it was made by."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from checklists.ids import new_id
from checklists.scoring.rules import ScoringRules
from checklists.tables import Organisation, ScoringRevision, User, table_of
from inspect_api.administration import audit
from inspect_api.auth.principal import Principal
from inspect_api.problems import Code, Problem

MAX_REASON = 500

_organisation = table_of(Organisation)
_revision = table_of(ScoringRevision)
_user = table_of(User)


def present_rules(connection: sa.Connection, user: Principal) -> ScoringRules:
    mine = sa.select(_organisation.c.scoring_rules).where(_organisation.c.id == user.organisation_id)
    return msgspec.json.decode(connection.execute(mine).scalar_one(), type=ScoringRules)


def history(connection: sa.Connection, user: Principal) -> list[Any]:
    """Rows with ``name`` of who set them, the newest first. Administrators only."""
    user.require_administrator()
    return list(
        connection.execute(
            sa.select(_revision, _user.c.name)
            .join(_user, _user.c.id == _revision.c.set_by)
            .where(_revision.c.organisation_id == user.organisation_id)
            .order_by(_revision.c.number.desc())
        )
    )


def set_rules(connection: sa.Connection, user: Principal, rules: ScoringRules, reason: str, now: datetime) -> None:
    """For every week that is not published yet; a published one, also provisionally, keeps its own.

    Problem INVALID_FIELD without a reason. The same rules again change nothing.
    """
    user.require_administrator()
    if not reason.strip():
        raise Problem(Code.INVALID_FIELD, "请写明原因", "A reason is needed", "/reason")
    mine = _organisation.c.id == user.organisation_id
    connection.execute(sa.select(_organisation.c.id).where(mine).with_for_update(key_share=True))
    before = present_rules(connection, user)
    if before == rules:
        return
    text = msgspec.json.encode(rules).decode()
    newest = sa.select(sa.func.max(_revision.c.number)).where(_revision.c.organisation_id == user.organisation_id)
    number = (connection.execute(newest).scalar() or 0) + 1
    row = {
        "id": new_id(),
        "organisation_id": user.organisation_id,
        "number": number,
        "rules": text,
        "reason": reason.strip()[:MAX_REASON],
        "set_by": user.user_id,
        "set_at": now,
    }
    connection.execute(_revision.insert(), row)
    connection.execute(_organisation.update().where(mine).values(scoring_rules=text))
    about = ("organisation", user.organisation_id)
    detail = {"number": number, "before": before, "after": rules}
    audit.record(connection, user.organisation_id, user.user_id, "scoring.set", about, now, detail)


def read_rules(values: Any) -> ScoringRules:
    """From decoded JSON. Problem INVALID_FIELD with what is wrong."""
    try:
        return msgspec.convert(values, ScoringRules)
    except msgspec.ValidationError as error:
        zh, _, en = str(error).partition(" / ")
        raise Problem(Code.INVALID_FIELD, zh, en or zh, "/rules") from error
