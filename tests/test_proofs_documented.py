"""``docs/proofs.md`` names tests that are there."""

import re

from tests.server_process import ROOT

_TESTS = ROOT / "tests"


def test_every_test_that_the_page_names_exists() -> None:
    named = set(
        re.findall(r"`([a-z_/]*(?:test_[a-z_]+|checker)\.py)`", (ROOT / "docs" / "proofs.md").read_text("utf-8"))
    )
    there = {str(path.relative_to(_TESTS)) for path in _TESTS.rglob("*.py")}
    assert len(named) > 20
    missing = {name for name in named if not any(path.endswith(name.removeprefix("tests/")) for path in there)}
    assert missing == set()
