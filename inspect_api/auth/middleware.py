"""Every request is refused unless its route says ``opt={"public": True}`` or a good token comes with it."""

from asyncio import to_thread
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from inspect_api.auth.principal import Principal
from inspect_api.auth.service import principal_of
from inspect_api.auth.tokens import read_access_token
from inspect_api.problems import Code, Problem
from inspect_api.services import Services

SESSION_COOKIE = "inspect_session"
_SAFE = {"GET", "HEAD", "OPTIONS"}


class AuthenticationMiddleware(AbstractAuthenticationMiddleware):
    """A bearer token, or the pages' cookie; the cookie is good for a change only when the request is our own page's."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        services: Services = connection.app.state.services
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            token = connection.cookies.get(SESSION_COOKIE, "")
            if connection.scope.get("method") not in _SAFE and not same_origin(connection):
                raise Problem(Code.FORBIDDEN, "请求来自其他网站", "The request comes from another site")
        claims = read_access_token(services.settings.effective_secret_key(), token.strip(), services.clock())

        def load() -> Principal | None:
            with services.database.read() as database:
                return principal_of(database, claims)

        principal = await to_thread(load)
        if principal is None:
            raise Problem(Code.BAD_TOKEN)
        return AuthenticationResult(user=principal, auth=claims)


def same_origin(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Whether a page of ours sent the request. Public routes ask it themselves: they do not pass the authentication."""
    fetch_site = connection.headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site in ("same-origin", "none")
    origin = connection.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == connection.headers.get("host")
