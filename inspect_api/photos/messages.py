"""What the service and the process that opens photos say to each other."""

from msgspec import Struct

from inspect_api.photos.pipeline import ProcessedPhoto, Refusal


class Job(Struct, frozen=True):
    """``path``: of the file that was sent."""

    path: str
    max_pixels: int


class Answer(Struct, frozen=True, omit_defaults=True):
    """One of the three. ``trouble``: of the machine; the photo may be as good as any."""

    photo: ProcessedPhoto | None = None
    refusal: Refusal | None = None
    trouble: str | None = None
