"""Compares what every tablet was told with what the server and every tablet hold, sharing no code with either.

It reads the databases with plain SQL, the messages with plain JSON, and merges with the simplest words that the
protocol's page allows. Nothing here may be imported from the product.
"""

import hashlib
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg


@dataclass
class Findings:
    """``faults``: each a promise that was broken, in words; none is what a run must end with."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def expect(self, good: bool, fault: str) -> None:
        if not good:
            self.faults.append(fault)


class Rows:
    """The server's tables, read once: name → rows as dicts."""

    TABLES = ("change", "quarantine", "photo", "feed_row", "feed_counter", "replica", "role_grant", "inspection")

    def __init__(self, database: str) -> None:
        self._database = database
        for name in self.TABLES:
            setattr(self, name, self._read(name))

    change: list[dict[str, Any]]
    quarantine: list[dict[str, Any]]
    photo: list[dict[str, Any]]
    feed_row: list[dict[str, Any]]
    feed_counter: list[dict[str, Any]]
    replica: list[dict[str, Any]]
    role_grant: list[dict[str, Any]]
    inspection: list[dict[str, Any]]

    def _read(self, table: str) -> list[dict[str, Any]]:
        if not self._database.startswith("postgresql"):
            return read_sqlite(Path(self._database), f"SELECT * FROM {table}")
        with psycopg.connect(self._database.replace("+psycopg", "", 1)) as connection:
            cursor = connection.execute(f"SELECT * FROM {table}".encode())
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor]


def read_sqlite(path: Path, query: str) -> list[dict[str, Any]]:
    connection = sqlite3.connect(path)
    try:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]
    finally:
        connection.close()


def check(database: str, journal: Path, photos: Path, tablets: Iterable[Path]) -> Findings:
    """``database``: path of the SQLite file, or URL. ``photos``: folder of the blobs. ``tablets``: their folders."""
    found, server = Findings(), Rows(database)
    told = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
    check_promises(found, server, told)
    check_changes(found, server)
    check_views(found, server)
    check_photos(found, server, told, photos)
    for folder in tablets:
        check_tablet(found, server, folder)
    return found


def content(change: dict[str, Any]) -> dict[str, Any]:
    """Without what is left out when it is empty, and with instants as instants."""
    kept = {name: value for name, value in change.items() if value not in (None, {})}
    return kept | {"captured_at": datetime.fromisoformat(change["captured_at"])}


CAUSES = {
    "invalid_field": "somebody mistyped",
    "foreign_site": "the site was taken away",
    "id_reused": "an older copy of the disk came back",
    "stamp_reused": "an older copy of the disk came back",
}
"""What the storm does to be refused for. Nothing else may be: old apps, old revisions and mad clocks are no reason."""


def check_promises(found: Findings, server: Rows, told: list[dict[str, Any]]) -> None:
    held = {row["id"]: content(json.loads(row["body"])) for row in server.change}
    refused = defaultdict(list)
    for row in server.quarantine:
        refused[row["change_id"], row["code"]].append(json.loads(row["body"]))
    stored: Counter[str] = Counter()
    for entry in told:
        if entry["what"] != "change":
            continue
        key, status = entry["id"], entry["status"]
        found.counts[f"told {status}"] += 1
        if status != "refused":
            stored[key] += status == "stored"
            found.expect(key in held, f"lost: change {key} was told {status} and is not there")
            found.expect(held.get(key) == content(entry["change"]) or key not in held, f"altered: change {key}")
        elif not entry["retry"]:
            found.counts[f"refused as {entry['code']}"] += 1
            found.expect(entry["code"] in CAUSES, f"refused without a cause: change {key} as {entry['code']}")
            kept = refused.get((key, entry["code"]))
            found.expect(kept is not None, f"lost: change {key}, refused as {entry['code']}, is not in quarantine")
            found.expect(kept is None or entry["change"] in kept, f"altered: refused change {key}")
    for key, times in stored.items():
        found.expect(times <= 1, f"lost: change {key} was told stored {times} times, so it was gone in between")
    for row in server.quarantine:
        found.expect(bool(row["code"] and row["message"]), f"no reason: refused change {row['change_id']}")
    found.counts["changes acknowledged"] = len({e["id"] for e in told if e.get("status") in ("stored", "duplicate")})
    found.counts["changes held"] = len(held)
    found.counts["in quarantine"] = len(server.quarantine)


def check_changes(found: Findings, server: Rows) -> None:
    stamps = Counter((row["inspection_id"], row["stamp"]) for row in server.change)
    for (inspection, stamp), times in stamps.items():
        found.expect(times == 1, f"doubled: stamp {stamp} of inspection {inspection} {times} times")
    of_replica = Counter(row["replica_id"] for row in server.change)
    for row in server.replica:
        counted, there = row["changes_stored"], of_replica[row["id"]]
        found.expect(counted == there, f"replica {row['id']}: {counted} counted, {there} stored")
    last = {row["scope_id"]: row["last_seq"] for row in server.feed_counter}
    numbers = Counter((row["scope_id"], row["seq"]) for row in server.feed_row)
    for (scope, number), times in numbers.items():
        good = times == 1 and number <= last[scope]
        found.expect(good, f"feed number {number} of scope {scope}: {times} times, the counter is at {last[scope]}")


Live = dict[str, dict[str, Any]]


