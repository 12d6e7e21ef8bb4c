import pytest

from inspect_api.pages.session import local_path
from tests.inspect_api.pages.browser import browser
from tests.world import PASSWORD, World


async def test_a_log_in_sets_a_cookie_that_no_script_can_read_and_leads_where_one_wanted_to_go(world: World) -> None:
    async with browser(world) as client:
        wanted = f"/sites/{world.sites['lobby']}/weeks/2026-W47"
        turned_away = await client.get(wanted, follow_redirects=False)
        assert turned_away.status_code == 303
        assert turned_away.headers["location"].startswith("/login?next=%2Fsites")

        form = {"login": "manager", "password": PASSWORD, "next": wanted}
        answer = await client.post("/login", data=form, follow_redirects=False)

        assert (answer.status_code, answer.headers["location"]) == (303, wanted)
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "max-age=43200" in cookie
        assert (await client.get(wanted)).status_code == 200


async def test_a_wrong_password_says_so_and_keeps_the_name(world: World) -> None:
    async with browser(world) as client:
        answer = await client.post("/login?lang=zh", data={"login": "manager", "password": "no"})
        assert answer.status_code == 401
        assert "账号或密码不正确" in answer.text
        assert 'value="manager"' in answer.text
        assert "set-cookie" not in answer.headers or "inspect_session" not in answer.headers["set-cookie"]


async def test_after_log_out_the_pages_are_closed(world: World) -> None:
    async with browser(world, "manager") as client:
        assert (await client.get("/sites", follow_redirects=False)).status_code == 303
        await client.post("/logout", follow_redirects=False)
        answer = await client.get("/sites", follow_redirects=False)
        assert answer.headers["location"].startswith("/login")


@pytest.mark.parametrize("path", ["/login", "/logout"])
@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}])
async def test_another_sites_form_is_refused(world: World, path: str, headers: dict[str, str]) -> None:
    async with browser(world) as client:
        form = {"login": "manager", "password": PASSWORD}
        answer = await client.post(path, data=form, headers=headers, follow_redirects=False)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/me", "/me"),
        ("/sites/1?show=all", "/sites/1?show=all"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/me\r\nset-cookie: a=b", "/"),
        ("", "/"),
    ],
)
def test_a_log_in_leads_to_no_other_site(target: str, leads_to: str) -> None:
    assert local_path(target) == leads_to


async def test_everyone_begins_where_their_work_is(world: World) -> None:
    begins = {}
    for login in ("manager", "employee", "chen"):
        async with browser(world, login) as client:
            answer = await client.get("/", follow_redirects=False)
            begins[login] = answer.headers.get("location", answer.text)
    assert begins["manager"] == f"/sites/{world.sites['lobby']}"
    assert begins["employee"] == "/me"
    assert 'href="/tablet"' in begins["chen"]
