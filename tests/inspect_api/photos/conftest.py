"""Photos for every test of this folder."""

from tests.photo_fixtures import shared_photos

__all__ = ["shared_photos"]
