"""The merge: an inspection is a set of changes, its view a pure function of that set.

Per path, the writes that no known write supersedes are *live*. One live value: that is the value. Several different
ones: a conflict; the greatest stamp counts and the others stay visible until a write supersedes them all. Because the
result depends on the set alone, merging is commutative, associative and idempotent, and order of arrival is nothing.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from sync.messages import Change


class Write(Struct, frozen=True):
    """One value of one path; sorts by stamp, then by change id (a stamp used twice stays two writes)."""

    stamp: str
    change_id: str
    value: Any


Live = dict[str, tuple[Write, ...]]
"""Path → its live writes, greatest first; the first one counts."""


def merge(changes: Iterable[Change]) -> Live:
    """The live writes of every path. The same change twice is the same as once."""
    by_id = {change.id: change for change in changes}
    if len(by_id) == 1:  # most inspections are one change; nothing can supersede it
        (change,) = by_id.values()
        return {path: (Write(change.stamp, change.id, value),) for path, value in change.fields.items()}
    superseded: dict[str, set[str]] = {}
    for change in by_id.values():
        for path, stamps in change.supersedes.items():
            if path in change.fields:
                # Nobody can have seen a stamp that is not smaller than their own; such an entry is ignored, or two
                # forged changes could erase each other.
                superseded.setdefault(path, set()).update(stamp for stamp in stamps if stamp < change.stamp)
    live: dict[str, list[Write]] = {}
    for change in by_id.values():
        for path, value in change.fields.items():
            if change.stamp not in superseded.get(path, ()):
                live.setdefault(path, []).append(Write(change.stamp, change.id, value))
    return {path: tuple(sorted(writes, key=_order, reverse=True)) for path, writes in sorted(live.items())}


def _order(write: Write) -> tuple[str, str]:
    return write.stamp, write.change_id


def value_of(live: Live, path: str) -> Any:
    """The value that counts, or None."""
    writes = live.get(path)
    return writes[0].value if writes else None


def conflicts(live: Live) -> list[str]:
    """The paths with several different live values, sorted."""
    return sorted(path for path, writes in live.items() if len(writes) > 1 and not _all_equal(writes))


def _all_equal(writes: tuple[Write, ...]) -> bool:
    # Compared as canonical JSON: in Python 1 == True == 1.0, on the wire they are different values.
    return len({msgspec.json.encode(write.value, order="deterministic") for write in writes}) == 1
