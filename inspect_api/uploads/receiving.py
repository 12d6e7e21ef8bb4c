"""Uploads while they grow: made, asked for, appended to, given up. Bytes go to the disk as they come."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

import sqlalchemy as sa

from checklists.ids import is_id, new_id
from inspect_api.auth.principal import Principal
from inspect_api.photos.intake import is_stored
from inspect_api.problems import Code, Problem
from inspect_api.services import Services
from inspect_api.uploads import store
from inspect_api.uploads.finishing import HASH_MISMATCH, finish, refusal_problem, upload_files
from inspect_api.uploads.protocol import Checksum
from inspect_api.uploads.store import UploadBusy, UploadFile, UploadRow, UploadState

STALL_SECONDS = 60
"""A connection that brings nothing for this long is given up; what it brought is kept."""
PATIENCE_SECONDS = 5
"""How long one waits for a connection that was told to let go."""
RETRY_SECONDS = 60
"""When to try again with too many open uploads."""
PIECE = 250_000
"""Bytes gathered before they go to the disk in one step."""

Receive = Callable[[], Awaitable[bytes | None]]
"""Gives the next bytes of a request's body; ``None`` when the body is complete; raises ``BodyCut``."""


class BodyCut(Exception):
    """The connection ended before the body did."""


@dataclass(frozen=True)
class Upload:
    """An upload as its owner sees it. ``offset``: bytes that have arrived."""

    row: UploadRow
    offset: int


class _Connection:
    """A request that is bringing bytes; another one may ask it to let go."""

    def __init__(self) -> None:
        self._limit: asyncio.Timeout | None = None
        self._told = False

    def let_go(self) -> None:
        self._told = True
        if self._limit is not None:
            self._limit.reschedule(0)

    async def next(self, receive: Receive) -> bytes | None:
        if self._told:
            raise BodyCut
        try:
            async with asyncio.timeout(STALL_SECONDS) as self._limit:
                return await receive()
        except TimeoutError as error:
            raise BodyCut from error
        finally:
            self._limit = None


