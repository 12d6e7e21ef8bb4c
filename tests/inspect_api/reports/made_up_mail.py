"""The mails of a made-up week as HTML: what the pictures in ``docs`` show, and what a browser is asked about."""

from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

from msgspec import structs

from checklists.ids import new_id
from checklists.periods import final_at
from checklists.responses import Response
from checklists.tables import ActionOrigin, ActionState, DisputeState, DisputeStep, Language, Priority
from inspect_api.actions.reading import ActionView
from inspect_api.disputes.reading import DisputeView
from inspect_api.i18n import translator
from inspect_api.mail.message import Envelope, render
from inspect_api.reports.content import Promises, WeeklyReport
from inspect_api.reports.letters import Letter, notice_of, own_result
from inspect_api.reports.sending import Recipient
from inspect_api.reports.weekly import compose
from inspect_api.scorecards.shapes import EmployeeWeek
from tests.inspect_api.reports.made_up import NOW, SITE, WEEK, ZONE, MadeUp
from tests.worked_numbers import GROOMING

ADDRESS = "https://inspect.example.com"
_UNSUBSCRIBE = f"{ADDRESS}/unsubscribe/x"


def promises(week: MadeUp, count: int = 2) -> Promises:
    """So many disputes to answer, the first one late, and as many overdue actions for the radio and for low grades."""
    rows = week.found.rows[:count]
    radio = [_action(row, item=True) for row in rows]
    plans = [_action(row, item=False) for row in rows[: count // 2]]
    return Promises([_dispute(row, late=row is rows[0]) for row in rows], [*radio, *plans])


def report(week: MadeUp, count: int = 2) -> WeeklyReport:
    """With a conflict as well."""
    found = replace(week.found, rows=[*week.found.rows[:-1], _in_conflict(week.found.rows[-1])])
    return replace(week, found=found).report(promises=promises(week, count))


def weekly(week: MadeUp, language: Language) -> str:
    envelope = Envelope(
        "reports@example.com", "王经理", "wang@example.com", "<1@example.com>", NOW, unsubscribe=_UNSUBSCRIBE
    )
    return html_of(compose(report(week), envelope, language, ADDRESS, 1, NOW))


def own(week: MadeUp, language: Language) -> str:
    row = next(row for row in week.found.rows if row.red_flags and row.score.total is not None)
    (corrected, *_) = week.corrections
    recipient = Recipient("u", row.name, "x@example.com", language)
    until = final_at(WEEK, ZONE) + timedelta(days=7)
    return _letter(own_result(row, [corrected], recipient, translator(language), until), language)


def notice(week: MadeUp, language: Language) -> str:
    view = _dispute(week.found.rows[0], late=False)
    recipient = Recipient("u", "王经理", "wang@example.com", language)
    return _letter(notice_of(view, DisputeStep.OPENED, None, recipient, translator(language)), language)


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    return str(part.get_content()) if part else ""


def _letter(letter: Letter, language: Language) -> str:
    values = {**letter._asdict(), "here": ADDRESS + letter.path, "unsubscribe": _UNSUBSCRIBE}
    return render("letter.html", language, **values)


def _in_conflict(row: EmployeeWeek) -> EmployeeWeek:
    return replace(row, score=structs.replace(row.score, under_review=True))


def _dispute(row: EmployeeWeek, *, late: bool) -> DisputeView:
    due = NOW + timedelta(days=-1 if late else 2)
    return DisputeView(
        id=new_id(),
        organisation_id=SITE.organisation_id,
        site_id=SITE.id,
        site=SITE.name,
        zone=ZONE,
        employee_id=row.employee_id,
        employee=row.name,
        number=row.number,
        week=str(WEEK.previous()),
        inspection_id=new_id(),
        supervisor_id="liu",
        supervisor="刘督导",
        captured_at=NOW - timedelta(days=9),
        template=GROOMING.title,
        item=next(item for item in GROOMING.items() if item.key == "worked_grooming.radio"),
        value=Response("fail", "未携带"),
        reason="对讲机送修，有维修单",
        photo=None,
        state=DisputeState.OPEN,
        round=1,
        opened_at=NOW - timedelta(days=4),
        due_at=due,
        escalated_at=due if late else None,
        first_reviewer_id=None,
        reviewer_id=None,
        reviewer=None,
        outcome=None,
        answer=None,
        answered_at=None,
        acknowledged_at=None,
    )


def _action(row: EmployeeWeek, *, item: bool) -> ActionView:
    due = NOW - timedelta(days=2)
    return ActionView(
        id=new_id(),
        organisation_id=SITE.organisation_id,
        site_id=SITE.id,
        site=SITE.name,
        zone=ZONE,
        origin=ActionOrigin.CRITICAL_ITEM if item else ActionOrigin.LOW_GRADE,
        inspection_id=None,
        item=next(one for one in GROOMING.items() if one.key == "worked_grooming.radio") if item else None,
        template_key=GROOMING.key if item else None,
        employee_id=row.employee_id,
        employee=row.name,
        workspace_id=None,
        workspace=None,
        week=None,
        task="连续两周评级为 D 或以下，请谈话并定改进计划 / Grade D or worse twice running: agree on a plan",
        owner_id="m",
        owner="王经理",
        priority=Priority.HIGH,
        state=ActionState.OPEN,
        due_at=due,
        escalated_at=due,
        created_at=NOW - timedelta(days=7),
        fixed_by=None,
        fixed_at=None,
        fix_note=None,
        fix_photo=None,
        reinspection_id=None,
        reopened=0,
        closed_at=None,
    )
