"""The published versions of a week beside each other: what each of them said, figure by figure."""

from collections.abc import Mapping, Sequence

from checklists.scoring.dimension import DimensionScore
from checklists.scoring.week import WeekScore
from checklists.template import Dimension
from inspect_api.figures import NOTHING, points
from inspect_api.i18n import Translator


def compared(contents: Mapping[int, WeekScore], t: Translator) -> list[tuple[str, Sequence[str]]]:
    """Label and the cells of one line, a cell for each version in its order."""
    scores = [contents[number] for number in sorted(contents)]
    return [
        (t.gettext("Total"), [points(one.total) for one in scores]),
        (t.gettext("Grade"), [one.grade or NOTHING for one in scores]),
        *((t.dimension(key), [_mark(one.dimension(key)) for one in scores]) for key in Dimension),
        (t.gettext("Checks"), [str(checks(one)) for one in scores]),
        (t.gettext("Supervisors"), [str(len(_supervisors(one))) for one in scores]),
        (t.gettext("Red flags"), [str(one.red_flags) for one in scores]),
    ]


def checks(score: WeekScore) -> int:
    """Those that count, also in dimensions that are not official."""
    return sum(one.inspections for one in score.dimensions)


def _supervisors(score: WeekScore) -> set[str]:
    return {share.supervisor_id for one in score.dimensions for share in one.supervisors}


def _mark(one: DimensionScore) -> str:
    """In brackets when it is not official."""
    return points(one.score) if one.official or one.score is None else f"({points(one.score)})"
