"""The short form of ``make chaos``, and that its checker sees what it must not overlook."""

import sqlite3
from pathlib import Path

import pytest

from tests.chaos.checker import CAUSES, Findings, Rows, check, check_promises
from tests.chaos.storm import Outcome, run_storm
from tests.databases import both_databases
from tests.postgres_server import PostgresServer

database_kind = both_databases
SEED = 20261121
DEEDS = {"kill", "change_sites", "publish", "fill_disk"}
DEEDS_TO_POSTGRES = {"crash_backend", "crash_postgres"}


def test_nothing_that_was_promised_is_missing_doubled_or_hidden(
    tmp_path: Path, database_kind: str, request: pytest.FixtureRequest
) -> None:
    postgres: PostgresServer | None = request.getfixturevalue("postgres") if database_kind == "postgresql" else None
    outcome = run_storm(tmp_path / "run", SEED, postgres, seconds=1)
    assert outcome.findings.faults == [], outcome.text()
    assert outcome.findings.counts["changes acknowledged"] > 20
    assert outcome.findings.counts["photos confirmed"] > 0
    assert outcome.findings.counts["conflicts"] > 0
    assert outcome.findings.counts["refused as foreign_site"] > 0
    assert outcome.weather.keys() == DEEDS | (DEEDS_TO_POSTGRES if postgres else set())
    assert outcome.weather["change_sites"] > 1, "what was taken was never given back"
    if postgres is None:
        _the_checker_sees(tmp_path / "run", outcome)


def _the_checker_sees(run: Path, outcome: Outcome) -> None:
    """Each harm is done to a copy of a good run; a checker that stays silent would prove nothing."""
    assert outcome.findings.faults == []
    for harm, fault in HARMS.items():
        database = run / "harmed.db"
        with sqlite3.connect(run / "server" / "inspect.db") as good, sqlite3.connect(database) as copy:
            good.backup(copy)
            copy.execute("PRAGMA foreign_keys = OFF")
            copy.execute(harm)
        good.close()
        copy.commit()
        copy.close()
        tablets = [folder for folder in run.iterdir() if (folder / "tablet.db").exists() and folder.suffix != ".copy"]
        faults = check(str(database), run / "journal.jsonl", run / "server" / "photos", tablets).faults
        assert any(fault in found for found in faults), (harm, faults[:3])
        database.unlink()


def test_a_refusal_without_a_cause_is_a_fault() -> None:
    found, server = Findings(), Rows.__new__(Rows)
    server.change, server.quarantine = [], []
    told = {"what": "change", "id": "1", "status": "refused", "retry": False, "change": {}}
    check_promises(found, server, [told | {"code": code} for code in (*CAUSES, "retired_template_revision")])
    assert [fault for fault in found.faults if "without a cause" in fault] == [
        "refused without a cause: change 1 as retired_template_revision"
    ]


_SOME = "id IN (SELECT id FROM change ORDER BY id DESC LIMIT 5)"
_COLUMNS = "organisation_id, site_id, inspection_id, replica_id, author_id, stamp, body, digest, skew_ms, received_at"
HARMS = {
    f"DELETE FROM change WHERE {_SOME}": "lost: change",
    f"UPDATE change SET body = json_set(body, '$.reason', 'other') WHERE {_SOME}": "altered: change",
    f"INSERT INTO change (id, {_COLUMNS}) SELECT '0' || id, {_COLUMNS} FROM change WHERE {_SOME}": "doubled",
    "DELETE FROM quarantine": "is not in quarantine",
    "UPDATE quarantine SET code = 'other'": "is not in quarantine",
    "DELETE FROM photo": "lost: photo",
    "UPDATE photo SET full_sha256 = small_sha256, large_sha256 = '0'": "missing or damaged",
    "UPDATE feed_row SET body = NULL WHERE kind = 'employee'": "still has",
    "UPDATE feed_row SET body = json_set(body, '$.conflicts', json_array('a/b')) WHERE kind = 'inspection'": "hidden",
    "UPDATE replica SET changes_stored = changes_stored + 1": "counted",
    "DELETE FROM feed_row WHERE kind = 'inspection'": "differ",
}
