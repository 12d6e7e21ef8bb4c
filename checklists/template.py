"""What a checklist template is.

A template is data: one YAML file in ``checklists/templates/`` that ``template_loader`` reads into these structures.
A published template revision is the same structure, stored as JSON, and never changes; an inspection keeps the
revision it began with. Keys are stable for ever and never reused; the order of the file is the order of display.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

Key = Annotated[str, Meta(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$", max_length=80)]
"""A stable dotted name, such as ``grooming.hair.length``."""

Text = Annotated[str, Meta(min_length=1, max_length=400)]


class Dimension(StrEnum):
    """What a template judges; a scorecard has one score for each."""

    GROOMING = "grooming"
    POST_STANDING = "post_standing"
    WORKSPACE_5S = "workspace_5s"


class Method(StrEnum):
    """How a template makes its score: a template is one kind or the other (SCORING §1)."""

    WEIGHTED = "weighted"
    DEDUCTION = "deduction"


class Subject(StrEnum):
    """Whom one inspection is about."""

    EMPLOYEE = "employee"
    WORKSPACE = "workspace"


class PostType(StrEnum):
    FRONT_DESK = "front_desk"
    WINDOW_CLERK = "window_clerk"
    CASHIER = "cashier"
    SECURITY_GUARD = "security_guard"
    CEREMONIAL_POST = "ceremonial_post"
    TRAFFIC_POST = "traffic_post"
    OFFICE_STAFF = "office_staff"


class DressVariant(StrEnum):
    """The variant of the dress code that an employee is assigned; it does not follow from their sex."""

    TROUSERS = "trousers"
    SKIRT = "skirt"


class Season(StrEnum):
    SUMMER = "summer"
    WINTER = "winter"


class When(StrEnum):
    """When a photo or a note is required."""

    NEVER = "never"
    ON_FAIL = "on_fail"
    ALWAYS = "always"


class Bilingual(Struct, frozen=True, forbid_unknown_fields=True):
    zh: Text
    en: Text


class PassFail(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="pass_fail"):
    """Response ``"pass"`` or ``"fail"``."""


class RatingLevel(Struct, frozen=True, forbid_unknown_fields=True):
    level: int
    text: Bilingual


class Rating(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="rating"):
    """Response: a whole number 0..max. ``levels`` describes every one of them, lowest first."""

    max: Annotated[int, Meta(ge=1, le=10)]
    levels: tuple[RatingLevel, ...]


class ChoiceOption(Struct, frozen=True, forbid_unknown_fields=True):
    key: Key
    text: Bilingual
    points: Annotated[int, Meta(ge=0, le=1000)]


class Choice(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="choice"):
    """Response: the key of one option. The value is its points over the highest points."""

    options: Annotated[tuple[ChoiceOption, ...], Meta(min_length=2)]


class Measurement(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="measurement"):
    """Response: a decimal number as text (``"12.5"``), in ``unit``; it passes within minimum..maximum."""

    unit: Text
    minimum: str | None = None
    maximum: str | None = None


class Deduction(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="deduction"):
    """Response: how often the fault was seen, 0..99. Each time costs ``points``, together never more than ``cap``."""

    points: Annotated[int, Meta(ge=1, le=100)]
    cap: Annotated[int, Meta(ge=1, le=100)]


ResponseKind = PassFail | Rating | Choice | Measurement | Deduction


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a rule comes from: the document's file name and the clause or heading in it."""

    document: Text
    clause: Text


class AppliesTo(Struct, frozen=True, forbid_unknown_fields=True):
    """Empty means everyone. ``season`` is the site's setting for the time of the inspection."""

    post_types: tuple[PostType, ...] = ()
    dress_variants: tuple[DressVariant, ...] = ()
    seasons: tuple[Season, ...] = ()


class Item(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule that a supervisor judges by looking, in seconds.

    ``weight`` counts in weighted templates only. ``critical``: failing it caps the inspection (★).
    ``disagreement`` says where documents differ and that the stricter one was taken.
    """

    key: Key
    text: Bilingual
    response: ResponseKind
    source: Annotated[tuple[Source, ...], Meta(min_length=1)]
    weight: Annotated[int, Meta(ge=0, le=100)] = 1
    standard: Bilingual | None = None
    taboo: Bilingual | None = None
    look_at: Bilingual | None = None
    photo_cue: Bilingual | None = None
    disagreement: Bilingual | None = None
    applies_to: AppliesTo = AppliesTo()
    critical: bool = False
    required: bool = True
    photo: When = When.NEVER
    note: When = When.NEVER


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    key: Key
    title: Bilingual
    items: Annotated[tuple[Item, ...], Meta(min_length=1)]


class Template(Struct, frozen=True, forbid_unknown_fields=True):
    """One checklist. ``critical_cap``: points; ``low_coverage_below``: per cent of the weight."""

    key: Key
    title: Bilingual
    dimension: Dimension
    method: Method
    subject: Subject
    sections: Annotated[tuple[Section, ...], Meta(min_length=1)]
    critical_cap: Annotated[int, Meta(ge=0, le=100)] = 59
    low_coverage_below: Annotated[int, Meta(ge=0, le=100)] = 60
    introduction: Bilingual | None = field(default=None)

    def items(self) -> tuple[Item, ...]:
        """All items in the order of display."""
        return tuple(item for section in self.sections for item in section.items)
