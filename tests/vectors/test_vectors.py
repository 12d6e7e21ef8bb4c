"""The vectors that clients in other languages run, run on the Python code; and every kind of rule has one."""

import json
import random
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync.clock import STAMP_PATTERN, HybridClock
from sync.merge import conflicts, merge
from sync.messages import Change
from tests.vectors import score_cases

HERE = Path(__file__).parent
CLOCK = json.loads((HERE / "clock.json").read_text("utf-8"))
MERGE = json.loads((HERE / "merge.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CLOCK["clocks"], ids=lambda case: case["name"])
def test_clock(case: dict[str, Any]) -> None:
    clock = HybridClock(case["replica_id"], case.get("milliseconds", 0), case.get("counter", -1))
    for step in case["steps"]:
        if "observe" in step:
            clock.observe(step["observe"])
        else:
            assert clock.tick(step["tick"]) == step["stamp"]


def test_stamps_sort_as_text() -> None:
    assert sorted(CLOCK["ascending"]) == CLOCK["ascending"]
    assert all(re.search(STAMP_PATTERN, stamp) for stamp in CLOCK["ascending"])


@pytest.mark.parametrize("text", CLOCK["not_stamps"])
def test_not_a_stamp(text: str) -> None:
    body = MERGE["cases"][1]["changes"][0] | {"stamp": text}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, Change)


@pytest.mark.parametrize("case", MERGE["cases"], ids=lambda case: case["name"])
def test_merge(case: dict[str, Any]) -> None:
    changes = [msgspec.convert(change, Change) for change in case["changes"]]
    order = random.Random(7)
    for _ in range(5):
        live = merge(changes)
        shown = {path: [msgspec.structs.asdict(write) for write in writes] for path, writes in live.items()}
        # As JSON text: True and 1 are equal in Python.
        assert json.dumps(shown, sort_keys=True) == json.dumps(case["live"], sort_keys=True)
        assert conflicts(live) == case["conflicts"]
        order.shuffle(changes)


def test_the_score_cases_are_what_the_rules_give_today() -> None:
    """A stale file would let a client that shows another score than the server pass."""
    assert score_cases.FILE.read_text("utf-8") == score_cases.as_text(), "run python -m tests.vectors.score_cases"
