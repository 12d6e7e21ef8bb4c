"""``/api/v1/templates``: the revisions of checklist templates; administrators publish and retire them."""

import json
from datetime import datetime
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.params import PathParameter, RawBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED
from msgspec import Struct

from checklists.ids import UUID_PATTERN, new_id
from checklists.tables import Audit, RevisionState, Role, TemplateRevision, table_of
from checklists.template import Bilingual, Template
from checklists.template_loader import TemplateError, load_template
from inspect_api.auth.principal import Principal
from inspect_api.directory import Directory
from inspect_api.injection import UserRequest, UseServices
from inspect_api.problems import Code, Problem
from sync import feed

_revision = table_of(TemplateRevision)
_FILE = "template.yaml"
_READERS = (Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR)
PathId = Annotated[str, PathParameter(pattern=UUID_PATTERN)]


class RevisionBody(Struct, frozen=True):
    """``state``: approved or retired; ``in_force_from`` and ``retired_at`` bound when inspections may begin with it."""

    id: str
    template_key: str
    number: int
    state: str
    title: Bilingual
    dimension: str
    sha256: str
    in_force_from: datetime | None
    retired_at: datetime | None


class FullRevisionBody(Struct, frozen=True):
    """``template``: a ``checklists.template.Template`` as JSON, as it was published."""

    revision: RevisionBody
    template: msgspec.Raw


class _Head(Struct, frozen=True):
    """What a list shows of a template; the rest of the body is skipped."""

    title: Bilingual
    dimension: str


@get("/api/v1/templates", sync_to_thread=True)
def revisions(request: UserRequest, services: UseServices) -> list[RevisionBody]:
    """All revisions, by key, the newest first."""
    _require_reader(request.user)
    order = (_revision.c.template_key, _revision.c.number.desc())
    with services.database.read() as connection:
        rows = connection.execute(_of(request.user).order_by(*order)).all()
    return [_body(row) for row in rows]


@get("/api/v1/templates/{revision_id:str}", sync_to_thread=True)
def revision(request: UserRequest, services: UseServices, revision_id: PathId) -> FullRevisionBody:
    """One revision with its whole template."""
    _require_reader(request.user)
    with services.database.read() as connection:
        row = _find(connection, request.user, revision_id)
    return FullRevisionBody(_body(row), msgspec.Raw(row.body.encode()))


@post("/api/v1/templates", sync_to_thread=True)
def publish(request: UserRequest, services: UseServices, body: RawBody) -> Response[RevisionBody]:
    """A template as YAML comes into force as the next revision of its key: 201. Status 200 and no new revision when the
    newest one has the same content. 422 with all problems of the template at once."""
    request.user.require_administrator()
    template = _load(body)
    now = services.clock()
    organisation_id = request.user.organisation_id
    with services.database.write() as connection, Directory(connection, organisation_id, now) as directory:
        known = {row.id for row in connection.execute(_of(request.user))}
        row = _find(connection, request.user, directory.publish_template(template, approved_by=request.user.user_id))
        if row.state == RevisionState.RETIRED:
            raise Problem(
                Code.CONFLICT,
                f"相同内容的第 {row.number} 版已停用，请修改内容后再发布",
                f"Revision {row.number} with the same content is retired: change it before publishing",
            )
        new = row.id not in known
        if new:
            _audit(connection, request.user, "template.publish", row, now)
    return Response(_body(row), status_code=HTTP_201_CREATED if new else HTTP_200_OK)


@post("/api/v1/templates/{revision_id:str}/retire", status_code=HTTP_200_OK, sync_to_thread=True)
def retire(request: UserRequest, services: UseServices, revision_id: PathId) -> RevisionBody:
    """No inspection may begin with it from now on; those that have begun keep it. Again is a no-op."""
    request.user.require_administrator()
    now = services.clock()
    with services.database.write() as connection:
        row = _find(connection, request.user, revision_id)
        if row.state == RevisionState.RETIRED:
            return _body(row)
        connection.execute(
            sa.update(_revision)
            .where(_revision.c.id == revision_id)
            .values(state=RevisionState.RETIRED.value, retired_at=now)
        )
        row = _find(connection, request.user, revision_id)
        _audit(connection, request.user, "template.retire", row, now)
        shown = {
            "template_key": row.template_key,
            "number": row.number,
            "in_force_from": row.in_force_from,
            "retired_at": row.retired_at,
            "template": msgspec.Raw(row.body.encode()),
        }
        entry_body = msgspec.json.encode(shown).decode()
        feed.publish(
            connection,
            [feed.Entry(request.user.organisation_id, feed.TEMPLATE_REVISION, revision_id, entry_body)],
        )
    return _body(row)


def _require_reader(user: Principal) -> None:
    if not any(role in user.sites for role in _READERS):
        raise Problem(Code.FORBIDDEN, "仅督导、经理和管理员可用", "Only for supervisors, managers and administrators")


def _load(body: bytes) -> Template:
    try:
        return load_template(body.decode("utf-8-sig"), _FILE)
    except UnicodeDecodeError as error:
        raise Problem(Code.TEMPLATE_INVALID, "不是 UTF-8 文本", "Not UTF-8 text") from error
    except TemplateError as error:
        found = [{"item": one.item, "field": one.field, "reason": one.reason} for one in error.problems]
        count = len(found)
        raise Problem(
            Code.TEMPLATE_INVALID,
            f"模板有 {count} 处错误",
            f"{count} problems in the template",
            extra={"problems": found},
        ) from error


def _of(user: Principal) -> sa.Select[Any]:
    return sa.select(_revision).where(_revision.c.organisation_id == user.organisation_id)


def _find(connection: sa.Connection, user: Principal, revision_id: str) -> sa.Row[Any]:
    row = connection.execute(_of(user).where(_revision.c.id == revision_id)).one_or_none()
    if row is None:
        raise Problem(Code.NOT_FOUND, "没有这个模板版本", "There is no such template revision")
    return row


def _body(row: sa.Row[Any]) -> RevisionBody:
    head = msgspec.json.decode(row.body, type=_Head)
    return RevisionBody(
        row.id,
        row.template_key,
        row.number,
        row.state,
        head.title,
        head.dimension,
        row.sha256,
        row.in_force_from,
        row.retired_at,
    )


def _audit(connection: sa.Connection, user: Principal, action: str, row: sa.Row[Any], now: datetime) -> None:
    connection.execute(
        table_of(Audit).insert(),
        {
            "id": new_id(),
            "organisation_id": user.organisation_id,
            "actor_id": user.user_id,
            "action": action,
            "object_kind": "template_revision",
            "object_id": row.id,
            "detail": json.dumps({"template_key": row.template_key, "number": row.number}),
            "at": now,
        },
    )


HANDLERS = [revisions, revision, publish, retire]
