"""How much of what has arrived of an inspection a published version had seen."""

from collections.abc import Sequence
from hashlib import sha256


def seen_by(revision: str, change_ids: Sequence[str]) -> int | None:
    """The first so many of ``change_ids``, which are in the order of arrival, are what ``revision`` is the hash of.

    None when no beginning of them is. A push brings changes together, so every state that was ever seen is one.
    """
    for end in range(len(change_ids), 0, -1):
        if sha256("\n".join(sorted(change_ids[:end])).encode()).hexdigest() == revision:
            return end
    return None
