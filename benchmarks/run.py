"""``make bench``: measure the service on this machine and print the table. Takes a few minutes."""

import argparse
import os
import platform
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the measurements use the suite's own helpers

from benchmarks import memory, photos, scoring, syncing
from benchmarks.report import table
from tests.postgres_server import running_postgres


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--inspections", type=int, default=10_000, help="pushed for each measurement")
    inspections = arguments.parse_args().inspections
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores; client and server share them.\n", flush=True)
    print(table(syncing.measure(inspections)), "\n", flush=True)
    with running_postgres() as server:
        server.sync_to_disk()
        print(table(syncing.measure(inspections // 2, server.fresh(), "PostgreSQL")), "\n", flush=True)
        print(table(scoring.measure(inspections, 10, server.fresh(), "PostgreSQL")), "\n", flush=True)
    print(table(scoring.measure(inspections, 10)), "\n", flush=True)
    print(table(photos.measure()), "\n", flush=True)
    print(table(memory.measure(inspections)))


if __name__ == "__main__":
    main()
