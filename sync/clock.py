"""The hybrid logical clock: stamps that sort as text and never run behind what their maker has seen.

A stamp is ``{milliseconds since 1970, 12 hex digits}-{counter, 4 hex digits}-{replica id}``. Kulkarni et al., "Logical
Physical Clocks" (2014). Unlike there, a stamp from the future is never refused: a tablet whose battery died believes
any date, and refusing its writes would lose work. Causal order comes from ``supersedes``, not from the stamp; the
stamp only settles which of several unreconciled writes counts until somebody decides.
"""

from dataclasses import dataclass

from checklists.ids import UUID_PATTERN

# The highest sixteenth of the range (from the year 9774) is never written by a wall clock and is refused: a forged
# stamp at the very top would leave every clock that has seen it nothing greater to write.
STAMP_PATTERN = r"^[0-9a-e][0-9a-f]{11}-[0-9a-f]{4}-" + UUID_PATTERN.removeprefix("^")
_MAX_MILLISECONDS = 0xE000_0000_0000 - 1
_MAX_COUNTER = (1 << 16) - 1
_REPLICA_AT = 18


def stamp_text(milliseconds: int, counter: int, replica_id: str) -> str:
    return f"{milliseconds:012x}-{counter:04x}-{replica_id}"


def replica_of(stamp: str) -> str:
    """The id of the replica that made the stamp."""
    return stamp[_REPLICA_AT:]


def milliseconds_of(stamp: str) -> int:
    return int(stamp[:12], 16)


@dataclass
class HybridClock:
    """The clock of one replica. ``milliseconds`` and ``counter`` are the last stamp's; keep them over a restart."""

    replica_id: str
    milliseconds: int = 0
    counter: int = -1

    def tick(self, now_ms: int) -> str:
        """A new stamp, greater than every stamp made or observed before. ``now_ms``: the device's wall clock."""
        now_ms = max(0, min(now_ms, _MAX_MILLISECONDS))
        if now_ms > self.milliseconds:
            self.milliseconds, self.counter = now_ms, 0
        elif self.counter < _MAX_COUNTER:
            self.counter += 1
        else:  # 65,536 stamps while the wall clock stood still or lay behind: borrow a millisecond
            self.milliseconds, self.counter = self.milliseconds + 1, 0
        return stamp_text(self.milliseconds, self.counter, self.replica_id)

    def observe(self, stamp: str) -> None:
        """Take note of a stamp that was seen, so that the next one is greater."""
        seen = (milliseconds_of(stamp), int(stamp[13:17], 16))
        if seen > (self.milliseconds, self.counter):
            self.milliseconds, self.counter = seen
