"""Report runs over HTTP: who sees them, and who may send again."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from checklists.tables import ReportRun, RunState, table_of
from inspect_api.jobs import run_once
from tests.world import SteppedClock, World, log_in

RUNS = "/api/v1/report-runs"


@pytest.fixture
async def sent(world: World, clock: SteppedClock) -> World:
    """Two Mondays later: two mails have gone to the lobby's manager."""
    for _ in range(2):
        clock.forward(days=7)
        await run_once(world.services)
    return world


def settle(world: World, state: RunState) -> None:
    with world.services.database.write() as connection:
        connection.execute(sa.update(table_of(ReportRun)).values(state=state))


async def read(world: World, login: str, **query: Any) -> Any:
    async with world.client() as client:
        return await client.get(RUNS, params=query, headers=await log_in(client, login))


async def test_an_administrator_sees_what_went_to_whom(sent: World) -> None:
    answer = await read(sent, "admin")
    newest, oldest = answer.json()
    assert answer.status_code == 200
    assert (newest["period"], oldest["period"]) == ("2026-W48", "2026-W47")
    assert newest["state"] == "sent"
    assert newest["sent_at"] is not None
    assert (newest["recipient_name"], newest["site_name"]) == ("Manager", "云顶大堂")


async def test_pages_and_filters(sent: World) -> None:
    [newest] = (await read(sent, "admin", limit=1)).json()
    [oldest] = (await read(sent, "admin", before=newest["id"])).json()
    assert oldest["period"] == "2026-W47"
    assert (await read(sent, "admin", period="2026-W48")).json() == [newest]
    assert (await read(sent, "admin", run_state="failed")).json() == []
    assert (await read(sent, "admin", site_id=sent.sites["tower"])).json() == []
    assert (await read(sent, "admin", run_state="nonsense")).status_code == 400
    assert (await read(sent, "admin", limit=0)).status_code == 400


async def test_a_manager_sees_their_sites_and_others_nothing(sent: World) -> None:
    assert len((await read(sent, "manager")).json()) == 2
    assert (await read(sent, "manager", site_id=sent.sites["tower"])).json() == []
    for login in ("chen", "employee"):
        assert (await read(sent, login)).status_code == 403
    async with sent.client() as client:
        assert (await client.get(RUNS)).status_code == 401


async def test_an_administrator_sends_again_and_it_arrives(sent: World, clock: SteppedClock) -> None:
    settle(sent, RunState.UNCONFIRMED)
    run_id = (await read(sent, "admin")).json()[0]["id"]
    async with sent.client() as client:
        headers = await log_in(client, "admin")
        answer = await client.post(f"{RUNS}/{run_id}/resend", headers=headers)
        assert answer.status_code == 201
        assert (await client.post(f"{RUNS}/{run_id}/resend", headers=headers)).status_code == 409
    clock.now += timedelta(seconds=1)
    await run_once(sent.services)
    newest = (await read(sent, "admin")).json()[0]
    assert (newest["id"], newest["revision"], newest["state"]) == (answer.json()["id"], 2, "sent")
    mails = list((sent.services.settings.data_dir / "mail").glob("*.eml"))
    assert len(mails) == 3


async def test_nobody_else_may_send_again(sent: World) -> None:
    run_id = (await read(sent, "admin")).json()[0]["id"]
    async with sent.client() as client:
        for login in ("manager", "chen", "employee"):
            answer = await client.post(f"{RUNS}/{run_id}/resend", headers=await log_in(client, login))
            assert answer.status_code == 403
        admin = await log_in(client, "admin")
        assert (await client.post(f"{RUNS}/{run_id[:-4]}0000/resend", headers=admin)).status_code == 404
        assert (await client.post(f"{RUNS}/nonsense/resend", headers=admin)).status_code == 400
