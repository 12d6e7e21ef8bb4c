"""A line that breaks: a TCP proxy that cuts requests before, in and after what the server does with them."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from types import TracebackType
from typing import Self


class Fault(StrEnum):
    """Where the line breaks. After ``AFTER`` the server has done what was asked, and nobody is told."""

    NONE = "none"
    BEFORE = "before the request reached the server"
    IN_REQUEST = "in the request"
    AFTER = "after the server has answered"
    IN_ANSWER = "in the answer"


_SLOW_PIECE = 4096
BREAKS = (Fault.BEFORE, Fault.IN_REQUEST, Fault.AFTER, Fault.IN_ANSWER)


class _Turn:
    """One request and its answer on a connection that may carry many, told apart by who speaks."""

    def __init__(self) -> None:
        self.fault = Fault.NONE
        self.answered = True


class FaultProxy:
    """Listens on a port of its own, in a thread of its own. ``rate``: share of the requests that break, 0..1.

    ``target``: port of the server; of several, every connection gets any one, as behind a load balancer.
    ``bytes_per_second``: so slow is the line towards the server, for each connection; None: as fast as it goes.
    ``cut_after``: the next connection breaks when it has carried so many bytes towards the server, the one after it
    after the next number. ``carried``: how many bytes went that way in all. ``break_next``: faults that do not wait for
    chance: the next request whose head has the first breaks as the second says, the one after it as the next pair.
    """

    def __init__(
        self, target: int | Sequence[int], seed: int, rate: float, bytes_per_second: float | None = None
    ) -> None:
        self._targets = [target] if isinstance(target, int) else list(target)
        self._random = random.Random(seed)
        self.rate = rate
        self.bytes_per_second = bytes_per_second
        self.cut_after: list[int] = []
        self.break_next: list[tuple[bytes, Fault]] = []
        self.carried = 0
        self.broken: Counter[Fault] = Counter()
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="fault proxy")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._loop.close()

    async def _listen(self) -> None:
        running: set[asyncio.Task[None]] = set()

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                running.add(task)
                task.add_done_callback(running.discard)
            with suppress(asyncio.CancelledError):  # the test is over
                await self._carry(reader, writer)

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            port = self._random.choice(self._targets)
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.transport.abort()
            return
        turn = _Turn()
        ways = {
            asyncio.create_task(self._upward(turn, reader, up_writer)),
            asyncio.create_task(self._downward(turn, up_reader, writer)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            writer.transport.abort()
            up_writer.transport.abort()

    async def _upward(self, turn: _Turn, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carried = 0
        while data := await reader.read(65_536 if self.bytes_per_second is None else _SLOW_PIECE):
            if self.bytes_per_second is not None:
                await asyncio.sleep(len(data) / self.bytes_per_second)
            if turn.answered:
                turn.answered = False
                turn.fault = self._draw(data)
            if turn.fault is Fault.BEFORE:
                return
            if turn.fault is Fault.IN_REQUEST:
                writer.write(data[: len(data) // 2])
                await writer.drain()
                return
            writer.write(data)
            await writer.drain()
            carried += len(data)
            self.carried += len(data)
            if self.cut_after and carried >= self.cut_after[0]:
                self.cut_after.pop(0)
                self.broken[Fault.IN_REQUEST] += 1
                return

    async def _downward(self, turn: _Turn, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            turn.answered = True
            if turn.fault is Fault.AFTER:
                return
            if turn.fault is Fault.IN_ANSWER:
                writer.write(data[: len(data) // 2])
                await writer.drain()
                return
            writer.write(data)
            await writer.drain()

    def _draw(self, head: bytes) -> Fault:
        if self.break_next and self.break_next[0][0] in head:
            _, fault = self.break_next.pop(0)
        elif self._random.random() < self.rate:
            fault = self._random.choice(BREAKS)
        else:
            return Fault.NONE
        self.broken[fault] += 1
        return fault
