"""What the report of a week contains, in which order."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from checklists.scoring.arithmetic import displayed
from inspect_api.reports.gathered import flagged_items
from inspect_api.scorecards.shapes import State
from tests.inspect_api.reports.made_up import NOW, ZONE, MadeUp, make_up


@pytest.fixture(scope="module")
def week() -> MadeUp:
    return make_up(60, flags=0.04)


def test_everyone_at_work_is_in_exactly_one_list(week: MadeUp) -> None:
    report = week.report()
    listed = [row.employee_id for row in (*report.scored, *report.unscored, *report.not_seen)]
    assert sorted(listed) == sorted(row.employee_id for row in week.found.rows)
    assert report.at_work == 60


def test_the_lowest_total_comes_first(week: MadeUp) -> None:
    totals = [row.score.total for row in week.report().scored]
    assert totals == sorted(totals)


def test_the_average_is_that_of_the_ranked_totals_and_exact(week: MadeUp) -> None:
    report = week.report()
    totals = [row.score.total for row in report.scored if row.score.ranked]
    assert report.average == sum(totals, Fraction()) / len(totals)
    before = [row.previous_total for row in report.scored]
    assert report.average_change == displayed(report.average) - displayed(sum(before, Fraction()) / len(before))


def test_each_red_flag_says_who_what_when_and_by_whom(week: MadeUp) -> None:
    report = week.report()
    assert sum(row.red_flags for row in week.found.rows) == len(report.red_flags) > 0
    for flag in report.red_flags:
        assert flag.item.zh == "对讲机"
        assert flag.supervisor.endswith("督导")
        assert len(flag.employees) == 1
        assert flag.note


def test_one_dirty_workspace_is_one_thing_to_do(week: MadeUp) -> None:
    """A workspace's inspection counts for everyone responsible, but the manager goes there once."""
    flagged = next(row for row in week.found.rows if row.red_flags)
    colleague = replace(flagged, employee_id="another", name="同事")
    both = replace(week, found=replace(week.found, rows=[*week.found.rows, colleague]))
    before, after = week.report(), both.report()
    assert len(after.red_flags) == len(before.red_flags)
    shared = [flag for flag in after.red_flags if len(flag.employees) == 2]
    assert {row.employee_id for flag in shared for row in flag.employees} == {flagged.employee_id, "another"}


def test_what_waits_for_a_decision_is_something_to_do(week: MadeUp) -> None:
    report = week.report()
    waiting = sum(len(dimension.left_out) for row in week.found.rows for dimension in row.score.dimensions)
    assert len(report.decisions) == waiting > 0
    assert report.to_do == len(report.flagged) + len(report.decisions)


def test_one_thing_that_many_lack_is_one_thing_to_do(week: MadeUp) -> None:
    """Sixteen radios are one entry, with everybody in it and every check of theirs, the most frequent first."""
    report = week.report()
    (radio,) = report.flagged
    assert (radio.key, radio.count) == ("worked_grooming.radio", len(report.red_flags))
    assert radio.note == "对讲机未随身携带，称送修，未见登记"
    told = {flag.inspection_id for subject in radio.subjects for flag in subject.flags}
    assert told == {flag.inspection_id for flag in report.red_flags}
    assert len({subject.employees for subject in radio.subjects}) == len(radio.subjects)
    times = [len(subject.flags) for subject in radio.subjects]
    assert times == sorted(times, reverse=True)
    assert max(times) > 1
    for subject in radio.subjects:
        moments = [flag.captured_at for flag in subject.flags]
        assert moments == sorted(moments, reverse=True)


def test_different_notes_stay_with_their_checks(week: MadeUp) -> None:
    first, *others = week.report().red_flags
    (item,) = flagged_items([replace(first, note="没电"), *others])
    assert item.note is None
    assert {flag.note for subject in item.subjects for flag in subject.flags} == {"没电", others[0].note}


def test_it_says_how_far_the_publication_is_and_how_long_disputes_last(week: MadeUp) -> None:
    report = week.report()
    assert report.state == State.PROVISIONAL
    assert f"{report.final_at.astimezone(ZONE):%F %a %H:%M}" == "2026-11-26 Thu 12:00"
    assert (report.disputes_until - report.final_at).days == 7
    assert week.report(now=report.final_at).state == State.FINAL
    assert week.report(now=NOW - timedelta(hours=2)).state == State.LIVE
