"""Every error that a client can get, in one catalogue, answered as ``application/problem+json`` (RFC 9457).

``code`` is stable for ever; ``path`` is a JSON Pointer to the offending field, empty when there is none. Texts are in
the reader's language. A 500 means a bug, and its answer shows nothing of the inside.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    MALFORMED = "malformed"
    INVALID_FIELD = "invalid_field"
    UNKNOWN_FIELD = "unknown_field"
    BODY_TOO_LARGE = "body_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    BAD_LOGIN = "bad_login"
    BAD_TOKEN = "bad_token"  # noqa: S105 (a code, no secret)
    REPLICA_REVOKED = "replica_revoked"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    CONFLICT = "conflict"
    BAD_CURSOR = "bad_cursor"
    CURSOR_UNKNOWN = "cursor_unknown"
    HASH_MISMATCH = "hash_mismatch"
    PHOTO_REFUSED = "photo_refused"
    UPLOAD_EXPIRED = "upload_expired"
    OFFSET_MISMATCH = "offset_mismatch"
    TUS_VERSION = "tus_version"
    TEMPLATE_INVALID = "template_invalid"
    ROSTER_INVALID = "roster_invalid"
    TOO_MANY_REQUESTS = "too_many_requests"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


@dataclass(frozen=True)
class Kind:
    status: int
    zh: str
    en: str


CATALOGUE: dict[Code, Kind] = {
    Code.MALFORMED: Kind(400, "请求内容无法读取", "The request cannot be read"),
    Code.INVALID_FIELD: Kind(400, "字段的值不正确", "A field has a wrong value"),
    Code.UNKNOWN_FIELD: Kind(400, "含有未知字段", "There is an unknown field"),
    Code.BODY_TOO_LARGE: Kind(413, "请求内容过大", "The body is too large"),
    Code.UNSUPPORTED_MEDIA_TYPE: Kind(415, "不支持这种内容类型", "This media type is not supported"),
    Code.BAD_LOGIN: Kind(401, "账号或密码不正确", "Log-in or password is wrong"),
    Code.BAD_TOKEN: Kind(401, "登录已失效，请重新登录", "The log-in has expired, please log in again"),
    Code.REPLICA_REVOKED: Kind(403, "此设备已被停用", "This device has been revoked"),
    Code.FORBIDDEN: Kind(403, "没有权限", "Not permitted"),
    Code.NOT_FOUND: Kind(404, "未找到", "Not found"),
    Code.METHOD_NOT_ALLOWED: Kind(405, "不支持这种操作", "The method is not allowed here"),
    Code.CONFLICT: Kind(409, "与现有数据冲突", "In conflict with what is there"),
    Code.BAD_CURSOR: Kind(400, "游标无效", "The cursor is not valid"),
    Code.CURSOR_UNKNOWN: Kind(410, "游标已不可用，请从头同步", "The cursor is no longer known, start over"),
    Code.HASH_MISMATCH: Kind(460, "内容与声明的校验值不符", "The bytes do not match the declared hash"),
    Code.PHOTO_REFUSED: Kind(422, "照片被拒收", "The photo is refused"),
    Code.UPLOAD_EXPIRED: Kind(410, "上传已过期，请重新上传", "The upload has expired, start again"),
    Code.OFFSET_MISMATCH: Kind(409, "上传位置不一致", "The upload offset does not match"),
    Code.TUS_VERSION: Kind(412, "不支持的 tus 版本", "This tus version is not supported"),
    Code.TEMPLATE_INVALID: Kind(422, "检查表模板有错误", "The template has errors"),
    Code.ROSTER_INVALID: Kind(422, "花名册有错误", "The roster has errors"),
    Code.TOO_MANY_REQUESTS: Kind(429, "请求过于频繁，请稍后再试", "Too many requests, try again later"),
    Code.UNAVAILABLE: Kind(503, "服务暂时不可用，请稍后再试", "Unavailable for the moment, try again later"),
    Code.INTERNAL: Kind(500, "服务器内部错误", "Internal error"),
}


@dataclass(eq=False)
class Problem(Exception):
    """Raise it anywhere below a handler. ``zh`` and ``en`` say what is wrong in this very case and what to do."""

    code: Code
    zh: str = ""
    en: str = ""
    path: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code}: {self.en or CATALOGUE[self.code].en}"

    @property
    def status(self) -> int:
        return CATALOGUE[self.code].status

    def body(self, language: str) -> dict[str, Any]:
        """The members of the problem document; ``language`` is ``zh`` or ``en``."""
        kind = CATALOGUE[self.code]
        title, detail = (kind.en, self.en) if language == "en" else (kind.zh, self.zh)
        return {
            "type": f"urn:inspect-api:problem:{self.code}",
            "title": title,
            "status": kind.status,
            "code": str(self.code),
            "detail": detail or title,
            "path": self.path,
            **self.extra,
        }
