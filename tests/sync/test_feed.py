"""No committed row is ever skipped by a cursor, however transactions interleave."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from checklists.ids import new_id
from checklists.tables.columns import table_of
from inspect_api.services import Services
from sync import feed
from sync.messages import FeedItem
from sync.pull import CursorUnknown, pull
from sync.tables import FeedCounter
from tests.databases import both_databases
from tests.world import START

database_kind = both_databases

WRITERS, TRANSACTIONS = 8, 40
SLOW, SLOW_SECONDS = 0.02, 0.3


@dataclass
class Reader:
    """Follows the feed from a cursor, as a tablet does: what it was not given, it never learns."""

    services: Services
    scopes: tuple[str, ...]
    limit: int = 50
    cursor: str | None = None
    rows: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def page(self) -> tuple[list[FeedItem], bool]:
        with self.services.database.read() as connection:
            answer = pull(connection, self.scopes, self.cursor, self.limit, START)
        self.cursor = answer.cursor
        for item in answer.rows:
            self.rows[item.kind, item.id] = None if item.body is None else bytes(item.body).decode()
        return answer.rows, answer.more

    def to_the_end(self) -> None:
        while self.page()[1]:
            pass


@pytest.fixture
def scope() -> str:
    return new_id()


@pytest.fixture
def reader(services: Services, scope: str) -> Reader:
    return Reader(services, (scope,))


def put(services: Services, scope: str, body: str | None, *names: str) -> None:
    with services.database.write() as connection:
        feed.publish(connection, [feed.Entry(scope, "post", name, body) for name in names])


def test_eight_writers_some_of_them_slow_and_a_reader_who_follows(services: Services) -> None:
    scopes = (new_id(), new_id())
    follower, over = Reader(services, scopes), threading.Event()

    def write(number: int) -> set[str]:
        chance, written = random.Random(number), set()
        for _ in range(TRANSACTIONS):
            with services.database.write() as connection:
                pause(chance)
                entries = [feed.Entry(chance.choice(scopes), "post", new_id(), "{}") for _ in range(3)]
                feed.publish(connection, entries)
                pause(chance)  # as long as a commit may take
            written |= {entry.object_id for entry in entries}
        return written

    def pause(chance: random.Random) -> None:
        if chance.random() < SLOW / 2:
            time.sleep(SLOW_SECONDS)

    def follow() -> None:
        while not over.is_set():
            follower.page()

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        following = pool.submit(follow)
        try:
            written = set().union(*pool.map(write, range(WRITERS)))
        finally:
            over.set()
        following.result()
    follower.to_the_end()
    assert {name for _, name in follower.rows} == written
    assert len(written) == WRITERS * TRANSACTIONS * 3


def test_a_number_is_seen_only_together_with_all_smaller_ones(services: Services, scope: str, reader: Reader) -> None:
    """The first of two writers has its number and does not commit; the second cannot overtake it."""
    put(services, scope, "{}", "before")
    with in_the_background(lambda: put(services, scope, "{}", "second")) as second:
        with services.database.write() as connection:
            feed.publish(connection, [feed.Entry(scope, "post", "first", "{}")])
            second.start()
            second.join(0.3)
            reader.to_the_end()
            assert {name for _, name in reader.rows} == {"before"}
        second.join()
    reader.to_the_end()
    assert {name for _, name in reader.rows} == {"before", "first", "second"}


@contextmanager
def in_the_background(work: Callable[[], None]) -> Iterator[threading.Thread]:
    """A thread, not yet begun, that is over at the end."""
    thread = threading.Thread(target=work)
    yield thread
    thread.join()


def test_what_is_written_between_two_pages_comes_with_them_or_after_them(
    services: Services, scope: str, reader: Reader
) -> None:
    reader.limit = 2
    put(services, scope, '{"n":1}', "a", "b", "c", "d", "e")
    assert reader.page()[1]
    put(services, scope, '{"n":2}', "a", "f")  # one that was in the first page, and a new one
    reader.to_the_end()
    assert reader.rows == {("post", name): '{"n":2}' if name in "af" else '{"n":1}' for name in "abcdef"}


@pytest.mark.parametrize("page", ["full", "short"])
def test_the_last_page_loses_nothing_that_comes_right_after_it(
    services: Services, scope: str, reader: Reader, page: str
) -> None:
    reader.limit = 2 if page == "full" else 3
    put(services, scope, "{}", "a", "b")
    reader.to_the_end()
    put(services, scope, "{}", "c")
    reader.to_the_end()
    assert {name for _, name in reader.rows} == {"a", "b", "c"}


def test_what_was_taken_away_last_is_shown_to_nobody_who_begins_anew(
    services: Services, scope: str, reader: Reader
) -> None:
    put(services, scope, "{}", "gone", "back")
    put(services, scope, None, "gone", "back")
    put(services, scope, "{}", "back")
    reader.to_the_end()
    assert reader.rows == {("post", "gone"): None, ("post", "back"): "{}"}


def test_a_lost_answer_costs_one_page_again_and_not_everything(services: Services, scope: str, reader: Reader) -> None:
    reader.limit = 3
    put(services, scope, "{}", *"abcdefgh")
    reader.page()
    kept = reader.cursor
    lost, _ = reader.page()
    reader.cursor = kept
    again, more = reader.page()
    assert [item.id for item in again] == [item.id for item in lost] == list("def")
    assert more


def test_one_read_is_one_snapshot_whatever_is_committed_meanwhile(
    services: Services, scope: str, reader: Reader
) -> None:
    """So that counters and rows of a page belong together, and a page of scorecards is of one moment."""
    put(services, scope, "{}", "a")
    with services.database.read() as connection:
        first = pull(connection, (scope,), None, 50, START)
        put(services, scope, "{}", "b")
        assert pull(connection, (scope,), first.cursor, 50, START).rows == []
    reader.to_the_end()
    assert {name for _, name in reader.rows} == {"a", "b"}


def test_who_waits_for_a_scope_does_not_wait_for_ever(services: Services) -> None:
    """A session that is stuck costs the others a retry and not their workers."""
    with services.database.write() as connection:
        question = "PRAGMA busy_timeout" if services.database.is_sqlite else "SHOW lock_timeout"
        assert connection.exec_driver_sql(question).scalar_one() in (30_000, "10s")


def test_a_cursor_from_a_future_that_a_backup_does_not_know_is_not_taken(
    services: Services, scope: str, reader: Reader
) -> None:
    """Also when nobody has run the command that follows a restore."""
    put(services, scope, "{}", "a", "b")
    reader.to_the_end()
    with services.database.write() as connection:
        connection.execute(
            table_of(FeedCounter).update().where(table_of(FeedCounter).c.scope_id == scope).values(last_seq=1)
        )
    with pytest.raises(CursorUnknown):
        reader.page()
