"""Why a change is refused: stable codes, and the checks that need nothing but the change and its template."""

from enum import StrEnum
from typing import Any

import msgspec

from checklists.responses import Response, check_response
from checklists.template import Item
from sync import paths
from sync.clock import replica_of
from sync.messages import Change
from sync.revisions import LoadedRevision


class RefusalCode(StrEnum):
    MALFORMED = "malformed"
    INVALID_FIELD = "invalid_field"
    UNKNOWN_FIELD = "unknown_field"
    CHANGE_TOO_LARGE = "change_too_large"
    ID_REUSED = "id_reused"
    FOREIGN_SITE = "foreign_site"
    FOREIGN_INSPECTION = "foreign_inspection"
    STAMP_OF_OTHER_REPLICA = "stamp_of_other_replica"
    STAMP_REUSED = "stamp_reused"
    UNKNOWN_TEMPLATE_REVISION = "unknown_template_revision"
    RETIRED_TEMPLATE_REVISION = "retired_template_revision"
    UNKNOWN_EMPLOYEE = "unknown_employee"
    UNKNOWN_WORKSPACE = "unknown_workspace"
    UNKNOWN_ITEM = "unknown_item"
    BEGINNING_IS_FIXED = "beginning_is_fixed"
    REASON_REQUIRED = "reason_required"
    NOT_STORED = "not_stored"


class Refusal(Exception):
    """One change is refused. ``path``: JSON Pointer into the change."""

    def __init__(self, code: RefusalCode, path: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.path = path
        self.message = message


_KINDS: dict[str, Any] = {
    paths.TEMPLATE_REVISION: str,
    paths.EMPLOYEE: str,
    paths.WORKSPACE: str,
    paths.CAPTURED_AT: str,
    paths.CIRCUMSTANCES: paths.Circumstances,
    paths.SUBMITTED: bool,
    paths.VOID: bool,
    paths.NOTE: str | None,
}
MAX_BODY = 200_000


def field_pointer(path: str, *inner: str) -> str:
    """JSON Pointer to a field of the change (RFC 6901)."""
    return "/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in ("fields", path, *inner))


def check_shape(change: Change, replica_id: str) -> None:
    """What must hold whatever the database says. Raises Refusal."""
    if replica_of(change.stamp) != replica_id:
        raise Refusal(
            RefusalCode.STAMP_OF_OTHER_REPLICA, "/stamp", "标记不属于此设备 / the stamp was not made on this replica"
        )
    for path, stamps in change.supersedes.items():
        if path not in change.fields or any(stamp >= change.stamp for stamp in stamps):
            raise Refusal(
                RefusalCode.INVALID_FIELD,
                "/supersedes/" + path.replace("~", "~0").replace("/", "~1"),
                "只能取代此字段更早的写入 / only earlier writes of a path in fields can be superseded",
            )
    for path, value in change.fields.items():
        if path.startswith(paths.RESPONSES):
            # The rest is checked once the template is known.
            if value is not None and type(value) is not dict:
                raise Refusal(
                    RefusalCode.INVALID_FIELD, field_pointer(path), "应为含 value 的对象 / must be an object with value"
                )
        elif path in _KINDS:
            _convert(path, value, _KINDS[path])
            if path == paths.CAPTURED_AT:
                _convert_instant(path, value)
        elif path.startswith(paths.EVIDENCE):
            _check_evidence(path, value)


def check_responses(change: Change, revision: LoadedRevision) -> None:
    """Every response must be one that its item knows. Raises Refusal."""
    start = len(paths.RESPONSES)
    items = revision.items
    _, others = revision.split(change.fields.items())
    for path, value in others:
        if path.startswith(paths.RESPONSES):
            item = items.get(path[start:])
            if item is None:
                raise Refusal(
                    RefusalCode.UNKNOWN_ITEM, field_pointer(path), "模板中没有此项目 / the template has no such item"
                )
            if value is not None:
                _check_response(path, item, value)
        elif path.startswith(paths.EVIDENCE) and value is not None:
            key = value.get("item")
            if key is not None and key not in items:
                raise Refusal(
                    RefusalCode.UNKNOWN_ITEM,
                    field_pointer(path, "item"),
                    "模板中没有此项目 / the template has no such item",
                )


def _check_response(path: str, item: Item, value: Any) -> None:
    response = _convert(path, value, Response)
    problem = check_response(item, response)
    if problem is not None:
        raise Refusal(RefusalCode.INVALID_FIELD, field_pointer(path, problem.field), problem.message)


def _check_evidence(path: str, value: Any) -> None:
    digest = path.removeprefix(paths.EVIDENCE)
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise Refusal(
            RefusalCode.INVALID_FIELD,
            field_pointer(path),
            "应为 SHA-256 的 64 位小写十六进制 / must be a SHA-256 in 64 lower-case hex digits",
        )
    if value is not None:
        _convert(path, value, paths.EvidenceDeclaration)


def _convert(path: str, value: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise refusal_of(error, field_pointer(path)) from error


def _convert_instant(path: str, value: str) -> None:
    try:
        msgspec.convert(value, paths.Instant)
    except msgspec.ValidationError as error:
        raise refusal_of(error, field_pointer(path)) from error


def refusal_of(error: msgspec.ValidationError, prefix: str = "") -> Refusal:
    """msgspec says where: ``... - at `$.fields[...]` ``; here it becomes a JSON Pointer below ``prefix``."""
    message, _, where = str(error).partition(" - at `$")
    pointer = where.rstrip("`").replace("[...]", "").replace("[", "/").replace("]", "").replace(".", "/")
    if "unknown field `" in message:
        name = message.rpartition("unknown field `")[2].rstrip("`")
        return Refusal(RefusalCode.UNKNOWN_FIELD, f"{prefix}{pointer}/{name}", f"未知字段 / unknown field: {name}")
    if "missing required field `" in message:
        name = message.rpartition("missing required field `")[2].rstrip("`")
        return Refusal(RefusalCode.INVALID_FIELD, f"{prefix}{pointer}/{name}", f"缺少字段 / missing field: {name}")
    return Refusal(RefusalCode.INVALID_FIELD, prefix + pointer, f"值不正确 / wrong value: {message}")
