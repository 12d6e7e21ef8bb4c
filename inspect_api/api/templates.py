"""``/api/v1/templates``: revisions of checklist templates: drafted, compared, approved by somebody else, retired."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import get, post
from litestar.params import FromQuery, JSONBody, PathParameter, RawBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED
from msgspec import Struct

from checklists.ids import UUID_PATTERN
from checklists.tables import Role, TemplateRevision, table_of
from checklists.template import Bilingual, Template
from checklists.template_compare import FieldChange, ItemChange
from checklists.template_loader import TemplateError, load_template
from checklists.template_places import place_of
from inspect_api.administration import revisions as life
from inspect_api.auth.principal import Principal
from inspect_api.injection import UserRequest, UseServices
from inspect_api.problems import Code, Problem

_revision = table_of(TemplateRevision)
_FILE = "template.yaml"
_READERS = (Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR)
PathId = Annotated[str, PathParameter(pattern=UUID_PATTERN)]


class RevisionBody(Struct, frozen=True):
    """``state``: draft, approved or retired; ``in_force_from`` and ``retired_at`` bound when inspections may begin with
    it. ``note``: what its author says that it changes."""

    id: str
    template_key: str
    number: int
    state: str
    title: Bilingual
    dimension: str
    sha256: str
    note: str
    created_by: str | None
    approved_by: str | None
    in_force_from: datetime | None
    retired_at: datetime | None


class FullRevisionBody(Struct, frozen=True):
    """``template``: a ``checklists.template.Template`` as JSON, as it was drafted."""

    revision: RevisionBody
    template: msgspec.Raw


class ComparisonBody(Struct, frozen=True):
    """Against the revision in force. ``unchanged``: how many items are the same."""

    in_force: RevisionBody | None
    template: list[FieldChange]
    items: list[ItemChange]
    unchanged: int


class Approval(Struct, frozen=True, forbid_unknown_fields=True):
    """``in_force_from``: an instant with its offset; without it, or with one that is past, from now."""

    in_force_from: datetime | None = None


class _Head(Struct, frozen=True):
    """What a list shows of a template; the rest of the body is skipped."""

    title: Bilingual
    dimension: str


@get("/api/v1/templates", sync_to_thread=True)
def revisions(request: UserRequest, services: UseServices) -> list[RevisionBody]:
    """All revisions, by key, the newest first. Only administrators see drafts."""
    with services.database.read() as connection:
        return [body_of(row) for row in listed(connection, request.user)]


@get("/api/v1/templates/{revision_id:str}", sync_to_thread=True)
def revision(request: UserRequest, services: UseServices, revision_id: PathId) -> FullRevisionBody:
    """One revision with its whole template."""
    _require_reader(request.user)
    with services.database.read() as connection:
        row = life.find(connection, request.user, revision_id)
    if row.approved_at is None and row.in_force_from is None and not request.user.is_administrator:
        raise Problem(Code.NOT_FOUND, "没有这个模板版本", "There is no such template revision")
    return FullRevisionBody(body_of(row), msgspec.Raw(row.body.encode()))


@get("/api/v1/templates/{revision_id:str}/comparison", sync_to_thread=True)
def comparison(request: UserRequest, services: UseServices, revision_id: PathId) -> ComparisonBody:
    """Item by item against the revision in force. Administrators only."""
    request.user.require_administrator()
    with services.database.read() as connection:
        row = life.find(connection, request.user, revision_id)
        found = life.compare_with(connection, request.user, row, services.clock())
    if found is None:
        return ComparisonBody(None, [], [], 0)
    present, differences = found
    return ComparisonBody(body_of(present), list(differences.template), list(differences.items), differences.unchanged)


@post("/api/v1/templates", status_code=HTTP_201_CREATED, sync_to_thread=True)
def draft(request: UserRequest, services: UseServices, body: RawBody, note: FromQuery[str] = "") -> RevisionBody:
    """A template as YAML becomes the next draft of its key; another administrator approves it. 409 when the revision in
    force has the same content; 422 with all problems of the template at once, with line and column."""
    request.user.require_administrator()
    template = read_template(body)
    with services.database.write() as connection:
        made = life.draft(connection, request.user, template, note, services.clock())
        return body_of(life.find(connection, request.user, made))


@post("/api/v1/templates/{revision_id:str}/approve", status_code=HTTP_200_OK, sync_to_thread=True)
def approve(request: UserRequest, services: UseServices, revision_id: PathId, data: JSONBody[Approval]) -> RevisionBody:
    """By somebody else than who drafted it. It goes to the tablets at once and is in force from its date."""
    now = services.clock()
    if data.in_force_from is not None and data.in_force_from.tzinfo is None:
        raise Problem(Code.INVALID_FIELD, "时间须带时区", "The instant needs an offset", "/in_force_from")
    with services.database.write() as connection:
        life.approve(connection, request.user, revision_id, data.in_force_from or now, now)
        return body_of(life.find(connection, request.user, revision_id))


@post("/api/v1/templates/{revision_id:str}/retire", status_code=HTTP_200_OK, sync_to_thread=True)
def retire(request: UserRequest, services: UseServices, revision_id: PathId) -> RevisionBody:
    """No inspection may begin with it from now on; those that have begun keep it. A draft is discarded. Again is a
    no-op."""
    with services.database.write() as connection:
        life.retire(connection, request.user, revision_id, services.clock())
        return body_of(life.find(connection, request.user, revision_id))


def listed(connection: sa.Connection, user: Principal) -> list[Any]:
    """Rows of the revisions that the user may read, by key, the newest first."""
    _require_reader(user)
    query = sa.select(_revision).where(_revision.c.organisation_id == user.organisation_id)
    if not user.is_administrator:
        query = query.where(_revision.c.in_force_from.is_not(None))
    return list(connection.execute(query.order_by(_revision.c.template_key, _revision.c.number.desc())))


def read_template(body: bytes) -> Template:
    """Problem TEMPLATE_INVALID with every problem: item, field, reason, line and column."""
    try:
        text = body.decode("utf-8-sig")
        return load_template(text, _FILE)
    except UnicodeDecodeError as error:
        raise Problem(Code.TEMPLATE_INVALID, "不是 UTF-8 文本", "Not UTF-8 text", extra={"problems": []}) from error
    except TemplateError as error:
        found = []
        for one in error.problems:
            line, column = place_of(text, one) or (None, None)
            place = {"item": one.item, "field": one.field, "line": line, "column": column}
            found.append(place | {"reason": one.reason})
        count = len(found)
        raise Problem(
            Code.TEMPLATE_INVALID,
            f"模板有 {count} 处错误",
            f"{count} problems in the template",
            extra={"problems": found},
        ) from error


def body_of(row: Any) -> RevisionBody:
    head = msgspec.json.decode(row.body, type=_Head)
    return RevisionBody(
        row.id,
        row.template_key,
        row.number,
        row.state,
        head.title,
        head.dimension,
        row.sha256,
        row.note or "",
        row.created_by,
        row.approved_by,
        row.in_force_from,
        row.retired_at,
    )


def _require_reader(user: Principal) -> None:
    if not any(role in user.sites for role in _READERS):
        raise Problem(Code.FORBIDDEN, "仅督导、经理和管理员可用", "Only for supervisors, managers and administrators")


HANDLERS = [revisions, revision, comparison, draft, approve, retire]
