"""One run over all systems, turn by turn (A B C, A B C): on a machine that others use, only what was measured in the
same minutes may be compared."""

import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from benchmarks.peers.system import Client, System

PER_PUSH = 25
MANY = 8
PULLED = 10_000
_EMPTY_PULLS = 100
_WARM = 8
_POLL_SECONDS = 0.02


@dataclass
class Result:
    """``pushed``: connections → records a second, one for each round. Times in seconds."""

    pushed: dict[int, list[float]] = field(default_factory=lambda: {1: [], MANY: []})
    pulls: list[float] = field(default_factory=list)
    wire: int = 0
    empty: list[float] = field(default_factory=list)
    sent: int = 0
    lost: int = 0
    followed: int = 0
    skipped: int = 0


class Turn:
    """Batches over several connections at once; bodies are made before the clock runs."""

    def __init__(self, system: System, batches: int, connections: int) -> None:
        self._system = system
        self._clients = [system.connect() for _ in range(connections)]
        share = max(1, batches // connections)
        self._bodies = [[client.body(system.records(PER_PUSH)) for _ in range(share)] for client in self._clients]
        self.sent = share * connections * PER_PUSH
        self.acknowledged: set[str] = set()

    def run(self) -> float:
        """Records a second, as acknowledged."""
        began = time.perf_counter()
        with ThreadPoolExecutor(len(self._clients)) as pool:
            told = list(pool.map(self._send, self._clients, self._bodies))
        seconds = time.perf_counter() - began
        for keys in told:
            self.acknowledged |= keys
        if not self.acknowledged:
            raise RuntimeError(f"{self._system.name} takes nothing")
        self._system.acknowledged |= self.acknowledged
        return len(self.acknowledged) / seconds

    @staticmethod
    def _send(client: Client, bodies: list[bytes]) -> set[str]:
        keys = {key for body in bodies for key in client.push(body)}
        client.close()
        return keys


class Follower:
    """A reader that goes on from its cursor all the time, as a tablet that is on line."""

    def __init__(self, system: System) -> None:
        self._client = system.connect()
        _, self._cursor = self._client.everything()
        self._over = threading.Event()
        self.keys: set[str] = set()
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def _follow(self) -> None:
        while not self._over.wait(_POLL_SECONDS):
            page = self._client.read(self._cursor)
            self.keys.update(page.keys)
            self._cursor = page.cursor

    def finish(self) -> set[str]:
        self._over.set()
        self._thread.join()
        keys, _ = self._client.everything(self._cursor)
        self._client.close()
        return self.keys | keys


def contest(systems: Sequence[System], rounds: int, seconds: float, pulled: int = PULLED) -> list[Result]:
    """``seconds``: how long one turn of pushing takes, about. ``pulled``: so many records are pulled from zero."""
    results = [Result() for _ in systems]
    pairs = list(zip(systems, results, strict=True))
    pace = [Turn(system, _WARM, 2).run() for system in systems]

    def each(what: str, do: Callable[[System, Result, int], None]) -> None:
        for (system, result), rate in zip(pairs, pace, strict=True):
            print(f"{what}: {system.name}", file=sys.stderr, flush=True)
            do(system, result, max(MANY, int(rate * seconds / PER_PUSH)))

    for number in range(rounds):
        each(f"round {number + 1} of {rounds}, 1 connection", lambda s, r, n: _push(s, r, n, 1))
        each(f"round {number + 1} of {rounds}, {MANY} connections", lambda s, r, n: _push(s, r, n, MANY))
        each(f"round {number + 1} of {rounds}, followed", _push_followed)
    each(f"to {pulled:,} records", lambda s, _, __: _fill(s, pulled))
    for number in range(rounds):
        each(f"round {number + 1} of {rounds}, pull", lambda s, r, _: _pull(s, r, pulled))
    for system, result in pairs:
        client = system.connect()
        held, _ = client.everything()
        client.close()
        result.sent, result.lost = len(system.acknowledged), len(system.acknowledged - held)
    return results


def _push(system: System, result: Result, batches: int, connections: int) -> None:
    result.pushed[connections].append(Turn(system, batches, connections).run())


def _push_followed(system: System, result: Result, batches: int) -> None:
    turn, follower = Turn(system, batches, MANY), Follower(system)
    turn.run()
    seen = follower.finish()
    client = system.connect()
    held, _ = client.everything()
    client.close()
    there = turn.acknowledged & held
    result.followed += len(there)
    result.skipped += len(there - seen)


def _fill(system: System, records: int) -> None:
    missing = records - len(system.acknowledged)
    if missing > 0:
        Turn(system, missing // PER_PUSH + MANY, MANY).run()


def _pull(system: System, result: Result, records: int) -> None:
    """From zero, in pages, parsed; per ``records`` where the last page held more."""
    client, cursor, number, more = system.connect(), "", 0, True
    began = time.perf_counter()
    while more and number < records:
        page = client.read(cursor)
        cursor, more, number = page.cursor, page.more, number + len(page.keys)
    share = records / number
    result.pulls.append((time.perf_counter() - began) * share)
    result.wire = round(client.wire * share)
    _, cursor = client.everything(cursor)
    waits = []
    for _ in range(_EMPTY_PULLS):
        began = time.perf_counter()
        client.read(cursor)
        waits.append(time.perf_counter() - began)
    result.empty.append(statistics.median(waits))
    client.close()
