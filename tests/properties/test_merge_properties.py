"""Random histories of several replicas: whatever arrives in whatever order, all see the same, and nothing is lost.

The oracle knows who had seen what when they wrote, which the merge has to find out from ``supersedes`` alone.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import paths
from sync.clock import HybridClock, replica_of
from sync.merge import Live, conflicts, merge
from sync.messages import Change
from sync.projection import StoredChange, project_changes
from sync.revisions import LoadedRevision
from sync.tablet.views import as_changes
from tests.worked_numbers import GROOMING, ZONE

START_MS = 1_795_147_200_000
REVISION = LoadedRevision("018f0000-0000-7000-8000-000000000100", msgspec.json.encode(GROOMING).decode())
PATHS = [paths.RESPONSES + f"worked_grooming.{key}" for key in ("hair", "shoes", "radio")] + [paths.SUBMITTED]
VALUES: list[Any] = [{"value": "pass"}, {"value": "fail"}, {"value": "not_applicable", "note": "维修中"}, None]
EVERYTHING_ELSE = {
    **{paths.RESPONSES + item.key: {"value": "pass"} for item in GROOMING.items()[1:]},
    paths.RESPONSES + "worked_grooming.uniform": {"value": "full"},
    paths.TEMPLATE_REVISION: REVISION.id,
    paths.EMPLOYEE: "018f0000-0000-7000-8000-000000000200",
    paths.CAPTURED_AT: "2026-11-20T12:00:00+08:00",
}


@dataclass
class Replica:
    clock: HybridClock
    wall_ms: int
    known: dict[str, Change] = field(default_factory=dict)


@dataclass
class History:
    """``knew``: change id → ids of the changes that its replica knew when it wrote."""

    replicas: list[Replica]
    server: dict[str, Change] = field(default_factory=dict)
    all: dict[str, Change] = field(default_factory=dict)
    knew: dict[str, set[str]] = field(default_factory=dict)

    def write(self, replica: Replica, fields: dict[str, Any]) -> None:
        live = merge(replica.known.values())
        seen = {path: sorted({write.stamp for write in live.get(path, ())}) for path in fields}
        number = len(self.all)
        change = Change(
            id=f"018f3333-0000-7000-8000-{number:012x}",
            inspection_id="018f1111-0000-7000-8000-000000000001",
            site_id="018f2222-0000-7000-8000-000000000001",
            stamp=replica.clock.tick(replica.wall_ms),
            captured_at=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=max(0, replica.wall_ms)),
            fields=fields,
            supersedes={path: stamps for path, stamps in seen.items() if stamps},
            reason=None,
        )
        self.knew[change.id] = set(replica.known)
        replica.known[change.id] = self.all[change.id] = change

    def own(self, replica: Replica) -> list[Change]:
        return [c for c in replica.known.values() if replica_of(c.stamp) == replica.clock.replica_id]

    def learn(self, replica: Replica, changes: list[Change]) -> None:
        for change in changes:
            replica.clock.observe(change.stamp)
            replica.known[change.id] = change


actions = st.one_of(
    st.tuples(
        st.just("write"),
        st.integers(0, 3),
        st.dictionaries(st.sampled_from(PATHS[:3]), st.sampled_from(VALUES), min_size=1),
    ),
    st.tuples(st.sampled_from(["submit", "void", "resolve"]), st.integers(0, 3), st.none()),
    st.tuples(st.sampled_from(["push", "push newest"]), st.integers(0, 3), st.integers(1, 10)),
    st.tuples(st.just("pull"), st.integers(0, 3), st.none()),
    st.tuples(
        st.just("clock"), st.integers(0, 3), st.sampled_from([1, 60_000, -60_000, 10 * 31_536_000_000, -(10**13)])
    ),
)


@st.composite
def histories(draw: st.DrawFn) -> History:
    history = History(
        [
            Replica(HybridClock(f"018f0000-0000-7000-8000-{number:012x}"), START_MS + number * 7_000)
            for number in range(4)
        ]
    )
    history.write(history.replicas[0], EVERYTHING_ELSE)
    for action, number, argument in draw(st.lists(actions, max_size=40)):
        replica = history.replicas[number]
        match action:
            case "write":
                history.write(replica, argument)
            case "submit":
                history.write(replica, {paths.SUBMITTED: True})
            case "void":
                history.write(replica, {paths.VOID: True})
            case "resolve":
                live = merge(replica.known.values())
                if disputed := conflicts(live):
                    history.write(replica, {path: live[path][0].value for path in disputed})
            case "push":
                history.server |= {c.id: c for c in history.own(replica)[:argument]}
            case "push newest":  # as where an earlier one met an error: the beginning may come last of all
                history.server |= {c.id: c for c in history.own(replica)[-argument:]}
            case "pull":
                history.learn(replica, list(history.server.values()))
            case "clock":
                replica.wall_ms += argument
    return history


def values(live: Live) -> dict[str, list[tuple[str, str]]]:
    return {
        path: [(write.stamp, msgspec.json.encode(write.value, order="sorted").decode()) for write in writes]
        for path, writes in live.items()
    }


@given(histories(), st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_order_duplication_and_splitting_change_nothing(history: History, chance: random.Random) -> None:
    changes = list(history.all.values())
    stored = [StoredChange(change, "author") for change in changes]
    whole = project_changes(stored, REVISION, ZONE, frozenset())
    twice = stored + chance.sample(stored, chance.randint(0, len(stored)))
    chance.shuffle(twice)
    assert project_changes(twice, REVISION, ZONE, frozenset()) == whole
    # In two heaps that overlap, each merged on its own first, as two servers would: their union is all that counts.
    cut = chance.randint(0, len(changes))
    left, right = {c.id: c for c in changes[: cut + 1]}, {c.id: c for c in changes[cut:]}
    merge(left.values())
    assert merge((right | left).values()) == merge(changes)


@given(histories())
@settings(max_examples=150)
def test_a_write_is_superseded_exactly_when_somebody_who_knew_it_wrote_again(history: History) -> None:
    changes = history.all
    live = merge(changes.values())
    for key, change in changes.items():
        for path in change.fields:
            followers = [other for other in changes.values() if path in other.fields and key in history.knew[other.id]]
            is_live = any(write.change_id == key for write in live.get(path, ()))
            assert is_live == (not followers)
            assert all(change.stamp < follower.stamp for follower in followers)


@given(histories())
@settings(max_examples=100)
def test_nothing_that_was_written_is_ever_absent(history: History) -> None:
    """Each path that anybody wrote has a value that counts, and it is the newest of what nobody has superseded."""
    live = merge(history.all.values())
    written = {path for change in history.all.values() for path in change.fields}
    assert live.keys() == written
    for writes in live.values():
        assert writes[0].stamp == max(write.stamp for write in writes)


@given(histories())
@settings(max_examples=150)
def test_a_tablet_sees_with_the_pulled_view_what_it_would_see_with_every_change(history: History) -> None:
    """Views carry live writes only; together with the own unsent changes that is as good as the whole set."""
    server = [StoredChange(change, "author") for change in history.server.values()]
    view = project_changes(server, REVISION, ZONE, frozenset()).view
    for replica in history.replicas:
        unsent = [change for change in history.own(replica) if change.id not in history.server]
        by_view = merge([*as_changes("inspection", "site", view), *unsent])
        by_changes = merge([*history.server.values(), *unsent])
        assert values(by_view) == values(by_changes)


@given(histories())
@settings(max_examples=60)
def test_after_everybody_has_synced_all_see_the_same(history: History) -> None:
    history.server = dict(history.all)
    for replica in history.replicas:
        history.learn(replica, list(history.server.values()))
    views = [
        project_changes([StoredChange(c, "author") for c in replica.known.values()], REVISION, ZONE, frozenset())
        for replica in history.replicas
    ]
    assert all(view == views[0] for view in views)
