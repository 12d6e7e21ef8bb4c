"""``make chaos``: RUNS runs with the seeds from SEED on, on DATABASE (sqlite, postgresql, or both with a space)."""

# ruff: noqa: T201 (it prints what it found)

import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.storm import SECONDS, forget, run_storm
from tests.postgres_server import PostgresServer, running_postgres

HARM = ("lost", "doubled", "altered")
"""What the checker's faults begin with, of those that nobody may ever meet."""


@contextmanager
def _database(kind: str) -> Iterator[PostgresServer | None]:
    if kind == "sqlite":
        yield None
        return
    with running_postgres() as server:
        yield server


def main() -> int:
    first = int(os.environ.get("SEED") or random.randrange(10**6))
    runs, kinds = int(os.environ.get("RUNS") or 10), (os.environ.get("DATABASE") or "sqlite postgresql").split()
    seconds = float(os.environ.get("STORM_SECONDS") or SECONDS)
    total: Counter[str] = Counter()
    harm = Counter(dict.fromkeys((*HARM, "other"), 0))
    failed: list[str] = []
    started = time.monotonic()
    for kind in kinds:
        with _database(kind) as postgres:
            for seed in range(first, first + runs):
                folder = Path(tempfile.mkdtemp(prefix=f"chaos-{kind}-{seed}-"))
                began = time.monotonic()
                try:
                    outcome = run_storm(folder, seed, postgres, seconds)
                except Exception as error:
                    faults, text = [f"{type(error).__name__}: {error}"], f"seed {seed}: it did not come to an end"
                else:
                    faults, text = outcome.findings.faults, outcome.text()
                    total += outcome.findings.counts
                print(f"{kind} {text} ({time.monotonic() - began:.1f} s)", *faults[:20], sep="\n  ", flush=True)
                harm.update(word if (word := fault.partition(":")[0]) in HARM else "other" for fault in faults)
                if faults:
                    again = f"DATABASE={kind} SEED={seed} RUNS=1 STORM_SECONDS={seconds:g} make chaos"
                    failed.append(f"{again}  # {folder}")
                else:
                    forget(folder)
    each = (time.monotonic() - started) / max(1, runs * len(kinds))
    print(f"\n{runs} runs from seed {first} on {' and '.join(kinds)}: {len(failed)} failed; {each:.0f} s a run")
    print("faults:", ", ".join(f"{name} {number}" for name, number in harm.items()))
    print("checked in all:", ", ".join(f"{name} {number}" for name, number in sorted(total.items())))
    print(*failed, sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
