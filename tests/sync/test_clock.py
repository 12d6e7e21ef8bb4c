"""The hybrid clock: what a tablet relies on when its battery has died and its calendar is wrong."""

from hypothesis import given
from hypothesis import strategies as st

from sync.clock import HybridClock, milliseconds_of, replica_of, stamp_text

A, B = "018f0000-0000-7000-8000-00000000000a", "018f0000-0000-7000-8000-00000000000b"
wall = st.integers(-(10**13), 10**14)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("tick"), wall),
        st.tuples(st.just("observe"), st.builds(stamp_text, st.integers(0, 10**14), st.integers(0, 65535), st.just(B))),
    ),
    max_size=60,
)


@given(steps)
def test_a_stamp_is_greater_than_all_that_were_made_or_seen_whatever_the_wall_clock_says(
    sequence: list[tuple[str, object]],
) -> None:
    clock, greatest = HybridClock(A), ""
    for action, argument in sequence:
        if action == "tick":
            assert isinstance(argument, int)
            stamp = clock.tick(argument)
            assert stamp > greatest
            assert milliseconds_of(stamp) >= argument
        else:
            stamp = str(argument)
            clock.observe(stamp)
        greatest = max(greatest, stamp)


@given(steps, steps)
def test_a_clock_that_was_kept_goes_on_as_if_there_had_been_no_restart(
    before: list[tuple[str, object]], after: list[tuple[str, object]]
) -> None:
    through, restarted = HybridClock(A), HybridClock(A)
    _take(through, before)
    _take(restarted, before)
    restarted = HybridClock(A, restarted.milliseconds, restarted.counter)
    assert _take(through, after) == _take(restarted, after)


def _take(clock: HybridClock, sequence: list[tuple[str, object]]) -> list[str]:
    stamps = []
    for action, argument in sequence:
        if action == "tick":
            stamps.append(clock.tick(int(str(argument))))
        else:
            clock.observe(str(argument))
    return stamps


def test_a_thousand_taps_in_a_moment_are_a_thousand_stamps_in_order() -> None:
    clock = HybridClock(A)
    stamps = [clock.tick(1_795_147_200_000) for _ in range(70_000)]
    assert sorted(set(stamps)) == stamps
    assert replica_of(stamps[-1]) == A
