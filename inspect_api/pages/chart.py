"""The trend as a small drawing: where its points lie. What they are stands beside it as a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from checklists.scoring.arithmetic import display
from inspect_api.scorecards.shapes import WeekTotal

WIDTH, HEIGHT = 640, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 28, 30, 30


@dataclass(frozen=True)
class Point:
    """``x``, ``y``: in units of the drawing. ``label``: the total as displayed."""

    x: float
    y: float
    label: str
    week: WeekTotal


@dataclass(frozen=True)
class Chart:
    """``lines``: runs of points of weeks in a row, as SVG point lists; a week without a total breaks the line.

    ``ticks``: (y, points) of the scale's lines. ``gaps``: x of the weeks without a total.
    """

    points: tuple[Point, ...]
    lines: tuple[str, ...]
    ticks: tuple[tuple[float, int], ...]
    gaps: tuple[float, ...]
    labels: tuple[tuple[float, WeekTotal], ...]
    width: int = WIDTH
    height: int = HEIGHT


def draw(history: Sequence[WeekTotal]) -> Chart | None:
    """The oldest week first. None with fewer than two totals: one point is no trend."""
    totals = [float(week.total) for week in history if week.total is not None]
    if len(totals) < 2:
        return None
    # The scale begins at a multiple of ten below the lowest, so that 82 → 88 is seen and 88.1 → 88.3 is not a leap.
    low = max(0, min(int(min(totals) // 10) * 10, 80))
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(history) - 1)

    def x(place: int) -> float:
        return round(_LEFT + place * step, 1)

    def y(value: float) -> float:
        return round(_TOP + (100 - value) / (100 - low) * (HEIGHT - _TOP - _BOTTOM), 1)

    points = tuple(
        Point(x(place), y(float(week.total)), display(week.total), week)
        for place, week in enumerate(history)
        if week.total is not None
    )
    return Chart(
        points=points,
        lines=_runs(points, step),
        ticks=tuple((y(value), value) for value in range(low, 101, 10 if low >= 60 else 20)),
        gaps=tuple(x(place) for place, week in enumerate(history) if week.total is None),
        labels=tuple((x(place), week) for place, week in enumerate(history)),
    )


def _runs(points: Sequence[Point], step: float) -> tuple[str, ...]:
    runs: list[list[Point]] = []
    for point in points:
        if runs and point.x - runs[-1][-1].x < 1.5 * step:
            runs[-1].append(point)
        else:
            runs.append([point])
    return tuple(" ".join(f"{point.x},{point.y}" for point in run) for run in runs if len(run) > 1)
