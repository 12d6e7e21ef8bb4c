"""The lines of an export: JSON, one object a line, told apart by ``kind``. ``docs/export.md`` explains each.

Bodies (of changes, template revisions, scorecards) are texts within the JSON: the bytes that were hashed are the bytes
that are exported.
"""

from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct

FORMAT = 1


class Header(Struct, frozen=True, tag_field="kind", tag="export", forbid_unknown_fields=True):
    """The first line. ``weeks``: ISO weeks, the earliest first."""

    format: int
    organisation_id: str
    organisation: str
    site_id: str
    site: str
    zone: str
    weeks: list[str]
    made_at: datetime


class Zone(Struct, frozen=True, tag_field="kind", tag="site", forbid_unknown_fields=True):
    """A site of the organisation; an inspection's week was told by the zone of the site where it was made."""

    id: str
    zone: str


class Rules(Struct, frozen=True, tag_field="kind", tag="rules", forbid_unknown_fields=True):
    """The scoring rules of a week: pinned once it was published."""

    week: str
    pinned: bool
    rules: msgspec.Raw


class Revision(Struct, frozen=True, tag_field="kind", tag="template_revision", forbid_unknown_fields=True):
    id: str
    sha256: str
    body: str


class Employee(Struct, frozen=True, tag_field="kind", tag="employee", forbid_unknown_fields=True):
    """``here``: of this site now, so that there is a ``current`` line for each week of theirs."""

    id: str
    number: str
    name: str
    here: bool
    employed_from: date
    employed_until: date | None


class Absence(Struct, frozen=True, tag_field="kind", tag="absence", forbid_unknown_fields=True):
    employee_id: str
    first_day: date
    last_day: date


class Responsibility(Struct, frozen=True, tag_field="kind", tag="responsibility", forbid_unknown_fields=True):
    workspace_id: str
    employee_id: str
    starts_at: datetime
    ends_at: datetime | None


class ExportedChange(Struct, frozen=True, forbid_unknown_fields=True):
    """``body``: the change as it was stored; ``digest``: its SHA-256. ``erased``: a person's data were erased since, so
    that words are missing of it; its answers are not, and the digest is that of the whole."""

    body: str
    digest: str
    author_id: str
    skew_ms: int | None
    received_at: datetime
    erased: bool = False


class ExportedDecision(Struct, frozen=True, forbid_unknown_fields=True):
    decision: str
    counts: bool
    at: datetime


class ReviewTime(Struct, frozen=True, forbid_unknown_fields=True):
    """From ``opened_at`` until before ``answered_at`` a dispute about the inspection was open."""

    opened_at: datetime
    answered_at: datetime | None


class Inspection(Struct, frozen=True, tag_field="kind", tag="inspection", forbid_unknown_fields=True):
    """``photos``: SHA-256 of the declared photos that have arrived."""

    id: str
    site_id: str
    changes: list[ExportedChange]
    photos: list[str]
    decisions: list[ExportedDecision]
    reviews: list[ReviewTime]


class Scorecard(Struct, frozen=True, tag_field="kind", tag="scorecard", forbid_unknown_fields=True):
    """A published version, as it was published. ``reasons``: its causes, by their names."""

    employee_id: str
    week: str
    version: int
    total: str | None
    grade: str | None
    digest: str
    body: str
    reasons: list[str]
    published_at: datetime


class Current(Struct, frozen=True, tag_field="kind", tag="current", forbid_unknown_fields=True):
    """A week as it stood when the export was made, with everything that had arrived."""

    employee_id: str
    week: str
    digest: str
    body: str


class End(Struct, frozen=True, tag_field="kind", tag="end", forbid_unknown_fields=True):
    """The last line. ``lines``: how many stand before it; ``sha256``: of all their bytes."""

    lines: int
    sha256: str


Line = Header | Zone | Rules | Revision | Employee | Absence | Responsibility | Inspection | Scorecard | Current | End
_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Line)


def encode(line: Line) -> bytes:
    return _ENCODER.encode(line) + b"\n"


def decode(text: bytes) -> Line:
    """msgspec.DecodeError, or its ValidationError, for what is no line of an export."""
    line: Line = _DECODER.decode(text)
    return line
