"""One Jinja environment for each language, and the answer every page is sent in."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie

from checklists.tables import Language
from inspect_api.answers import LANGUAGE_COOKIE
from inspect_api.auth.principal import Principal
from inspect_api.figures import NOTHING, points, signed
from inspect_api.i18n import Translator, translator
from inspect_api.scorecards import wording

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
_YEAR = 365 * 24 * 3600

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    # Not "no-referrer": with it browsers send "Origin: null" with our own forms, which then look like foreign ones.
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}


def page_language(request: Request[Any, Any, Any]) -> Language:
    """What the reader chose here, else what the user is set to, else what the browser asks for, else Chinese."""
    user = request.scope.get("user")
    asked = "en" if request.headers.get("accept-language", "").strip().lower().startswith("en") else "zh"
    own = user.language if isinstance(user, Principal) else asked
    for wish in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE), own):
        if wish in (Language.CHINESE, Language.ENGLISH):
            return Language(wish)
    return Language.CHINESE


def page(
    request: Request[Any, Any, Any],
    template: str,
    status: int = 200,
    *,
    language: Language | None = None,
    **values: Any,
) -> Response[str]:
    """The rendered page. A language chosen with ``?lang=`` is remembered in a cookie.

    ``language``: where it is known whom the page is for and nobody is logged in.
    """
    language = language or page_language(request)
    html = (
        environment(language)
        .get_template(template)
        .render(
            user=request.scope.get("user"),
            here=request.url.path,
            other_language=_other_language(request, language),
            **values,
        )
    )
    cookies: Sequence[Cookie] = ()
    if request.query_params.get("lang"):
        cookies = (Cookie(key=LANGUAGE_COOKIE, value=language, max_age=_YEAR, samesite="lax", httponly=True),)
    return Response(html, status_code=status, media_type="text/html", headers=HEADERS, cookies=cookies)


def _other_language(request: Request[Any, Any, Any], language: Language) -> str:
    """The address of this same page in the other language."""
    other = Language.CHINESE if language is Language.ENGLISH else Language.ENGLISH
    return f"{request.url.path}?{urlencode({**dict(request.query_params.items()), 'lang': other})}"


@cache
def environment(language: Language) -> Environment:
    t = translator(language)
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(t.gettext, t.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(t=t, words=_words(t), language=language, stylesheet=_stylesheet(), nothing=NOTHING)
    made.filters.update(points=points, signed=signed, moment=_moment(t), week=t.week, short_week=t.short_week)
    return made


def _moment(t: Translator) -> Callable[[datetime | None, ZoneInfo], str]:
    return lambda instant, zone: NOTHING if instant is None else t.moment(instant, zone)


def _words(t: Translator) -> dict[str, Callable[..., str]]:
    """The shared wording, in this environment's language."""
    return {
        "shortfall": lambda score, rules: wording.shortfall(score, rules, t),
        "missing": lambda lack: wording.missing(lack.kind, lack.found, lack.needed, t),
        "state": lambda state, version: wording.state(state, version, t),
        "not_ranked": lambda reason: wording.not_ranked(reason, t),
        "why_not": lambda reason: wording.why_not(reason, t),
        "said": lambda item, value: wording.said(item, value, t),
        "reason": lambda reason, zone: wording.reason_text(reason, t, zone),
    }


@cache
def _stylesheet() -> str:
    """Its address changes with its content, so that browsers may keep it for good."""
    digest = hashlib.sha256((STATIC / "pages.css").read_bytes()).hexdigest()[:12]
    return f"/static/pages/pages.css?v={digest}"
