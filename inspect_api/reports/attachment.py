"""The scores of a week as a spreadsheet, for those who want it with the mail."""

from checklists.tables import Language
from checklists.template import Dimension
from inspect_api.i18n import translator
from inspect_api.mail.message import Attachment
from inspect_api.reports.content import WeeklyReport
from inspect_api.scorecards.shapes import EmployeeWeek
from inspect_api.sheets import Cell, Sheet, to_xlsx

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def score_table(report: WeeklyReport, language: Language) -> Attachment:
    """Everyone at work, the lowest first, as in the mail; a dimension that is not official is left empty."""
    t = translator(language)
    heads = [t.gettext(text) for text in ("Number", "Employee", "Post", "Total", "Grade", "Change", "Red flags")]
    people = [*report.scored, *report.unscored, *report.not_seen]
    name = f"{report.site.name}-{report.week}"
    sheet = Sheet(
        name=name,
        title=str(report.week),
        columns=[*heads, *(t.dimension(one) for one in Dimension)],
        rows=[_row(report, row) for row in people],
    )
    return Attachment(f"{name}.xlsx", XLSX, to_xlsx(sheet))


def _row(report: WeeklyReport, row: EmployeeWeek) -> list[Cell]:
    official = {one.dimension: one.score for one in row.score.dimensions if one.official}
    return [
        row.number,
        row.name,
        row.post_name,
        row.score.total,
        row.score.grade,
        report.change_of(row),
        row.red_flags,
        *(official.get(one) for one in Dimension),
    ]
