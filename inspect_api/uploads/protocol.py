"""The headers of tus 1.0.0, read and written. https://tus.io/protocols/resumable-upload (version 1.0.0)"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from inspect_api.problems import Code, Problem

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
CHECKSUMS = {"sha256": 32, "sha1": 20}
"""Algorithm → bytes of its digest; the first is what we recommend."""
CONTENT_TYPE = "application/offset+octet-stream"

_NUMBER = re.compile(r"\d{1,15}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_VERSION_HEADERS = {"tus-version": VERSION}


@dataclass(frozen=True)
class Checksum:
    """``digest``: of the body of one request."""

    algorithm: str
    digest: bytes


def options(max_bytes: int) -> dict[str, str]:
    """What this server can do. ``max_bytes``: the largest upload."""
    return {
        "tus-version": VERSION,
        "tus-extension": EXTENSIONS,
        "tus-max-size": str(max_bytes),
        "tus-checksum-algorithm": ",".join(CHECKSUMS),
    }


def require_version(headers: Mapping[str, str]) -> None:
    if headers.get("tus-resumable") != VERSION:
        raise Problem(
            Code.TUS_VERSION,
            f"请求头 Tus-Resumable 须为 {VERSION}",
            f"The header Tus-Resumable must be {VERSION}",
            headers=_VERSION_HEADERS,
        )


def require_content_type(headers: Mapping[str, str]) -> None:
    if headers.get("content-type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise Problem(Code.UNSUPPORTED_MEDIA_TYPE, f"须为 {CONTENT_TYPE}", f"It must be {CONTENT_TYPE}")


def upload_length(headers: Mapping[str, str], max_bytes: int) -> int:
    """The announced size of the whole upload in bytes."""
    if "upload-defer-length" in headers:
        raise _malformed("不支持 Upload-Defer-Length", "Upload-Defer-Length is not supported", "Upload-Length")
    length = _number(headers, "Upload-Length")
    if length > max_bytes:
        raise Problem(
            Code.BODY_TOO_LARGE,
            f"照片不得超过 {max_bytes} 字节",
            f"A photo has at most {max_bytes} bytes",
            extra={"limit": max_bytes, "received": length},
        )
    return length


def upload_offset(headers: Mapping[str, str]) -> int:
    return _number(headers, "Upload-Offset")


def declared_sha256(headers: Mapping[str, str]) -> str:
    """The hash of the whole photo, in hex, from ``Upload-Metadata``."""
    value = parse_metadata(headers.get("upload-metadata", "")).get("sha256", "").lower()
    if not _SHA256.fullmatch(value):
        raise _malformed(
            "Upload-Metadata 须含 sha256（64 位十六进制）",
            "Upload-Metadata must have sha256 (64 hex digits)",
            "Upload-Metadata",
        )
    return value


def parse_metadata(text: str) -> dict[str, str]:
    """``key base64, key base64, key``: keys are unique, a value may be absent."""
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key, _, encoded = pair.partition(" ")
        try:
            value = base64.b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise _malformed(f"{key} 不是 Base64", f"{key} is not Base64", "Upload-Metadata") from error
        if key in found:
            raise _malformed(f"{key} 重复", f"{key} stands there twice", "Upload-Metadata")
        found[key] = value
    return found


def checksum(headers: Mapping[str, str]) -> Checksum | None:
    """``algorithm base64`` of the body, where the client sent one."""
    text = headers.get("upload-checksum")
    if text is None:
        return None
    algorithm, _, encoded = text.strip().partition(" ")
    if algorithm not in CHECKSUMS:
        known = ", ".join(CHECKSUMS)
        raise _malformed(f"校验算法须为 {known}", f"The checksum algorithm is one of {known}", "Upload-Checksum")
    try:
        digest = base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != CHECKSUMS[algorithm]:
        raise _malformed("校验值格式不正确", "The checksum is not one", "Upload-Checksum")
    return Checksum(algorithm, digest)


def http_date(instant: datetime) -> str:
    """``instant``: aware, in UTC."""
    return format_datetime(instant, usegmt=True)


def _number(headers: Mapping[str, str], name: str) -> int:
    text = headers.get(name.lower(), "")
    if not _NUMBER.fullmatch(text):
        raise _malformed(f"请求头 {name} 须为非负整数", f"The header {name} must be a whole number", name)
    return int(text)


def _malformed(zh: str, en: str, header: str) -> Problem:
    return Problem(Code.MALFORMED, zh, en, f"/headers/{header}")