def merge(changes: list[dict[str, Any]]) -> Live:
    """Path → {stamp: value} of the writes that no write has superseded."""
    live: Live = defaultdict(dict)
    for change in changes:
        for path, value in change["fields"].items():
            gone = any(
                path in other["fields"]
                and change["stamp"] in other.get("supersedes", {}).get(path, ())
                and change["stamp"] < other["stamp"]
                for other in changes
            )
            if not gone:
                live[path][change["stamp"]] = value
    return live


def check_views(found: Findings, server: Rows) -> None:
    by_inspection = defaultdict(list)
    for row in server.change:
        by_inspection[row["inspection_id"]].append(json.loads(row["body"]))
    views = {row["object_id"]: row for row in server.feed_row if row["kind"] == "inspection"}
    rows = {row["id"]: row for row in server.inspection}
    arrived = {row["sha256"] for row in server.photo}
    found.expect(by_inspection.keys() == views.keys() == rows.keys(), "inspections, their views and changes differ")
    for key, changes in by_inspection.items():
        if key not in views:
            continue
        view, live = json.loads(views[key]["body"]), merge(changes)
        shown: Live = defaultdict(dict)
        for write in view["writes"]:
            for path, value in write["fields"].items():
                shown[path][write["stamp"]] = value
        found.expect(shown == live, f"inspection {key}: the view shows other writes than its changes make")
        conflicts = [path for path, writes in live.items() if len({json.dumps(v) for v in writes.values()}) > 1]
        found.counts["conflicts"] += len(conflicts)
        found.expect(sorted(view.get("conflicts", [])) == sorted(conflicts), f"inspection {key}: conflicts hidden")
        found.expect(rows[key]["conflicts"] == len(conflicts), f"inspection {key}: conflicts miscounted")
        declared = {
            path.removeprefix("evidence/")
            for path, writes in live.items()
            if path.startswith("evidence/") and writes[max(writes)] is not None
        }
        missing = sorted(declared - arrived)
        found.expect(sorted(view.get("missing_photos", [])) == missing, f"inspection {key}: missing photos hidden")
        complete = view["state"] == "complete"
        found.expect(not (complete and missing), f"inspection {key} is complete without its photos")
        found.counts["inspections"] += 1
        found.counts["complete"] += complete


def check_photos(found: Findings, server: Rows, told: list[dict[str, Any]], folder: Path) -> None:
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    rows, confirmed = {row["sha256"]: row for row in server.photo}, set()
    for entry in told:
        if entry["what"] == "photo":
            digest = entry["sha256"]
            confirmed.add(digest)
            found.expect(digest in rows, f"lost: photo {digest} was told stored")
        elif entry["what"] == "picture" and entry["sha256"] in rows:
            row = rows[entry["sha256"]]
            same = (row["width"], row["height"]) == (entry["width"], entry["height"])
            found.expect(same, f"altered: photo {entry['sha256']}")
    for digest, row in rows.items():
        own = {hashlib.sha256(data).hexdigest() for path, data in files.items() if digest in str(path)}
        wanted = {row[f"{size}_sha256"] for size in ("full", "large", "small")}
        found.expect(wanted <= own, f"altered: photo {digest}: its files are missing or damaged")
    found.counts["photos confirmed"], found.counts["photos held"] = len(confirmed), len(rows)


def check_tablet(found: Findings, server: Rows, folder: Path) -> None:
    path, name = folder / "tablet.db", folder.name
    (user,) = [row["value"] for row in read_sqlite(path, "SELECT value FROM local WHERE name = 'user_id'")]
    organisation = next(row["organisation_id"] for row in server.role_grant if row["user_id"] == user)
    allowed = {organisation} | {
        row["site_id"]
        for row in server.role_grant
        if row["user_id"] == user and row["role"] == "supervisor" and row["revoked_at"] is None
    }
    wanted = {
        (row["scope_id"], row["kind"], row["object_id"]): json.loads(row["body"])
        for row in server.feed_row
        if row["scope_id"] in allowed and row["body"] is not None
    }
    feed = read_sqlite(path, "SELECT scope, kind, id, body FROM feed")
    held = {(row["scope"], row["kind"], row["id"]): json.loads(row["body"]) for row in feed}
    for key in wanted.keys() | held.keys():
        found.expect(key in held, f"tablet {name} has not got {key}")
        found.expect(key in wanted, f"tablet {name} still has {key}")
        if key in held and key in wanted:
            found.expect(held[key] == wanted[key], f"tablet {name} has another {key}")
    quarantined = {(row["change_id"], row["code"]) for row in server.quarantine}
    for row in read_sqlite(path, "SELECT id, state, code FROM outbox"):
        found.expect(row["state"] == "refused", f"tablet {name} has an outbox entry {row['state']}: {row['id']}")
        known = (row["id"], row["code"]) in quarantined or row["state"] != "refused"
        found.expect(known, f"tablet {name}: refused change {row['id']} ({row['code']}) is not in quarantine")
        found.counts["refused, on tablets"] += 1
    stored = {row["sha256"] for row in server.photo}
    for row in read_sqlite(path, "SELECT sha256, state FROM photo"):
        good = row["state"] == "stored" and row["sha256"] in stored
        found.expect(good, f"tablet {name}: photo {row['sha256']} is {row['state']}, stored: {row['sha256'] in stored}")
    found.counts["tablets"] += 1
