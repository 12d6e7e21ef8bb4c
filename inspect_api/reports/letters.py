"""Short mails: an employee's own week, and what happened to a dispute. What they say in full is on the page."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import NamedTuple

import sqlalchemy as sa

from checklists.periods import Week, final_at
from checklists.tables import Dispute, DisputeEvent, DisputeStep, Language, Outcome, table_of
from inspect_api.disputes.reading import DisputeView, views
from inspect_api.figures import points, signed
from inspect_api.i18n import N_, SPACE, Translator, translator
from inspect_api.mail.message import make_message, render
from inspect_api.reports.runs import Run
from inspect_api.reports.sending import Recipient
from inspect_api.reports.weekly import corrections_between, days, envelope_of
from inspect_api.scorecards import service as scorecards
from inspect_api.scorecards.shapes import Correction, EmployeeWeek, State
from inspect_api.scorecards.week_table import moved
from inspect_api.scorecards.wording import reason_text
from inspect_api.services import Services

_dispute, _event = table_of(Dispute), table_of(DisputeEvent)

_HEADINGS = {
    DisputeStep.OPENED: N_("A dispute waits for an answer"),
    DisputeStep.APPEALED: N_("An appeal waits for an answer"),
    DisputeStep.ESCALATED: N_("A dispute is overdue: an administrator decides"),
    DisputeStep.ANSWERED: N_("A dispute is answered"),
}
_OUTCOMES = {
    Outcome.KEEP: N_("Kept as it was"),
    Outcome.CHANGE: N_("The value is changed"),
    Outcome.VOID: N_("The item does not count"),
}


class Letter(NamedTuple):
    subject: str
    heading: str
    opening: str
    facts: Sequence[tuple[str, str]]
    path: str
    button: str
    closing: str


def employee_mail(services: Services, connection: sa.Connection, run: Run, recipient: Recipient) -> EmailMessage:
    """The own result of the week as it stands now, and what was corrected of earlier ones since the mail before; how it
    came about is behind the link."""
    if recipient.employee_id is None:
        raise ValueError("the recipient is no employee")
    t, week = translator(recipient.language), Week.parse(run.period)
    row = scorecards.employee_week(connection, recipient.employee_id, week)
    between = corrections_between(connection, run, row.site, services)
    corrected = scorecards.corrections(connection, row.site.id, *between, recipient.employee_id)
    until = final_at(week, row.site.zone) + timedelta(days=services.settings.dispute_days)
    still = until if services.clock() < until else None
    return _mail(services, run, recipient, own_result(row, corrected, recipient, t, still))


def own_result(
    row: EmployeeWeek,
    corrected: Sequence[Correction],
    recipient: Recipient,
    t: Translator,
    until: datetime | None = None,
) -> Letter:
    """``until``: the end of the time to dispute what is in the first final version; None once it is over."""
    score, change = row.score, moved(row.score.total, row.previous_total)
    total = f"{points(score.total)} {score.grade or ''}".strip()
    if change is not None:
        total += t.gettext(" (%(change)s against last week)") % {"change": signed(change)}
    facts = [(t.gettext("Total"), total)]
    for one in score.dimensions:
        if one.score is not None:
            kind = "" if one.official else t.gettext(" (not enough checks yet)")
            facts.append((t.dimension(one.dimension), f"{points(one.score)}{kind}"))
    if row.red_flags:
        facts.append((t.gettext("Red flags"), str(row.red_flags)))
    if until is not None:
        facts.append((t.gettext("Disputes until"), t.moment(until, row.site.zone)))
    for earlier in corrected:
        why = t.gettext(SPACE).join(reason_text(reason, t, row.site.zone) for reason in earlier.reasons)
        label = t.gettext("Corrected: %(week)s") % {"week": t.short_week(earlier.week)}
        facts.append((label, f"{points(earlier.old)} → {points(earlier.new)}{t.gettext(': ')}{why}"))
    opening = (
        t.gettext("These numbers are final. You can see every point, and dispute an item in time, on your page.")
        if row.state is State.FINAL
        else t.gettext("These numbers are provisional. You can see every point, and object to it, on your page.")
    )
    title = t.gettext("Your result of %(week)s (%(days)s)") % {"week": str(row.week), "days": days(row.week, t)}
    return Letter(
        subject=title,
        heading=title,
        opening=opening,
        facts=facts,
        path=f"/employees/{row.employee_id}/weeks/{row.week}",
        button=t.gettext("Open my week"),
        closing=t.gettext("For %(name)s only.") % {"name": recipient.name},
    )


def notice_mail(services: Services, connection: sa.Connection, run: Run, recipient: Recipient) -> EmailMessage:
    """What somebody did to a dispute, or that its time is over; never the words of the employee."""
    event = connection.execute(sa.select(_event).where(_event.c.id == run.about)).one()
    view = views(connection, run.organisation_id, _dispute.c.id == event.dispute_id)[0]
    t = translator(recipient.language)
    letter = notice_of(view, DisputeStep(event.step), event.outcome, recipient, t)
    # The same item of the same person may be disputed again in another check: each notice has a subject of its own.
    return _mail(services, run, recipient, letter._replace(subject=f"{letter.subject} #{run.about[-6:]}"))


def notice_of(view: DisputeView, step: DisputeStep, outcome: str | None, recipient: Recipient, t: Translator) -> Letter:
    item = t.choose(view.item.text)
    facts = [
        (t.gettext("Item"), item),
        (t.gettext("Employee"), f"{view.employee} {view.number}"),
        (
            t.gettext("Check"),
            f"{t.choose(view.template)} · {t.moment(view.captured_at, view.zone)} · {view.supervisor}",
        ),
    ]
    if step is DisputeStep.ANSWERED and outcome is not None:
        facts.append((t.gettext("Outcome"), t.gettext(_OUTCOMES[Outcome(outcome)])))
        opening = t.gettext("The answer and its reason are on the page. A changed score is a new version there.")
    else:
        facts.append((t.gettext("Answer due"), t.day(view.due_on)))
        opening = t.gettext("The week is under review until it is answered. Whoever inspected does not decide it.")
    heading = t.gettext(_HEADINGS[step])
    return Letter(
        subject=f"[{view.site}] {heading}{t.gettext(': ')}{item}",
        heading=heading,
        opening=opening,
        facts=facts,
        path=f"/disputes/{view.id}" if recipient.user_id != view.supervisor_id else "/",
        button=t.gettext("Open the dispute")
        if recipient.user_id != view.supervisor_id
        else t.gettext("Open the pages"),
        closing=t.gettext("For %(name)s, whom this dispute concerns.") % {"name": recipient.name},
    )


def _mail(services: Services, run: Run, recipient: Recipient, letter: Letter) -> EmailMessage:
    language = Language(recipient.language)
    envelope = envelope_of(services, run, recipient)
    values = {
        **letter._asdict(),
        "here": f"{services.settings.effective_public_url()}{letter.path}",
        "unsubscribe": envelope.unsubscribe,
    }
    subject = letter.subject
    if run.revision > 1:
        subject += " · " + translator(language).gettext("sent again (%(number)d)") % {"number": run.revision}
    text, html = render("letter.txt", language, **values), render("letter.html", language, **values)
    return make_message(envelope, subject, text, html, language)
