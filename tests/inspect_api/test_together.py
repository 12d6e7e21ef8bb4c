"""Those who write at the same time share a commit; nobody is answered before it, and a failure is one's own."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from inspect_api.database import Database
from inspect_api.together import Together

Writing = Together[int, str]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'd.db'}")
    with made.write() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)")
    yield made
    made.dispose()


def write(connection: sa.Connection, number: int) -> str:
    connection.exec_driver_sql(f"INSERT INTO t VALUES ({number}, NULL)")
    return f"stored {number}"


def in_turn(one: Callable[[sa.Connection, int], str]) -> Callable[[sa.Connection, Sequence[int]], list[str]]:
    return lambda connection, numbers: [one(connection, number) for number in numbers]


def together(database: Database, one: Callable[[sa.Connection, int], str] = write, *, leaders: int = 1) -> Writing:
    return Together(database, in_turn(one), one, size=lambda _: 1, enough=5, leaders=leaders)


def held(database: Database) -> set[int]:
    with database.read() as connection:
        return set(connection.exec_driver_sql("SELECT a FROM t").scalars())


def do_all_at_once(writing: Writing, numbers: range) -> list[str | Exception]:
    """What each of as many threads was told, all of which waited for the same moment."""
    ready = threading.Barrier(len(numbers))

    def do(number: int) -> str | Exception:
        ready.wait()
        try:
            return writing.do(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(numbers)) as pool:
        return list(pool.map(do, numbers))


@pytest.mark.parametrize("leaders", [1, 3])
def test_nobody_is_answered_before_it_is_durable_and_each_gets_the_own_answer(
    database: Database, tmp_path: Path, leaders: int
) -> None:
    groups: list[int] = []

    def all_of_them(connection: sa.Connection, numbers: Sequence[int]) -> list[str]:
        groups.append(len(numbers))
        return [write(connection, number) for number in numbers]

    writing: Writing = Together(database, all_of_them, write, size=lambda _: 1, enough=5, leaders=leaders)

    def do(number: int) -> str:
        answer = writing.do(number)
        other = sqlite3.connect(tmp_path / "d.db")  # a second connection sees only what is committed
        try:
            assert other.execute("SELECT count(*) FROM t WHERE a = ?", (number,)).fetchone() == (1,)
        finally:
            other.close()
        return answer

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(do, range(400))) == [f"stored {number}" for number in range(400)]
    assert len(groups) < 400
    assert max(groups) == 5  # and nobody waits behind more than is enough


def test_one_failure_fails_alone(database: Database) -> None:
    def picky(connection: sa.Connection, number: int) -> str:
        write(connection, number)
        if number % 3 == 0:
            raise ValueError(number)
        return "stored"

    answers = do_all_at_once(together(database, picky), range(30))
    assert held(database) == {number for number in range(30) if number % 3}
    assert [answer for number, answer in enumerate(answers) if number % 3] == ["stored"] * 20
    assert [answer.args for answer in answers if isinstance(answer, ValueError)] == [(n,) for n in range(0, 30, 3)]


def test_when_the_disk_is_full_nobody_is_told_that_it_is_stored_who_is_not(database: Database) -> None:
    """SQLite then rolls the whole transaction back by itself, also the work of those who share the commit."""
    database.dispose()
    sa.event.listen(database.engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count = 60"))

    def large(connection: sa.Connection, number: int) -> str:
        size = 1_000_000 if number == 5 else 100
        connection.exec_driver_sql(f"INSERT INTO t VALUES ({number}, zeroblob({size}))")
        return "stored"

    answers = do_all_at_once(together(database, large), range(8))
    assert held(database) == {0, 1, 2, 3, 4, 6, 7}
    assert answers.count("stored") == 7
    assert isinstance(answers[5], sa.exc.OperationalError)


def test_work_whose_transaction_cannot_even_begin_fails_and_is_not_done_later(database: Database) -> None:
    refusing = True

    @sa.event.listens_for(database.engine, "begin")
    def refuse(_connection: sa.Connection) -> None:
        if refusing:
            raise sa.exc.OperationalError("BEGIN", {}, Exception("no lock"))

    writing = together(database)
    with pytest.raises(sa.exc.OperationalError):
        writing.do(1)
    refusing = False
    writing.do(2)
    assert held(database) == {2}
