"""The clock, the merge and the score of the tablet, in Chromium, on the vectors that the Python code passes."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.browser.tablets import Tablet, Tablets

VECTORS = Path(__file__).parents[1] / "vectors"
CLOCK, MERGE, SCORE = (
    json.loads((VECTORS / f"{name}.json").read_text("utf-8")) for name in ("clock", "merge", "score")
)

_CLOCK = """async (clock) => {
  const { HybridClock } = await import("/tablet/engine/rules/clock.js");
  const made = new HybridClock(clock.replica_id, clock.milliseconds, clock.counter);
  return clock.steps.map((step) => (step.observe ? made.observe(step.observe) ?? null : made.tick(step.tick)));
}"""
_STAMPS = """async ({ ascending, not_stamps }) => {
  const { STAMP } = await import("/tablet/engine/rules/clock.js");
  const good = ascending.every((one) => STAMP.test(one));
  return { sorted: [...ascending].sort(), good, bad: not_stamps.filter((one) => STAMP.test(one)) };
}"""
_MERGE = """async (changes) => {
  const { conflicts, merge } = await import("/tablet/engine/rules/merge.js");
  const twice = [...changes, ...changes].sort((a, b) => (a.stamp < b.stamp ? 1 : -1));
  const orders = [changes, [...changes].reverse(), twice];
  return orders.map((order) => {
    const live = merge(order);
    return { live: Object.fromEntries(live), conflicts: conflicts(live) };
  });
}"""
_SCORE = """async ([templates, cases]) => {
  const { judge } = await import("/tablet/engine/views/merged.js");
  const { asText, compile, display } = await import("/tablet/engine/rules/scoring.js");
  const { itemsOf } = await import("/tablet/engine/rules/template.js");
  const { isFailed } = await import("/tablet/engine/rules/responses.js");
  const sorted = (keys) => [...keys].sort();
  return cases.map(({ template: key, circumstances, responses }) => {
    const template = templates[key];
    const items = new Map(itemsOf(template).map((item) => [item.key, item]));
    const revision = { id: "vector", template, items, compiled: compile(template) };
    const live = new Map([["inspection/circumstances", [{ value: circumstances }]]]);
    for (const [item, value] of Object.entries(responses)) live.set(`responses/${item}`, [{ value }]);
    const judged = judge({ live }, revision);
    const { score } = judged;
    const answered = Object.entries(responses).filter(([, value]) => value !== null).map(([item]) => item);
    const given = [...judged.responses];
    const owed = [...judged.owed].filter(([, what]) => what[0] !== "response");
    return {
      applicable: sorted(judged.applicable),
      not_understood: sorted(answered.filter((item) => !judged.responses.has(item))).map((item) => `responses/${item}`),
      failed: sorted(given.filter(([item, response]) => isFailed(items.get(item), response)).map(([item]) => item)),
      owed: Object.fromEntries(owed.sort(([a], [b]) => (a < b ? -1 : 1))),
      score: {
        score: score.score && asText(score.score),
        uncapped: score.uncapped && asText(score.uncapped),
        displayed: score.score && display(score.score),
        low_coverage: score.lowCoverage,
        red_flags: score.redFlags,
        below_full: score.belowFull,
        unanswered: score.unanswered,
        invalid: score.invalid,
      },
      running: score.running && display(score.running),
    };
  });
}"""
_IDS = """async () => {
  const { isId, newId } = await import("/tablet/engine/rules/ids.js");
  const made = [];
  for (let n = 0; n < 20000; n++) made.push(newId(n < 10000 ? 1795147200000 : 1795147100000));
  const sorted = [...made].sort();
  return {
    good: made.every((id) => isId(id) && /^.{14}7.{4}[89ab]/.test(id)),
    ascending: sorted.every((id, n) => id === made[n]),
    different: new Set(made).size,
    time: parseInt(made[0].replaceAll("-", "").slice(0, 12), 16),
  };
}"""


@pytest.fixture(scope="module")
def vectors() -> list[Any]:
    return [SCORE["templates"], SCORE["cases"]]


@pytest.fixture
def tablet(tablets: Tablets) -> Tablet:
    return tablets.new()


def test_the_clock(tablet: Tablet) -> None:
    for clock in CLOCK["clocks"]:
        expected = [step.get("stamp") for step in clock["steps"]]
        assert tablet.page.evaluate(_CLOCK, clock) == expected, clock["name"]
    stamps = tablet.page.evaluate(_STAMPS, CLOCK)
    assert stamps == {"sorted": CLOCK["ascending"], "good": True, "bad": []}


def test_the_merge(tablet: Tablet) -> None:
    for case in MERGE["cases"]:
        for made in tablet.page.evaluate(_MERGE, case["changes"]):
            # As JSON text: True and 1 are equal in Python.
            assert as_text(made["live"]) == as_text(case["live"]), case["name"]
            assert made["conflicts"] == case["conflicts"], case["name"]


def test_the_score_is_the_servers_to_the_last_digit(tablet: Tablet, vectors: list[Any]) -> None:
    made = tablet.page.evaluate(_SCORE, vectors)
    for case, own in zip(SCORE["cases"], made, strict=True):
        expected = {name: value for name, value in case.items() if name in own}
        assert own == expected, (case["template"], case["circumstances"], case["responses"])


def test_ids_sort_by_when_they_were_made(tablet: Tablet) -> None:
    assert tablet.page.evaluate(_IDS) == {
        "good": True,
        "ascending": True,
        "different": 20000,
        "time": 1795147200000,
    }


def as_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
