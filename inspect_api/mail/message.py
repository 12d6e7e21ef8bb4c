"""From a Jinja template to a mail: texts in the reader's language, everything escaped, nothing that needs an image."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from checklists.tables import Language
from inspect_api.figures import NOTHING, points, signed
from inspect_api.i18n import Translator, translator
from inspect_api.mail.addresses import sender_address
from inspect_api.scorecards import wording

TEMPLATES = Path(__file__).parent / "templates"
HTML_LIMIT = 80_000
"""Bytes; Gmail cuts a mail off at about 100 kB and hides the rest behind a link."""

# Line breaks would add a header or fake a line of the report; the direction marks turn what follows them around.
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")


class Colours(NamedTuple):
    """One palette. Names ending in ``paper`` are grounds, ``line`` is for rules, the others are inks."""

    paper: str
    card: str
    ink: str
    soft: str
    line: str
    accent: str
    accent_ink: str
    link: str
    alarm: str
    alarm_paper: str
    warn: str
    warn_paper: str
    up: str
    grade_a: str
    grade_b: str
    grade_c: str
    grade_d: str
    grade_e: str
    grade_ink: str


LIGHT = Colours(
    paper="#f5f4ef",
    card="#fffefb",
    ink="#1b2226",
    soft="#566067",
    line="#dad7cd",
    accent="#17566a",
    accent_ink="#ffffff",
    link="#0f5670",
    alarm="#a1261c",
    alarm_paper="#fbeae6",
    warn="#7a5200",
    warn_paper="#faf0d9",
    up="#1f6b3b",
    grade_a="#1f6b3b",
    grade_b="#17667d",
    grade_c="#7d6200",
    grade_d="#a24b0c",
    grade_e="#a1261c",
    grade_ink="#ffffff",
)
DARK = Colours(
    paper="#13181b",
    card="#1b2226",
    ink="#e9ecec",
    soft="#a5afb5",
    line="#343e44",
    accent="#8ccbdb",
    accent_ink="#0d2027",
    link="#93d1e1",
    alarm="#ff9d8f",
    alarm_paper="#3a201d",
    warn="#eec36b",
    warn_paper="#33290f",
    up="#86d39f",
    grade_a="#86d39f",
    grade_b="#8ccbdb",
    grade_c="#e3c565",
    grade_d="#f3aa70",
    grade_e="#ff9d8f",
    grade_ink="#12181b",
)


class Envelope(NamedTuple):
    """What a mail's headers say. ``sender``: the setting ``mail_from``. ``date``: of the run, the same at every try.

    ``unsubscribe``: the recipient's own link, for the button that mail programs show (RFC 8058).
    """

    sender: str
    recipient_name: str
    recipient_address: str
    message_id: str
    date: datetime
    unsubscribe: str | None = None


class Attachment(NamedTuple):
    """``media_type``: ``type/subtype``."""

    name: str
    media_type: str
    content: bytes


def make_message(
    envelope: Envelope,
    subject: str,
    text: str,
    html: str,
    language: Language,
    attachments: Sequence[Attachment] = (),
) -> EmailMessage:
    """The mail with both parts. ValueError for an address that no header can carry."""
    message = EmailMessage()
    message["From"] = sender_address(envelope.sender)
    message["To"] = Address(clean(envelope.recipient_name).strip(), addr_spec=envelope.recipient_address)
    message["Subject"] = clean(subject)
    message["Date"] = format_datetime(envelope.date)
    message["Message-ID"] = envelope.message_id
    message["Content-Language"] = language.value
    message["Auto-Submitted"] = "auto-generated"  # so that nobody's holiday notice answers it
    if envelope.unsubscribe is not None:
        message["List-Unsubscribe"] = f"<{envelope.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    for one in attachments:
        kind, _, subtype = one.media_type.partition("/")
        message.add_attachment(one.content, maintype=kind, subtype=subtype, filename=one.name)
    return message


def clean(text: str) -> str:
    """One line, without control and direction characters; markup stays markup."""
    cleaned = _UNWANTED.sub(" ", text)
    return Markup(cleaned) if isinstance(text, Markup) else cleaned  # noqa: S704 (it was markup before)


def render(template: str, language: Language, **values: Any) -> str:
    """A template of ``mail/templates``, ``.html`` escaped and ``.txt`` not, in the reader's language."""
    environment = _html(language) if template.endswith(".html") else _text(language)
    return environment.get_template(template).render(**values)


@cache
def _html(language: Language) -> Environment:
    return _environment(language, autoescape=True)


@cache
def _text(language: Language) -> Environment:
    return _environment(language, autoescape=False)


def _environment(language: Language, *, autoescape: bool) -> Environment:
    t = translator(language)
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=autoescape,  # noqa: S701 (the plain text part is no HTML)
        undefined=StrictUndefined,
        finalize=lambda value: clean(value) if isinstance(value, str) else value,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(t.gettext, t.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(
        t=t,
        language=language,
        light=LIGHT,
        dark=DARK,
        nothing=NOTHING,
        shortfall=lambda score, rules: wording.shortfall(score, rules, t),
        why_not=lambda reason: wording.why_not(reason, t),
        not_ranked=lambda reason: wording.not_ranked(reason, t),
        reason=lambda why, zone: wording.reason_text(why, t, zone),
    )
    made.filters.update(points=points, signed=signed, moment=_moment(t))
    return made


def _moment(t: Translator) -> Callable[[datetime | None, ZoneInfo], str]:
    return lambda instant, zone: NOTHING if instant is None else t.moment(instant, zone)
