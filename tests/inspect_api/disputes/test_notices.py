"""Everyone concerned is told of each step of a dispute, once; employees of their week; corrections of earlier weeks."""

import asyncio
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest
import sqlalchemy as sa

from checklists.periods import Week, final_at
from checklists.tables import ReportRun, ReportSchedule, RoleGrant, User, table_of
from inspect_api.mail.folder import FolderMailer
from inspect_api.reports.builders import BUILDERS
from inspect_api.reports.due import due_at
from inspect_api.reports.kinds import WEEKLY
from inspect_api.reports.plan import plan_weekly
from inspect_api.reports.runs import Run
from inspect_api.reports.sending import Recipient, send_due
from inspect_api.reports.weekly import weekly_mail
from inspect_api.scorecards.publication import publish_due
from tests.databases import both_databases
from tests.inspect_api.disputes.court import Court
from tests.worked_numbers import CHEN, LATE_CHECK, WEEK, ZONE, grooming_check, site_time

database_kind = both_databases


@pytest.fixture
def addressed(court: Court) -> Court:
    """Everybody has an address; what came before is out."""
    user = table_of(User)
    with court.world.services.database.write() as connection:
        connection.execute(user.update().values(email=user.c.login + "@example.test"))
    plan(court)
    send(court)
    return court


def plan(court: Court) -> None:
    services = court.world.services
    plan_weekly(services.database, services.settings, services.clock())


def send(court: Court) -> list[EmailMessage]:
    """What went out since the last time."""
    mailer = court.world.services.mailer
    assert isinstance(mailer, FolderMailer)
    before = set(mailer.folder.glob("*.eml"))
    asyncio.run(send_due(court.world.services, "test", BUILDERS))
    new = sorted(set(mailer.folder.glob("*.eml")) - before)
    return [BytesParser(policy=policy.default).parsebytes(path.read_bytes()) for path in new]


def told(court: Court) -> dict[str, EmailMessage]:
    """By log-in."""
    plan(court)
    messages = send(court)
    found = {message["To"].addresses[0].username: message for message in messages}
    assert len(found) == len(messages)
    return found


async def test_each_step_is_told_once_to_everyone_concerned_and_not_to_who_took_it(addressed: Court) -> None:
    court = addressed
    opened = await court.opened()
    first = await asyncio.to_thread(told, court)
    assert set(first) == {"manager", "second", "liu"}  # liu inspected, and manages as well
    assert await asyncio.to_thread(told, court) == {}
    text = first["manager"].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert f"/disputes/{opened}" in text
    assert "维修单" not in first["manager"].as_string()
    assert f"/disputes/{opened}" not in first["liu"].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert (await court.answer(opened)).status_code in (200, 204)
    second = await asyncio.to_thread(told, court)
    assert set(second) == {"employee", "second", "liu"}
    subjects = [str(one["Subject"]) for one in (*first.values(), *second.values())]
    assert len({(str(one["Subject"]), str(one["To"])) for one in (*first.values(), *second.values())}) == len(subjects)
    assert "申诉已答复" in str(second["employee"]["Subject"])
    court.clock.forward(hours=1)
    appeal = await court.call("employee", "POST", f"/disputes/{opened}/appeal", {"reason": "仍不同意"})
    assert appeal.status_code in (200, 204), appeal.text
    assert set(await asyncio.to_thread(told, court)) == {"manager", "second", "liu"}


async def test_where_nobody_who_is_told_may_answer_whoever_may_is_told_as_well(addressed: Court) -> None:
    """All managers of the site had a part in the check: an administrator hears of it at once, not when it is late."""
    court, grant = addressed, table_of(RoleGrant)
    alone = [court.world.users[login] for login in ("manager", "second")]
    with court.world.services.database.write() as connection:
        connection.execute(grant.update().where(grant.c.user_id.in_(alone)).values(revoked_at=court.clock.now))
    await court.opened()
    assert set(await asyncio.to_thread(told, court)) == {"liu", "admin"}


async def test_where_no_administrator_may_answer_either_another_sites_manager_is_told(addressed: Court) -> None:
    court, grant = addressed, table_of(RoleGrant)
    alone = [court.world.users[login] for login in ("manager", "second", "admin")]
    with court.world.services.database.write() as connection:
        connection.execute(grant.update().where(grant.c.user_id.in_(alone)).values(revoked_at=court.clock.now))
    opened = await court.opened()
    found = await asyncio.to_thread(told, court)
    assert set(found) == {"liu", "towerboss"}
    assert f"/disputes/{opened}" in found["towerboss"].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert (await court.answer(opened, "towerboss")).status_code in (200, 204)