class Uploads:
    """One for each server process."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._files = upload_files(services)
        self._connections: dict[str, _Connection] = {}
        # Decoding gets threads of its own, so that a pile of photos never holds up push and pull.
        self._workers = ThreadPoolExecutor(services.settings.photo_workers, thread_name_prefix="photo")

    async def create(self, user: Principal, sha256: str, length: int) -> Upload:
        """A new upload; or one that is complete already, when the photo is here: nothing is sent again.

        :raises Problem: TOO_MANY_REQUESTS while the tablet has as many open uploads as it may
        """
        if length == 0:
            raise refusal_problem("empty")
        waiting = await asyncio.to_thread(self._waiting, user, sha256, length)
        if waiting is not None:
            return await self.state(user, waiting.id)
        return await asyncio.to_thread(self._insert, user, sha256, length)

    def _waiting(self, user: Principal, sha256: str, length: int) -> UploadRow | None:
        """One that arrived whole when the server was killed before it could say so."""
        with self._services.database.read() as connection:
            rows = store.open_uploads_of(connection, user.organisation_id, user.user_id, sha256)
        return next((row for row in rows if row.length == length == self._files.size(row.id)), None)

    def _insert(self, user: Principal, sha256: str, length: int) -> Upload:
        stored = is_stored(self._services, user.organisation_id, sha256)
        now = self._services.clock()
        row = UploadRow(
            id=new_id(),
            organisation_id=user.organisation_id,
            user_id=user.user_id,
            sha256=sha256,
            length=length,
            state=UploadState.STORED if stored else UploadState.OPEN,
            refusal=None,
            expires_at=now + timedelta(hours=self._services.settings.upload_hours),
        )
        with self._services.database.write() as connection:
            if not stored:
                self._require_room(connection, row, user.replica_id)
            store.insert_upload(connection, row, user.replica_id, now)
        return Upload(row, length if stored else 0)

    def _require_room(self, connection: sa.Connection, row: UploadRow, replica_id: str | None) -> None:
        """A tablet whose answers are lost begins the same photo again and again: that must never shut it out."""
        limit = self._services.settings.upload_max_open
        if store.count_open_uploads(connection, row, replica_id) < limit:
            return
        store.delete_open_uploads_like(connection, row)
        if store.count_open_uploads(connection, row, replica_id) >= limit:
            raise Problem(
                Code.TOO_MANY_REQUESTS,
                f"未完成的上传已有 {limit} 个，请先完成或放弃其中一些；照片请保留在平板上",
                f"There are {limit} unfinished uploads; finish or give up some of them first, and keep the photo",
                extra={"limit": limit},
                headers={"retry-after": str(RETRY_SECONDS)},
            )

    async def state(self, user: Principal, upload_id: str) -> Upload:
        """Where to go on. A connection that still holds the upload is given up: who asks has begun a new one.

        An upload that is whole but was never finished is finished now.
        """
        row = await asyncio.to_thread(self._find, user, upload_id)
        if row.state is not UploadState.OPEN:
            return Upload(row, row.length)
        if upload_id in self._connections:
            self._connections[upload_id].let_go()
        try:
            async with self._held(row, PATIENCE_SECONDS) as (row, file):
                if row.state is not UploadState.OPEN:
                    return Upload(row, row.length)
                await asyncio.to_thread(file.sync)
                if file.size() < row.length:
                    return Upload(row, file.size())
                return await self._settled(row, file)
        except UploadBusy:  # it is being finished, or another process holds it
            return Upload(row, self._files.size(upload_id))

    async def _settled(self, row: UploadRow, file: UploadFile) -> Upload:
        """Finish it; a refusal is an outcome here, told by the row."""
        try:
            return await self._finish(row, file)
        except Problem as problem:
            if problem.code not in (Code.PHOTO_REFUSED, Code.HASH_MISMATCH):
                raise
            refused = replace(row, state=UploadState.REFUSED, refusal=str(problem.extra["reason"]))
            return Upload(refused, row.length)

    async def append(
        self, user: Principal, upload_id: str, offset: int, receive: Receive, checksum: Checksum | None
    ) -> Upload:
        """Take the body, from ``offset`` on; keep what arrived when it is cut off. The last byte finishes the upload.

        :raises Problem: OFFSET_MISMATCH, HASH_MISMATCH (of this body, or of the whole), BODY_TOO_LARGE, CONFLICT when
            another request is at it, UPLOAD_EXPIRED, PHOTO_REFUSED
        """
        row = await asyncio.to_thread(self._find, user, upload_id)
        if row.state is UploadState.REFUSED:
            raise refusal_problem(row.refusal or HASH_MISMATCH)
        if row.state is UploadState.STORED:
            raise _offset_mismatch(row.length)
        try:
            async with self._held(row, 0) as (row, file):
                if row.state is not UploadState.OPEN or file.size() != offset:
                    raise _offset_mismatch(file.size() if row.state is UploadState.OPEN else row.length)
                await self._receive(row, file, receive, checksum)
                size = file.size()
                if size == row.length:
                    return await self._finish(row, file)
                await asyncio.to_thread(self._note, row, size)
                return Upload(row, size)
        except UploadBusy as error:
            raise Problem(
                Code.CONFLICT,
                "另一个连接正在上传这张照片，请稍后再试",
                "Another connection is sending this photo, try again",
            ) from error

    async def _receive(self, row: UploadRow, file: UploadFile, receive: Receive, checksum: Checksum | None) -> None:
        begin = file.size()
        connection = self._connections[row.id] = _Connection()
        try:
            whole = await _pump(connection, receive, file, row.length)
        finally:
            del self._connections[row.id]
        await asyncio.to_thread(_settle, file, begin, row.length, checksum if whole else None)

    async def terminate(self, user: Principal, upload_id: str) -> None:
        """Give the upload up; a photo that is stored stays stored."""
        row = await asyncio.to_thread(self._find, user, upload_id)
        if upload_id in self._connections:
            self._connections[upload_id].let_go()
        try:
            async with self._held(row, PATIENCE_SECONDS) as (row, file):
                await asyncio.to_thread(self._delete, row, file)
        except UploadBusy as error:
            raise Problem(Code.CONFLICT) from error

    async def _finish(self, row: UploadRow, file: UploadFile) -> Upload:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._workers, finish, self._services, row, file)
        return Upload(replace(row, state=UploadState.STORED), row.length)

    @contextlib.asynccontextmanager
    async def _held(self, row: UploadRow, patience: float) -> AsyncIterator[tuple[UploadRow, UploadFile]]:
        """The file, and the row as it is now that nobody else can change it.

        :raises UploadBusy: somebody held it for ``patience`` seconds
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        with contextlib.ExitStack() as stack:
            while True:
                try:
                    file = stack.enter_context(self._files.hold(row.id))
                    break
                except UploadBusy:
                    if loop.time() >= deadline:
                        raise
                await asyncio.sleep(0.02)
            now = await asyncio.to_thread(self._read, row.id, row.organisation_id, row.user_id)
            if now is None or now.state is not UploadState.OPEN:
                file.path.unlink(missing_ok=True)  # holding it has made it anew
            if now is None:
                raise Problem(Code.NOT_FOUND)
            yield now, file

    def _find(self, user: Principal, upload_id: str) -> UploadRow:
        row = self._read(upload_id, user.organisation_id, user.user_id) if is_id(upload_id) else None
        if row is None:
            raise Problem(Code.NOT_FOUND)
        past = row.state is UploadState.OPEN and row.expires_at <= self._services.clock()
        if past and self._files.size(row.id) < row.length:
            raise Problem(Code.UPLOAD_EXPIRED)
        return row

    def _read(self, upload_id: str, organisation_id: str, user_id: str) -> UploadRow | None:
        with self._services.database.read() as connection:
            return store.find_upload(connection, upload_id, organisation_id, user_id)

    def _note(self, row: UploadRow, received: int) -> None:
        with self._services.database.write() as connection:
            store.note_received(connection, row.id, received)

    def _delete(self, row: UploadRow, file: UploadFile) -> None:
        with self._services.database.write() as connection:
            store.delete_upload(connection, row.id)
        file.path.unlink(missing_ok=True)


