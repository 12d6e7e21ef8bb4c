"""The restore of ``docs/operations.md``, step by step: a tablet that has seen the lost future starts over."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.inspect_api.api.test_push_pull import clean_inspection, pull_all, push
from tests.inspect_api.cli.conftest import Shell
from tests.world import Pen, SteppedClock, World, log_in, make_services

OPERATIONS = Path(__file__).parents[3] / "docs/operations.md"


async def seen(services: Any, world: World, pen: Pen, cursor: str | None) -> tuple[int, Any]:
    """Status and body of one pull."""
    world.services = services
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        answer = await client.get("/api/v1/sync/pull", params={"cursor": cursor} if cursor else {}, headers=chen)
        return answer.status_code, answer.json()


async def test_a_backup_made_while_running_is_restored_and_tablets_start_over(
    world: World, clock: SteppedClock, tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    pen = Pen(world.sites["lobby"])
    live, backup = tmp_path / "inspect.db", tmp_path / "restored" / "inspect.db"
    backup.parent.mkdir()
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        kept, lost = clean_inspection(world, pen), clean_inspection(world, pen)
        await push(client, chen, kept)
        _run_documented_backup(live, backup)
        await push(client, chen, lost)
        _, cursor = await pull_all(client, chen)

    monkeypatch.setenv("INSPECT_DATA_DIR", str(backup.parent))
    assert shell("migrate").code == 0
    assert shell("after-restore").code == 0

    restored = make_services(backup.parent, clock)
    try:
        # New work brings the counters to where the old cursor stands: only the epoch tells the two lives apart.
        world.services = restored
        async with world.client() as client:
            after = clean_inspection(world, pen)
            await push(client, await log_in(client, "chen", pen.replica_id), after)
        status, told = await seen(restored, world, pen, cursor)
        assert (status, told["code"]) == (410, "cursor_unknown")
        status, page = await seen(restored, world, pen, None)
        inspections = {row["id"] for row in page["rows"] if row["kind"] == "inspection"}
        assert (status, inspections) == (200, {kept["inspection_id"], after["inspection_id"]})
    finally:
        restored.database.dispose()
    with sqlite3.connect(backup) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def _run_documented_backup(live: Path, backup: Path) -> None:
    program = re.search(r'python3 -c "(import sqlite3.*?)" var/inspect.db backup.db', OPERATIONS.read_text("utf-8"))
    assert program is not None
    subprocess.run([sys.executable, "-c", program[1], str(live), str(backup)], check=True, timeout=60)
