import time

import msgspec
import pytest

from checklists.responses import (
    ProblemCode,
    Requirement,
    Response,
    check_response,
    is_failed,
    missing_requirements,
)
from checklists.template import (
    Bilingual,
    Choice,
    ChoiceOption,
    Deduction,
    Item,
    Measurement,
    PassFail,
    Rating,
    RatingLevel,
    ResponseKind,
    Source,
    When,
)

TEXT = Bilingual(zh="文字", en="text")
PASS_FAIL = PassFail()
RATING = Rating(max=4, levels=tuple(RatingLevel(level, TEXT) for level in range(5)))
CHOICE = Choice(options=(ChoiceOption("all", TEXT, 10), ChoiceOption("half", TEXT, 5), ChoiceOption("none", TEXT, 0)))
MEASUREMENT = Measurement(unit="cm", minimum="2.5", maximum="3.0")
DEDUCTION = Deduction(points=2, cap=6)


def item(kind: ResponseKind, *, photo: When = When.NEVER, note: When = When.NEVER) -> Item:
    return Item(key="t.a", text=TEXT, response=kind, source=(Source("d", "c"),), photo=photo, note=note)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (PASS_FAIL, "pass"),
        (PASS_FAIL, "fail"),
        (RATING, 0),
        (RATING, 4),
        (CHOICE, "half"),
        (MEASUREMENT, "2.5"),
        (MEASUREMENT, "-300"),
        (DEDUCTION, 0),
        (DEDUCTION, 99),
    ],
)
def test_a_value_of_the_kind_is_accepted(kind: ResponseKind, value: str | int) -> None:
    assert check_response(item(kind), Response(value)) is None


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        (PASS_FAIL, "passed", ProblemCode.WRONG_KIND),
        (PASS_FAIL, 1, ProblemCode.WRONG_KIND),
        (RATING, "4", ProblemCode.WRONG_KIND),
        (RATING, 5, ProblemCode.OUT_OF_RANGE),
        (RATING, -1, ProblemCode.OUT_OF_RANGE),
        (CHOICE, "most", ProblemCode.UNKNOWN_OPTION),
        (CHOICE, 0, ProblemCode.UNKNOWN_OPTION),
        (MEASUREMENT, 3, ProblemCode.WRONG_KIND),
        (MEASUREMENT, "3,0", ProblemCode.NOT_A_NUMBER),
        (MEASUREMENT, "NaN", ProblemCode.NOT_A_NUMBER),
        (MEASUREMENT, "1e9", ProblemCode.NOT_A_NUMBER),
        (MEASUREMENT, "٣", ProblemCode.NOT_A_NUMBER),
        (MEASUREMENT, "3\n", ProblemCode.NOT_A_NUMBER),
        (DEDUCTION, 100, ProblemCode.OUT_OF_RANGE),
        (DEDUCTION, "2", ProblemCode.WRONG_KIND),
    ],
)
def test_a_value_outside_the_kind_is_refused_with_a_code(kind: ResponseKind, value: str | int, code: str) -> None:
    problem = check_response(item(kind), Response(value))
    assert problem is not None
    assert (problem.code, problem.field) == (code, "value")
    assert " / " in problem.message


@pytest.mark.parametrize("kind", [PASS_FAIL, RATING, CHOICE, MEASUREMENT, DEDUCTION])
def test_not_applicable_fits_every_kind_but_only_with_a_note(kind: ResponseKind) -> None:
    for note in (None, "", " \t\n"):
        problem = check_response(item(kind), Response("not_applicable", note))
        assert problem is not None
        assert (problem.code, problem.field) == (ProblemCode.NOTE_MISSING, "note")
    answered = Response("not_applicable", "对讲机送修")
    assert check_response(item(kind), answered) is None
    assert not is_failed(item(kind, photo=When.ALWAYS), answered)
    assert missing_requirements(item(kind, photo=When.ALWAYS, note=When.ALWAYS), answered, photos=0) == ()


@pytest.mark.parametrize(
    ("kind", "failed", "kept"),
    [
        (PASS_FAIL, ["fail"], ["pass"]),
        (RATING, [0, 1, 2], [3, 4]),
        (CHOICE, ["none", "half"], ["all"]),
        (MEASUREMENT, ["2.499999", "3.01", "-3"], ["2.5", "2.50", "3"]),
        (DEDUCTION, [1, 99], [0]),
    ],
)
def test_half_of_the_points_or_less_is_a_finding(kind: ResponseKind, failed: list[str], kept: list[str]) -> None:
    assert [value for value in failed if not is_failed(item(kind), Response(value))] == []
    assert [value for value in kept if is_failed(item(kind), Response(value))] == []


def test_a_one_sided_measurement_has_no_other_bound() -> None:
    at_most = item(Measurement(unit="分钟", maximum="30"))
    assert not is_failed(at_most, Response("-5"))
    assert is_failed(at_most, Response("30.1"))


@pytest.mark.parametrize(
    ("when", "value", "owes"),
    [
        (When.NEVER, "fail", False),
        (When.ON_FAIL, "pass", False),
        (When.ON_FAIL, "fail", True),
        (When.ALWAYS, "pass", True),
    ],
)
def test_photo_and_note_are_owed_when_the_item_says_so(when: When, value: str, owes: bool) -> None:
    both = item(PASS_FAIL, photo=when, note=when)
    expected = (Requirement.PHOTO, Requirement.NOTE) if owes else ()
    assert missing_requirements(both, Response(value), photos=0) == expected
    assert missing_requirements(both, Response(value, "领口敞开"), photos=1) == ()


def test_a_blank_note_does_not_count() -> None:
    noted = item(PASS_FAIL, note=When.ON_FAIL)
    assert missing_requirements(noted, Response("fail", "  "), photos=0) == (Requirement.NOTE,)


def test_the_wire_form_is_strict_and_short() -> None:
    assert msgspec.json.encode(Response("pass")) == b'{"value":"pass"}'
    assert msgspec.json.decode(b'{"value":3,"note":"x"}', type=Response) == Response(3, "x")
    for wrong in (
        b'{"value":true}',
        b'{"value":1.5}',
        b'{"value":null}',
        b'{"note":"x"}',
        b'{"value":"pass","photo":1}',
        b'{"value":"fail","note":"' + b"x" * 2001 + b'"}',
    ):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(wrong, type=Response)


def test_a_whole_inspection_is_checked_in_well_under_a_millisecond() -> None:
    items = [item(kind, photo=When.ON_FAIL) for kind in (PASS_FAIL, RATING, CHOICE, MEASUREMENT, DEDUCTION)] * 3
    responses = [Response(value) for value in ("pass", 3, "half", "2.75", 0)] * 3
    best = min(_seconds_for(items, responses) for _ in range(20))
    assert best < 0.001


def _seconds_for(items: list[Item], responses: list[Response]) -> float:
    begun = time.perf_counter()
    for one, response in zip(items, responses, strict=True):
        check_response(one, response)
        missing_requirements(one, response, 0)
    return time.perf_counter() - begun