async def _pump(connection: _Connection, receive: Receive, file: UploadFile, length: int) -> bool:
    """Write what comes until the body ends, whole (true) or cut off (false), or the file is longer than it may be."""
    gathered, whole = bytearray(), True
    try:
        while file.size() <= length and (data := await connection.next(receive)) is not None:
            gathered += data
            if len(gathered) >= PIECE:
                await asyncio.to_thread(file.append, gathered)
                gathered.clear()
    except BodyCut:
        whole = False
    await asyncio.to_thread(file.append, gathered)
    return whole


def _settle(file: UploadFile, begin: int, length: int, checksum: Checksum | None) -> None:
    """Check what came after byte ``begin``; take it back when it is wrong, else have the disk hold it."""
    if file.size() > length:
        file.cut(begin)
        raise Problem(
            Code.BODY_TOO_LARGE,
            "内容超出声明的长度",
            "The body goes past the announced length",
            extra={"limit": length},
        )
    if checksum is not None and file.digest(checksum.algorithm, begin) != checksum.digest:
        file.cut(begin)
        raise Problem(Code.HASH_MISMATCH, headers={"upload-offset": str(begin)})
    file.sync()


def _offset_mismatch(offset: int) -> Problem:
    return Problem(
        Code.OFFSET_MISMATCH,
        f"应从第 {offset} 字节继续",
        f"Go on from byte {offset}",
        extra={"offset": offset},
        headers={"upload-offset": str(offset)},
    )
