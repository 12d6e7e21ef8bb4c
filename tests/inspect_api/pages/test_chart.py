from fractions import Fraction

from checklists.periods import Week
from inspect_api.pages.chart import draw
from inspect_api.scorecards.shapes import WeekTotal


def history(*totals: str | None) -> list[WeekTotal]:
    week, points = Week(2026, 40), []
    for total in totals:
        points.append(WeekTotal(week, Fraction(total) if total else None, None, 1))
        week = week.next()
    return points


def test_one_point_is_no_trend() -> None:
    assert draw(history(None, "88.3")) is None


def test_higher_is_further_up_and_later_further_right() -> None:
    chart = draw(history("70", "80", "90"))
    assert chart is not None
    ys, xs = [point.y for point in chart.points], [point.x for point in chart.points]
    assert ys == sorted(ys, reverse=True)
    assert xs == sorted(xs)
    assert all(0 < point.x < chart.width and 0 < point.y < chart.height for point in chart.points)


def test_a_week_without_a_total_breaks_the_line_and_is_marked() -> None:
    chart = draw(history("80", "82", None, "90", "91"))
    assert chart is not None
    assert len(chart.lines) == 2
    assert len(chart.gaps) == 1
    assert [point.label for point in chart.points] == ["80.0", "82.0", "90.0", "91.0"]


def test_the_scale_holds_the_lowest_and_makes_no_leap_of_a_tenth() -> None:
    steady, low = draw(history("88.1", "88.3")), draw(history("12", "95"))
    assert steady is not None
    assert low is not None
    assert abs(steady.points[0].y - steady.points[1].y) < 5
    assert max(point.y for point in low.points) <= low.height - 30
