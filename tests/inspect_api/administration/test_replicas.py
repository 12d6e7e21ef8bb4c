from tests.inspect_api.disputes.court import Court


async def test_the_replica_of_the_server_is_no_tablet(court: Court) -> None:
    """What is decided at a desk is written by a replica of the server's own; lists of tablets are about tablets."""
    before = [one["id"] for one in (await court.call("admin", "GET", "/replicas")).json()]
    assert (await court.answer(await court.opened())).status_code == 200
    after = (await court.call("admin", "GET", "/replicas")).json()
    assert [one["id"] for one in after] == before
    assert {one["device_name"] for one in after} == {"平板 chen", "平板 liu", "平板 wang"}
