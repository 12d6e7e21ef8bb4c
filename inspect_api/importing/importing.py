"""A tablet's queue, brought in by an administrator: taken as if the tablet had sent it, under the same rules."""

from hashlib import sha256
from typing import IO

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from checklists.ids import new_id
from checklists.tables import Audit, table_of
from inspect_api.actions.reporting import report_fix
from inspect_api.auth.principal import Principal
from inspect_api.auth.service import principal_of
from inspect_api.auth.tokens import Claims
from inspect_api.importing.queue_file import Manifest, QueuedFix, QueuedPhoto, read_manifest
from inspect_api.photos.from_form import store_form_photo
from inspect_api.problems import Code, Problem
from inspect_api.services import Services
from sync.messages import ChangeResult, PushRequest
from sync.pusher import Pusher, receive
from sync.tables import Replica

BATCH = 100

_audit, _replica = table_of(Audit), table_of(Replica)


class PhotoResult(Struct, frozen=True, omit_defaults=True):
    """``reason``: why it was refused; None: it is stored."""

    sha256: str
    reason: str | None = None


class FixResult(Struct, frozen=True, omit_defaults=True):
    """Of a report that something was mended. ``code``: why it was refused; None: it is stored, or was before."""

    id: str | None
    code: str | None = None


class Imported(Struct, frozen=True):
    """One result for each change, in order, as a push answers them, one for each photo and each report of a fix."""

    user: str
    replica_id: str
    results: list[ChangeResult]
    photos: list[PhotoResult]
    fixes: list[FixResult]

    def count(self, status: str) -> int:
        return sum(result.status == status for result in self.results)


def import_queue(services: Services, by: Principal, file: IO[bytes]) -> Imported:
    """Idempotent: what the tablet has sent meanwhile, or another import brought, is answered ``duplicate``.

    A revoked tablet's queue is taken too: whoever imports it vouches for it. Problem: MALFORMED, NOT_FOUND.
    """
    by.require_administrator()
    manifest = read_manifest(file)
    maker = _maker(services, by, manifest)
    results: list[ChangeResult] = []
    pusher = Pusher(maker.organisation_id, maker.user_id, manifest.replica_id, maker.inspected_sites(), maker.formerly)
    for start in range(0, len(manifest.changes), BATCH):
        request = PushRequest(manifest.changes[start : start + BATCH])
        results += services.pushes.do(receive(pusher, request, services.clock())).results
    photos = [_photo(services, maker, photo, file) for photo in manifest.photos]
    fixes = [_fix(services, maker, fix) for fix in manifest.fixes]
    _note(services, by, manifest)
    return Imported(maker.name, manifest.replica_id, results, photos, fixes)


def _maker(services: Services, by: Principal, manifest: Manifest) -> Principal:
    with services.database.read() as connection:
        known = connection.execute(
            sa.select(_replica.c.user_id).where(
                _replica.c.id == manifest.replica_id,
                _replica.c.user_id == manifest.user_id,
                _replica.c.organisation_id == by.organisation_id,
            )
        ).scalar()
        # Without the replica, which may have been revoked: work of a lost tablet that was found again is not lost.
        maker = principal_of(connection, Claims(known, None)) if known else None
    if maker is None:
        raise Problem(
            Code.NOT_FOUND, "没有这台平板，或其用户已停用", "There is no such tablet, or its user is disabled"
        )
    return maker


def _photo(services: Services, maker: Principal, photo: QueuedPhoto, file: IO[bytes]) -> PhotoResult:
    if photo.size > services.settings.photo_max_bytes:
        file.seek(photo.size, 1)
        return PhotoResult(photo.sha256, str(Code.BODY_TOO_LARGE))
    content = file.read(photo.size)
    if sha256(content).hexdigest() != photo.sha256:
        return PhotoResult(photo.sha256, str(Code.HASH_MISMATCH))
    try:
        store_form_photo(services, maker, content)
    except Problem as problem:
        return PhotoResult(photo.sha256, str(problem.extra.get("reason") or problem.code))
    return PhotoResult(photo.sha256)


def _fix(services: Services, maker: Principal, raw: msgspec.Raw) -> FixResult:
    try:
        fix = msgspec.json.decode(raw, type=QueuedFix)
    except msgspec.DecodeError:
        return FixResult(None, str(Code.MALFORMED))
    try:
        report_fix(services, maker, fix.action_id, fix.note, fix.photo, fix.report)
    except Problem as problem:
        return FixResult(fix.report.id, str(problem.code))
    return FixResult(fix.report.id)


def _note(services: Services, by: Principal, manifest: Manifest) -> None:
    detail = {"changes": len(manifest.changes), "photos": len(manifest.photos), "fixes": len(manifest.fixes)}
    row = {
        "id": new_id(),
        "organisation_id": by.organisation_id,
        "actor_id": by.user_id,
        "action": "queue.import",
        "object_kind": "replica",
        "object_id": manifest.replica_id,
        "detail": msgspec.json.encode(detail).decode(),
        "at": services.clock(),
    }
    with services.database.write() as connection:
        connection.execute(_audit.insert(), row)
