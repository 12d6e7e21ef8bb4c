"""The weekly report as a mail: read from the database, built, rendered."""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from typing import NamedTuple

import sqlalchemy as sa

from checklists.periods import Week
from checklists.tables import Language, ReportRun, table_of
from inspect_api.actions.reading import overdue_actions
from inspect_api.disputes.reading import open_disputes
from inspect_api.i18n import Translator, translator
from inspect_api.mail.choices import unsubscribe_link
from inspect_api.mail.message import HTML_LIMIT, Attachment, Envelope, make_message, render
from inspect_api.reports.attachment import score_table
from inspect_api.reports.content import Promises, WeeklyReport, build_report, inspections_to_explain
from inspect_api.reports.due import due_at
from inspect_api.reports.kinds import PREVIEW, WEEKLY
from inspect_api.reports.runs import Run
from inspect_api.reports.schedule import schedule_of
from inspect_api.reports.sending import Recipient
from inspect_api.scorecards import service as scorecards
from inspect_api.scorecards.collect import rules_of
from inspect_api.scorecards.explain import explain_inspections
from inspect_api.scorecards.shapes import SiteRef
from inspect_api.services import Services

_RUN = table_of(ReportRun)


class Limits(NamedTuple):
    """How many entries of each list the HTML part shows; what is more is a link to the page."""

    rows: int
    flags: int
    decisions: int
    names: int
    corrections: int
    tablets: int


LIMITS = Limits(rows=30, flags=12, decisions=6, names=30, corrections=10, tablets=12)


def weekly_mail(services: Services, connection: sa.Connection, run: Run, recipient: Recipient) -> EmailMessage:
    """The report on the run's site and week, as things stand now, for its recipient."""
    week, now = Week.parse(run.period), services.clock()
    found = scorecards.site_week(connection, run.site_id, week, now)
    report = build_report(
        found,
        scorecards.corrections(connection, run.site_id, *corrections_between(connection, run, found.site, services)),
        explain_inspections(connection, inspections_to_explain(found)),
        rules_of(connection, found.site, week),
        now,
        _promises(services, connection, found.site, now),
    )
    language = Language(recipient.language)
    wanted = schedule_of(connection, services.settings, run.organisation_id).attachment
    if recipient.attachment is not None:
        wanted = recipient.attachment
    return compose(
        report,
        envelope_of(services, run, recipient),
        language,
        services.settings.effective_public_url(),
        run.revision,
        now,
        attachments=[score_table(report, language)] if wanted else [],
        preview=run.report == PREVIEW,
    )


def envelope_of(services: Services, run: Run, recipient: Recipient) -> Envelope:
    """A preview has no link to unsubscribe: it comes once, to who asked for it."""
    settings, link = services.settings, None
    if run.report != PREVIEW:
        address, secret = settings.effective_public_url(), settings.effective_secret_key()
        link = unsubscribe_link(address, secret, recipient.user_id, run.report)
    return Envelope(settings.mail_from, recipient.name, recipient.email, run.message_id, run.planned_at, link)


def compose(
    report: WeeklyReport,
    envelope: Envelope,
    language: Language,
    address: str,
    revision: int,
    now: datetime,
    *,
    attachments: Sequence[Attachment] = (),
    preview: bool = False,
) -> EmailMessage:
    """``address``: where the pages are, without a slash at its end. ``now``: as of when the numbers are."""
    t = translator(language)
    values = {
        "report": report,
        "site": report.site,
        "week": report.week,
        "days": days(report.week, t),
        "recipient": envelope.recipient_name,
        "pages": address,
        "here": f"{address}/sites/{report.site.id}/weeks/{report.week}",
        "revision": revision,
        "now": now,
        "unsubscribe": envelope.unsubscribe,
        "preview": preview,
    }
    text = render("weekly.txt", language, **values)
    title = subject(report, revision, t)
    if preview:
        title = f"{t.gettext('[Preview]')} {title}"
    return make_message(envelope, title, text, _html(language, values), language, attachments)


def _html(language: Language, values: dict[str, object]) -> str:
    """As much as fits: the plain text has everything, and every list that is cut says how much is on the page."""
    limits = LIMITS
    html = render("weekly.html", language, limits=limits, **values)
    while len(html.encode()) > HTML_LIMIT and limits.rows:
        limits = Limits(*(limit * 2 // 3 for limit in limits))
        html = render("weekly.html", language, limits=limits, **values)
    return html


def subject(report: WeeklyReport, revision: int, t: Translator) -> str:
    """``[场所] 检查周报 2026-W47（11月16日–22日）· 待处理 2 项``, different for every site, week and re-send."""
    parts = [
        t.gettext("[%(site)s] Inspection report %(week)s (%(days)s)")
        % {"site": report.site.name, "week": str(report.week), "days": days(report.week, t)},
        t.ngettext("%(num)d to do", "%(num)d to do", report.to_do) % {"num": report.to_do}
        if report.to_do
        else t.gettext("nothing to do"),
    ]
    if revision > 1:
        parts.append(t.gettext("sent again (%(number)d)") % {"number": revision})
    return t.gettext(" · ").join(parts)


def days(week: Week, t: Translator) -> str:
    """``11月16日–22日`` / ``16–22 Nov``; both months where the week has two."""
    if week.monday.month != week.sunday.month:
        return f"{t.day(week.monday)}–{t.day(week.sunday)}"
    if t.language is Language.ENGLISH:
        return f"{week.monday.day}–{t.day(week.sunday)}"
    return f"{t.day(week.monday)}–{week.sunday.day}日"


def _promises(services: Services, connection: sa.Connection, site: SiteRef, now: datetime) -> Promises:
    disputes = open_disputes(connection, site.organisation_id, site.id)
    actions = overdue_actions(connection, site.organisation_id, site.id, now)
    return Promises(disputes, actions, services.settings.dispute_days)


def corrections_between(
    connection: sa.Connection, run: Run, site: SiteRef, services: Services
) -> tuple[datetime, datetime]:
    """From when the report before was planned to when this one was: each correction is in exactly one report.

    Planned and not due, because the run is planned right after publishing, which is when old weeks are corrected.
    """
    planned: dict[str, datetime] = {
        row.period: row.planned_at
        for row in connection.execute(
            sa.select(_RUN.c.period, sa.func.min(_RUN.c.planned_at).label("planned_at"))
            .where(_RUN.c.report == WEEKLY, _RUN.c.site_id == run.site_id, _RUN.c.period <= run.period)
            .group_by(_RUN.c.period)
            .order_by(_RUN.c.period.desc())
            .limit(2)
        )
    }
    earlier = [period for period in planned if period != run.period]
    schedule = schedule_of(connection, services.settings, run.organisation_id)
    last = Week.parse(run.period).previous()
    since = planned[earlier[0]] if earlier else due_at(last, schedule.clock(site.zone), schedule.hour, schedule.weekday)
    return since, planned.get(run.period, run.planned_at)
