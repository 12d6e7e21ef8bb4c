"""Claims, leases and outcomes of report runs."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from checklists.tables import RunState
from inspect_api.reports import runs
from inspect_api.reports.plan import plan_weekly
from inspect_api.reports.runs import LeaseLost, Run
from tests.inspect_api.reports.office import Office

LEASE = 60.0


def plan_one(office: Office) -> None:
    """One run that is due: the manager was granted the site just before the last report hour."""
    site, user = office.site(), office.user()
    office.grant(user, site, granted_at=office.now - timedelta(days=1))
    assert plan_weekly(office.database, office.settings(), office.now) == 1


def claim(office: Office, owner: str = "one") -> list[Run]:
    return runs.claim_due(office.database, office.now, owner, LEASE)


def test_a_claimed_run_is_left_alone_until_its_lease_ends(office: Office) -> None:
    plan_one(office)
    assert len(claim(office)) == 1
    office.later(seconds=LEASE - 1)
    assert claim(office, "two") == []
    office.later(seconds=1)
    assert len(claim(office, "two")) == 1


def test_a_sign_of_life_keeps_the_run(office: Office) -> None:
    plan_one(office)
    [run] = claim(office)
    office.later(seconds=LEASE - 1)
    assert runs.renew(office.database, run, office.now, LEASE)
    office.later(seconds=LEASE - 1)
    assert claim(office, "two") == []


def test_eight_claimers_at_once_get_each_run_once(office: Office) -> None:
    for _ in range(10):
        plan_one(office)
    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(lambda number: claim(office, f"process {number}"), range(40)))
    ids = [run.id for some in claimed for run in some]
    assert len(ids) == len(set(ids)) == 10


def test_who_slept_past_the_lease_cannot_hand_over(office: Office) -> None:
    plan_one(office)
    [sleeper] = claim(office)
    office.later(seconds=LEASE)
    [other] = claim(office, "one")  # even when the same process claims it again
    with pytest.raises(LeaseLost):
        runs.hand_over(office.database, sleeper, office.now, LEASE)
    assert not runs.record_failure(office.database, sleeper, office.now, "too late", answered=True)
    runs.hand_over(office.database, other, office.now, LEASE)
    assert runs.record_sent(office.database, other, office.now)
    assert office.run().state == RunState.SENT


def test_what_was_handed_over_is_never_taken_again_but_becomes_unconfirmed(office: Office) -> None:
    plan_one(office)
    [run] = claim(office)
    runs.hand_over(office.database, run, office.now, LEASE)
    for _ in range(5):
        office.later(days=1)
        assert claim(office, "two") == []
    assert office.run().state == RunState.UNCONFIRMED
    assert "服务器" in office.run().last_error
    assert runs.record_sent(office.database, run, office.now), "the answer that comes late is still the truth"
    assert office.run().state == RunState.SENT
    assert office.run().last_error is None


def test_a_failure_after_the_hand_over_is_tried_again_only_when_the_server_said_no(office: Office) -> None:
    plan_one(office)
    [run] = claim(office)
    runs.hand_over(office.database, run, office.now, LEASE)
    assert not runs.record_failure(office.database, run, office.now, "a bug of ours")
    assert office.run().state == RunState.HANDED_OVER
    assert runs.record_failure(office.database, run, office.now, "451 try later", answered=True)
    assert office.run().state == RunState.PLANNED


def test_a_failed_run_waits_longer_each_time_and_says_why(office: Office) -> None:
    plan_one(office)
    pauses = []
    for attempt in range(1, 11):
        [run] = claim(office)
        assert run.attempts == attempt - 1
        runs.record_failure(office.database, run, office.now, "450 greylisted")
        row = office.run()
        assert (row.state, row.last_error, row.attempts) == (RunState.PLANNED, "450 greylisted", attempt)
        pauses.append(row.next_attempt_at - office.now)
        assert claim(office) == []
        office.now = row.next_attempt_at
    assert pauses[0] <= timedelta(seconds=30)
    assert pauses[3] >= timedelta(minutes=2)
    assert all(timedelta(minutes=30) <= pause <= timedelta(hours=1) for pause in pauses[-2:])


def test_it_is_not_given_up_within_a_week_and_then_stays_visible(office: Office) -> None:
    plan_one(office)
    office.later(days=6, hours=23)
    [run] = claim(office)
    runs.record_failure(office.database, run, office.now, "connection refused")
    assert office.run().state == RunState.PLANNED
    office.later(hours=2)
    [run] = claim(office)
    runs.record_failure(office.database, run, office.now, "connection refused")
    assert (office.run().state, office.run().last_error) == (RunState.FAILED, "connection refused")
    office.later(days=1)
    assert claim(office) == []


def test_the_pause_is_spread_so_that_processes_do_not_come_back_together() -> None:
    assert runs.backoff(1, 0) == timedelta(seconds=30)
    assert runs.backoff(1, 1) == timedelta(seconds=15)
    assert runs.backoff(1000, 0) == timedelta(hours=1)


def test_a_long_answer_of_a_server_is_cut(office: Office) -> None:
    plan_one(office)
    [run] = claim(office)
    runs.record_failure(office.database, run, office.now, "x" * 10_000)
    assert len(office.run().last_error) == 500
