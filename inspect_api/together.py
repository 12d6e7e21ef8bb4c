"""Work that arrives at the same time is done together: one transaction, one durable commit, for many who wait."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import sqlalchemy as sa

from inspect_api.database import Database

T = TypeVar("T")
R = TypeVar("R")


class _Waiting(Generic[T, R]):
    """One piece of work whose bringer waits, and what became of it."""

    def __init__(self, work: T) -> None:
        self.work = work
        self.result: R
        self.error: BaseException | None = None
        self.settled = threading.Event()


class Together(Generic[T, R]):
    """Does ``all_at_once`` with all the work that waits; where that fails, each piece alone with ``alone``.

    Whoever comes first leads: they do what the others brought meanwhile, too. Nobody's ``do`` returns before the commit
    that their work is in. ``all_at_once``: gives one result for each piece of work, in order. ``size``: of a piece; a
    transaction takes pieces until ``enough`` is reached, so that nobody waits behind more than that. ``leaders``: how
    many transactions may run at the same time.
    """

    def __init__(
        self,
        database: Database,
        all_at_once: Callable[[sa.Connection, Sequence[T]], Sequence[R]],
        alone: Callable[[sa.Connection, T], R],
        size: Callable[[T], int],
        enough: int,
        leaders: int,
    ) -> None:
        self._database = database
        self._all_at_once = all_at_once
        self._alone = alone
        self._size = size
        self._enough = enough
        self._leading = threading.Semaphore(leaders)
        self._waiting: deque[_Waiting[T, R]] = deque()

    def do(self, work: T) -> R:
        """Gives the result once it is durable. Raises what ``alone`` or the database raised."""
        mine: _Waiting[T, R] = _Waiting(work)
        self._waiting.append(mine)
        with self._leading:
            while not mine.settled.is_set() and self._lead():
                pass
        mine.settled.wait()  # nothing waits any more, so another leader has it in hand
        if mine.error is not None:
            raise mine.error
        return mine.result

    def _lead(self) -> bool:
        """Do some of what waits; False when nothing does."""
        group = self._take()
        try:
            if group and not self._did_all(group):
                for entry in group:
                    self._do_alone(entry)
        except BaseException as error:
            for entry in group:
                entry.error = entry.error or error
            raise
        finally:
            for entry in group:
                entry.settled.set()
        return bool(group)

    def _take(self) -> list[_Waiting[T, R]]:
        group: list[_Waiting[T, R]] = []
        total = 0
        while total < self._enough:
            try:
                entry = self._waiting.popleft()
            except IndexError:
                break
            group.append(entry)
            total += self._size(entry.work)
        return group

    def _did_all(self, group: list[_Waiting[T, R]]) -> bool:
        try:
            with self._database.write() as connection:
                results = self._all_at_once(connection, [entry.work for entry in group])
        except Exception:  # whose fault it is shows when each is done alone
            return False
        for entry, result in zip(group, results, strict=True):
            entry.result = result
        return True

    def _do_alone(self, entry: _Waiting[T, R]) -> None:
        try:
            with self._database.write() as connection:
                result = self._alone(connection, entry.work)
            entry.result = result
        except Exception as error:
            entry.error = error
