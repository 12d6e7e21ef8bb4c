"""Pull: the feed comes in, page by page, each with its cursor in one transaction."""

from urllib.parse import urlencode

from msgspec import Struct

from sync.feed import INSPECTION
from sync.tablet.connection import Declined, decode
from sync.tablet.directory import PulledRow
from sync.tablet.local import LocalData
from sync.tablet.pushing import TO_BE_LEARNT
from sync.tablet.session import Session

_CURSOR_IS_OVER = {"cursor_unknown", "bad_cursor"}


class _Page(Struct):
    rows: list[PulledRow]
    removed_scopes: list[str]
    cursor: str
    more: bool


class Pulled(Struct):
    """``started_over``: the server came from a backup; what the outbox still had goes there again."""

    rows: int = 0
    started_over: bool = False


def pull_all(local: LocalData, session: Session, limit: int, done: Pulled) -> None:
    """Pull until there is no more. ``done`` says how far it came when it raises what ``Session.request`` raises.

    A page and its cursor are one transaction: whatever happens, at most one page comes again. Changes that were
    acknowledged before it began are in what it brings, so they leave the outbox with its last page.
    """
    shown = local.outbox.acknowledged()
    while True:
        page = _next_page(local, session, limit)
        if page is None:
            shown, done.started_over = [], True
            continue
        with local.store.transaction() as connection:
            local.directory.apply(connection, page.rows, page.removed_scopes)
            local.store.put("cursor", page.cursor)
            local.outbox.note_shown(shown, {row.id for row in page.rows if row.kind == INSPECTION})
            if not page.more:
                local.outbox.drop(shown)
                local.directory.forget_former_life(connection)
        done.rows += len(page.rows)
        if not page.more:
            return


def measure_clock(local: LocalData, session: Session) -> None:
    """Ask for the time before anything is frozen: a change in flight keeps its offset for ever, and the device's clock
    may have jumped by years since the last run. Asked by a pull of one row, which is thrown away."""
    for cursor in (local.store.get("cursor"), None):
        try:
            session.request("GET", _address(cursor, 1))
            return
        except Declined as declined:
            if cursor is None or declined.code not in _CURSOR_IS_OVER:
                raise


def _address(cursor: str | None, limit: int) -> str:
    query = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
    return f"/api/v1/sync/pull?{urlencode(query)}"


def _next_page(local: LocalData, session: Session, limit: int) -> _Page | None:
    """None when the server no longer knows the cursor: then everything begins anew, but for the local.outbox."""
    cursor = local.store.get("cursor")
    try:
        page: _Page = decode(session.request("GET", _address(cursor, limit)), _Page)
    except Declined as declined:
        if cursor is None or declined.code not in _CURSOR_IS_OVER:
            raise
        with local.store.transaction():
            local.directory.start_over()
            local.outbox.send_acknowledged_again()
            local.store.put("acknowledged", TO_BE_LEARNT)
        return None
    return page
