"""A deliberate second mail."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checklists.ids import new_id
from checklists.tables import Audit, Role, RunState, table_of
from inspect_api.auth.principal import Principal
from inspect_api.problems import Code, Problem
from inspect_api.reports import runs
from inspect_api.reports.plan import plan_weekly
from inspect_api.reports.resend import resend
from tests.inspect_api.reports.office import Office


@pytest.fixture
def failed(sqlite_office: Office) -> Office:
    office = sqlite_office
    office.grant(office.user(), office.site(), granted_at=office.now - timedelta(days=1))
    plan_weekly(office.database, office.settings(), office.now)
    [run] = runs.claim_due(office.database, office.now, "test", 60)
    runs.record_failure(office.database, run, office.now, "550 no such user", final=True)
    return office


def ask(office: Office, principal: Principal, run_id: str | None = None) -> str:
    with office.database.write() as connection:
        return resend(connection, principal, run_id or office.runs()[0].id, office.now, "example.com")


def test_the_second_mail_is_a_run_of_its_own_and_the_first_stays(failed: Office) -> None:
    new = ask(failed, failed.administrator())
    first, second = failed.runs()
    assert (first.state, first.last_error) == (RunState.FAILED, "550 no such user")
    assert (second.id, second.revision, second.state) == (new, 2, RunState.PLANNED)
    assert second.message_id != first.message_id
    assert (second.recipient_id, second.period) == (first.recipient_id, first.period)
    with failed.database.read() as connection:
        [audit] = connection.execute(sa.select(table_of(Audit))).all()
    assert (audit.action, audit.object_id) == ("report_run.resend", first.id)


def test_a_second_click_makes_no_third_mail(failed: Office) -> None:
    administrator = failed.administrator()
    ask(failed, administrator)
    with pytest.raises(Problem) as problem:
        ask(failed, administrator)
    assert problem.value.code == Code.CONFLICT
    assert len(failed.runs()) == 2


def test_what_may_still_go_out_by_itself_is_not_sent_again(failed: Office) -> None:
    administrator = failed.administrator()
    planned = ask(failed, administrator)
    with pytest.raises(Problem) as problem:
        ask(failed, administrator, planned)
    assert problem.value.code == Code.CONFLICT


def test_only_an_administrator_and_only_of_the_organisation(failed: Office) -> None:
    administrator = failed.administrator()
    manager = replace(administrator, sites={Role.MANAGER: frozenset({failed.runs()[0].site_id})})
    with pytest.raises(Problem) as problem:
        ask(failed, manager)
    assert problem.value.code == Code.FORBIDDEN
    with pytest.raises(Problem) as problem:
        ask(failed, replace(administrator, organisation_id=new_id()))
    assert problem.value.code == Code.NOT_FOUND
    assert len(failed.runs()) == 1