async def test_an_organisation_can_switch_notices_off_and_on_again_without_a_flood(addressed: Court) -> None:
    court, schedule = addressed, table_of(ReportSchedule)
    row = {"organisation_id": court.world.organisation_id, "weekday": 0, "hour": 8, "attachment": False}
    with court.world.services.database.write() as connection:
        connection.execute(schedule.insert(), row | {"notices_from": None, "changed_at": court.clock.now})
    opened = await court.opened()
    assert await asyncio.to_thread(told, court) == {}
    court.clock.forward(hours=1)
    with court.world.services.database.write() as connection:
        connection.execute(schedule.update().values(notices_from=court.clock.now))
    assert await asyncio.to_thread(told, court) == {}
    court.clock.forward(hours=1)
    await court.answer(opened)
    assert set(await asyncio.to_thread(told, court)) == {"employee", "second", "liu"}


async def test_employees_get_their_own_result_where_the_organisation_wants_it(addressed: Court) -> None:
    court = addressed
    row = {"organisation_id": court.world.organisation_id, "weekday": 4, "hour": 8, "attachment": False}
    row |= {"employees_from": court.clock.now, "changed_at": court.clock.now}
    with court.world.services.database.write() as connection:
        connection.execute(table_of(ReportSchedule).insert(), row)
    court.clock.now = due_at(WEEK, ZONE, 8, 4)
    found = await asyncio.to_thread(told, court)
    mine = {login: one for login, one in found.items() if "您的检查结果" in str(one["Subject"])}
    assert set(mine) == {"employee"}  # the colleague was not inspected
    text = mine["employee"].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "88.3" in text
    assert f"/employees/{court.world.employees['lobby-1']}/weeks/{WEEK}" in text
    assert "李强" not in mine["employee"].as_string()
    assert "已更正" not in text

    court.clock.forward(hours=1)
    await asyncio.to_thread(court.desk.send, LATE_CHECK)
    await asyncio.to_thread(court.desk.send, grooming_check("next week", CHEN, site_time(24)))
    publish_due(court.world.services)
    court.clock.now = due_at(WEEK.next(), ZONE, 8, 4)
    found = await asyncio.to_thread(told, court)
    text = found["employee"].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "第47周已更正：88.3 → 89.4：迟到同步" in text


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh", ("往周更正", "申诉成立", "对讲机")), ("en", ("Corrections to earlier weeks", "Dispute upheld"))],
)
async def test_the_upheld_dispute_is_a_correction_in_the_next_weekly_report(
    addressed: Court, language: str, words: tuple[str, ...]
) -> None:
    court = addressed
    court.clock.forward(hours=3)
    await court.answer(await court.opened())
    court.clock.forward(minutes=10)
    publish_due(court.world.services)
    court.clock.now = due_at(WEEK.next(), ZONE, 8)
    plan(court)
    message = weekly_mail_of(court, WEEK.next(), language)
    for kind in ("plain", "html"):
        content = message.get_body((kind,)).get_content()  # type: ignore[union-attr]
        for word in words:
            assert word in content, word


async def test_what_synced_late_is_a_correction_in_the_next_weekly_report(addressed: Court) -> None:
    court = addressed
    court.clock.now = final_at(WEEK, ZONE) + timedelta(hours=5)
    await asyncio.to_thread(court.desk.send, LATE_CHECK)
    court.clock.forward(minutes=10)
    publish_due(court.world.services)
    court.clock.now = due_at(WEEK.next(), ZONE, 8)
    plan(court)
    for language, cause in (("zh", "迟到同步"), ("en", "Late sync")):
        text = weekly_mail_of(court, WEEK.next(), language).get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert "88.3 → 89.4" in text
        assert cause in text


def weekly_mail_of(court: Court, week: Week, language: str) -> EmailMessage:
    services, user_id, run = court.world.services, court.world.users["manager"], table_of(ReportRun)
    with services.database.read() as connection:
        row = connection.execute(
            sa.select(run).where(run.c.report == WEEKLY, run.c.period == str(week), run.c.recipient_id == user_id)
        ).one()
        claimed = Run(
            row.id,
            row.organisation_id,
            row.report,
            row.site_id,
            row.period,
            1,
            user_id,
            row.message_id,
            0,
            row.planned_at,
            "",
        )
        return weekly_mail(services, connection, claimed, Recipient(user_id, "M", "m@example.test", language))
