"""The merge at its edges; its rules case by case are in tests/vectors, what it promises in tests/properties."""

from datetime import UTC, datetime
from typing import Any

from sync.clock import stamp_text
from sync.merge import conflicts, merge, value_of
from sync.messages import Change

A, B = "018f0000-0000-7000-8000-00000000000a", "018f0000-0000-7000-8000-00000000000b"
PATH = "responses/grooming.hair.length"


def change(number: int, replica: str, fields: dict[str, Any], seen: tuple[str, ...] = ()) -> Change:
    return Change(
        id=f"018f3333-0000-7000-8000-{number:012x}",
        inspection_id="018f1111-0000-7000-8000-000000000001",
        site_id="018f2222-0000-7000-8000-000000000001",
        stamp=stamp_text(1_795_147_200_000 + number, 0, replica),
        captured_at=datetime(2026, 11, 20, 4, tzinfo=UTC),
        fields=fields,
        supersedes={PATH: list(seen)} if seen else {},
    )


def test_a_path_that_nobody_wrote_has_no_value() -> None:
    assert value_of(merge([]), PATH) is None
    assert conflicts(merge([])) == []


def test_the_greatest_stamp_counts_until_somebody_decides() -> None:
    first, second = change(1, A, {PATH: "a"}), change(2, B, {PATH: "b"})
    live = merge([second, first])
    assert value_of(live, PATH) == "b"
    assert [write.value for write in live[PATH]] == ["b", "a"]
    decided = change(3, A, {PATH: "a"}, seen=(first.stamp, second.stamp))
    assert conflicts(merge([first, second, decided])) == []
    assert value_of(merge([decided, second, first]), PATH) == "a"


def test_a_resolution_does_not_swallow_a_write_that_it_had_not_seen() -> None:
    first, second = change(1, A, {PATH: "a"}), change(2, B, {PATH: "b"})
    decided, late = change(4, A, {PATH: "a"}, seen=(first.stamp, second.stamp)), change(3, B, {PATH: "c"})
    live = merge([first, second, late, decided])
    assert conflicts(live) == [PATH]
    assert {write.value for write in live[PATH]} == {"a", "c"}


def test_two_hundred_tablets_that_write_at_once_all_stay_visible_until_one_has_seen_them_all() -> None:
    writes = [change(number, f"018f0000-0000-7000-8000-{number:012x}", {PATH: number}) for number in range(200)]
    assert len(merge(writes)[PATH]) == 200
    decided = change(500, A, {PATH: 7}, seen=tuple(write.stamp for write in writes))
    assert [write.value for write in merge([*writes, decided])[PATH]] == [7]
