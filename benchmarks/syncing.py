"""Push and pull: how many inspections a second, how long a tablet waits, what it costs in memory and on the wire."""

import json
import statistics
import threading
import time
import zlib

from benchmarks.field import PER_PUSH, RESPONSES, Bench, Tablet, running
from benchmarks.report import Row

_EMPTY_PULLS = 300


def measure(inspections: int, database_url: str | None = None, label: str = "SQLite") -> list[Row]:
    """``inspections``: pushed at one connection first, then as many at eight; then all are pulled."""
    with running(database_url) as bench:
        rows = [push(bench, inspections, 1, label), push(bench, inspections, 8, label)]
        rows += _pull(bench, label)
        stored = inspections * 2 // PER_PUSH * PER_PUSH
        rows.append(
            Row(f"{label}: server peak memory after {stored:,} inspections", bench.status("VmHWM") / 1024, "MB")
        )
    return rows


def push(bench: Bench, inspections: int, connections: int, label: str) -> Row:
    """``inspections`` in all, over so many connections at once."""
    tablets = [bench.tablet() for _ in range(connections)]
    share = inspections // PER_PUSH // connections
    bodies = [[bench.push_body(tablet.pen) for _ in range(share)] for tablet in tablets]
    waits: list[float] = []
    missing: list[int] = []

    def send(tablet: Tablet, mine: list[bytes]) -> None:
        for body in mine:
            begun = time.perf_counter()
            answer = tablet.ask("POST", "/api/v1/sync/push", body)
            waits.append(time.perf_counter() - begun)
            if answer.count(b'"stored"') != PER_PUSH + 1:  # one for each change, one in the counts
                missing.append(1)

    threads = [threading.Thread(target=send, args=pair) for pair in zip(tablets, bodies, strict=True)]
    cpu, begun = bench.cpu_seconds(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    pushed = share * connections * PER_PUSH
    if missing:
        raise RuntimeError("a push was not answered with stored for every change")
    note = (
        f"{RESPONSES} responses, {PER_PUSH} a push; median answer {statistics.median(waits) * 1000:.0f} ms; "
        f"server CPU {(bench.cpu_seconds() - cpu) / pushed * 1e6:.0f} µs each"
    )
    return Row(f"{label}: inspections pushed, {connections} connection(s)", pushed / seconds, "/s", note)


def _pull(bench: Bench, label: str) -> list[Row]:
    tablet = bench.tablet()
    cursor, rows, wire = "", 0, 0
    begun = time.perf_counter()
    while True:
        page = tablet.ask(
            "GET", f"/api/v1/sync/pull?limit=5000{'&cursor=' + cursor if cursor else ''}", **{"accept-encoding": "gzip"}
        )
        wire += len(page)
        answer = json.loads(zlib.decompress(page, 31) if page[:2] == b"\x1f\x8b" else page)
        rows, cursor = rows + len(answer["rows"]), answer["cursor"]
        if not answer["more"] or rows >= 10_000:
            break
    seconds = time.perf_counter() - begun
    while answer["more"]:
        answer = json.loads(tablet.ask("GET", f"/api/v1/sync/pull?limit=5000&cursor={cursor}"))
        cursor = answer["cursor"]
    waits = []
    for _ in range(_EMPTY_PULLS):
        begun = time.perf_counter()
        tablet.ask("GET", f"/api/v1/sync/pull?cursor={cursor}")
        waits.append(time.perf_counter() - begun)
    return [
        Row(f"{label}: pull of {rows:,} rows", seconds, "s", f"{wire / 1e6:.2f} MB on the wire, parsed by the client"),
        Row(f"{label}: empty pull, median", statistics.median(waits) * 1000, "ms"),
    ]
