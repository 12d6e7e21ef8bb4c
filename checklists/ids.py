"""Identifiers: UUIDv7 as text, so that they sort by the time they were made."""

import re

import uuid_utils

# The end is spelt so that a line break after it does not pass, in Python as in JavaScript.
UUID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$(?!\n)"
_UUID = re.compile(UUID_PATTERN)


def new_id() -> str:
    """A new UUIDv7 in its canonical text form (36 characters, lower case)."""
    return str(uuid_utils.uuid7())


def is_id(text: str) -> bool:
    return _UUID.match(text) is not None
