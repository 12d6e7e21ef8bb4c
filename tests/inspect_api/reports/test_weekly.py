"""What a manager reads: the weekly report in both languages and both parts."""

import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from checklists.tables import Language
from inspect_api.i18n import FOLDER, translator
from inspect_api.mail.mailer import to_wire
from inspect_api.mail.message import DARK, HTML_LIMIT, LIGHT, TEMPLATES, Colours, Envelope
from inspect_api.reports.content import WeeklyReport
from inspect_api.reports.weekly import compose, subject
from tests.inspect_api.reports.made_up import NOW, SITE, MadeUp, make_up
from tests.inspect_api.reports.made_up_mail import report as everything

PAGES = "https://inspect.example.com"


def envelope(name: str = "王经理") -> Envelope:
    return Envelope("inspect-api <reports@example.com>", name, "wang@example.com", "<weekly.1@example.com>", NOW)


def mail(
    report: WeeklyReport, language: Language = Language.CHINESE, revision: int = 1, name: str = "王经理"
) -> EmailMessage:
    """As it arrives: written to the wire and read back."""
    message = compose(report, envelope(name), language, PAGES, revision, NOW)
    return message_from_bytes(to_wire(message), policy=policy.default)


def parts(message: EmailMessage) -> tuple[str, str]:
    text, html = (part.get_content() for part in message.iter_parts())
    return text, html


@pytest.fixture(scope="module")
def week() -> MadeUp:
    return make_up(24, flags=0.02)


class Tables(HTMLParser):
    """Collects what makes a table readable for people who hear it."""

    def __init__(self) -> None:
        super().__init__()
        self.data_tables = self.headers_without_scope = self.images = 0
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.data_tables += tag == "table" and given.get("role") != "presentation"
        self.headers_without_scope += tag == "th" and given.get("scope") not in ("row", "col")
        self.images += tag in ("img", "picture", "svg", "object", "script", "link") or "background" in given

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("language", Language)
def test_the_plain_text_has_all_that_the_page_has(week: MadeUp, language: Language) -> None:
    report = week.report()
    text, html = parts(mail(report, language))
    t = translator(language)
    for row in (*report.scored, *report.unscored, *report.not_seen):
        assert row.number in text
        assert row.number in html
    for flag in report.red_flags:
        for part in (text, html):
            assert t.choose(flag.item) in part
            assert flag.supervisor in part
            assert t.moment(flag.captured_at, SITE.zone) in part
    for tablet in report.tablets:
        assert tablet.device_name in text
        assert tablet.device_name in html
    assert "88.3 → 92.7" in text
    assert "对讲机当日在维修" in text


@pytest.mark.parametrize(("language", "heading"), [("zh", "红旗：对讲机"), ("en", "Red flag: Radio")])
def test_what_many_lack_is_in_one_box_with_everybody_in_it(language: str, heading: str) -> None:
    report = make_up(40, flags=0.1).report()
    (radio,) = report.flagged
    text, html = parts(mail(report, Language(language)))
    words = {
        "zh": f"{radio.count} 次、{len(radio.subjects)} 人",
        "en": f"{radio.count} times, {len(radio.subjects)} people",
    }
    assert radio.count > len(radio.subjects) > 1
    for part in (text, seen(html)):
        assert part.count(heading) == 1
        assert part.count(words[language]) == 1
        assert part.count(radio.note or "?") == 1
    box = text[text.index(heading) : text.index("\n* ", text.index(heading))]
    assert all(f"- {row.name} {row.number}" in box for subject in radio.subjects for row in subject.employees)
    assert box.count("督导") == radio.count


def seen(html: str) -> str:
    """What a reader of the page sees, without the tags."""
    found = Tables()
    found.feed(html)
    return " ".join("".join(found.text).split())


def test_the_text_of_a_large_site_leaves_nobody_out_and_its_page_says_how_many_more() -> None:
    report = make_up(500, flags=0.02).report()
    text, html = parts(mail(report))
    assert all(row.number in text for row in (*report.scored, *report.unscored, *report.not_seen))
    assert html.count('<th scope="row"') >= 30
    assert f"另有 {len(report.scored) - 30} 项" in html


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("flags", [0.02, 0.2])
def test_the_page_of_500_employees_stays_under_the_limit(language: Language, flags: float) -> None:
    _, html = parts(mail(make_up(500, flags=flags).report(), language))
    assert len(html.encode()) <= HTML_LIMIT


def test_even_names_and_notes_of_great_length_stay_under_the_limit() -> None:
    made = make_up(500, flags=0.2)
    long = [replace(row, name="长" * 60, post_name="岗" * 80) for row in made.found.rows]
    report = replace(made, found=replace(made.found, rows=long)).report()
    _, html = parts(mail(report))
    assert len(html.encode()) <= HTML_LIMIT


@pytest.mark.parametrize("language", Language)
def test_a_page_with_hundreds_of_disputes_and_overdue_actions_stays_under_the_limit(language: Language) -> None:
    report = everything(make_up(500, flags=0.2), 300)
    text, html = parts(mail(report, language))
    assert len(html.encode()) <= HTML_LIMIT
    assert all(f"/disputes/{one.id}" in text for one in report.disputes)
    assert all(f"/actions/{one.id}" in text for one in report.actions)


@pytest.mark.parametrize("language", Language)
def test_what_waits_is_in_both_parts_and_in_one_language(week: MadeUp, language: Language) -> None:
    report = everything(week, 4)
    plans = {"zh": "连续两周评级为 D 或以下", "en": "Grade D or worse twice running"}
    (conflict,) = report.under_review
    for part in parts(mail(report, language)):
        assert [key for key, plan in plans.items() if plan in part] == [language]
        assert all(f"/disputes/{one.id}" in part for one in report.disputes)
        assert all(f"/actions/{one.id}" in part for one in report.actions)
        assert conflict.number in part[part.index(translator(language).gettext("Under review")) :]


def test_a_week_without_anybody_is_a_report_too() -> None:
    message = mail(make_up(0).report())
    text, html = parts(message)
    assert "无待处理事项" in message["Subject"]
    assert "没有待处理事项" in text
    assert "没有待处理事项" in html


def test_tables_can_be_heard_and_no_image_is_needed(week: MadeUp) -> None:
    found = Tables()
    found.feed(parts(mail(week.report()))[1])
    assert found.data_tables == 3
    assert found.headers_without_scope == 0
    assert found.images == 0


def test_the_subject_names_site_week_and_what_waits(week: MadeUp) -> None:
    report = week.report()
    assert mail(report)["Subject"] == f"[浦东税务大厅] 检查周报 2026-W47（11月16日–22日）· 待处理 {report.to_do} 项"
    english = mail(report, Language.ENGLISH, revision=2)["Subject"]
    assert english == f"[浦东税务大厅] Inspection report 2026-W47 (16–22 Nov) · {report.to_do} to do · sent again (2)"


def test_a_week_over_two_months_names_both(week: MadeUp) -> None:
    report = replace(week.report(), week=week.found.week.next().next())
    assert "（11月30日–12月6日）" in subject(report, 1, translator("zh"))


def test_the_mail_keeps_its_identity_at_every_try(week: MadeUp) -> None:
    first, second = mail(week.report()), mail(week.report())
    assert first["Message-ID"] == second["Message-ID"] == "<weekly.1@example.com>"
    assert first["Date"] == second["Date"]
    assert first["Date"].datetime == NOW.replace(microsecond=0)


HOSTILE = "<script>alert(1)</script>&\"'\r\nBcc: thief@example.com\u202e\u2028{{ 7*7 }}"


@pytest.mark.parametrize("language", Language)
def test_hostile_names_stay_text(language: Language) -> None:
    made = make_up(12, flags=0.3, site=replace(SITE, name=HOSTILE))
    rows = [replace(row, name=HOSTILE, number=HOSTILE, post_name=HOSTILE) for row in made.found.rows]
    tablets = [replace(tablet, user_name=HOSTILE, device_name=HOSTILE) for tablet in made.found.tablets]
    found = replace(made.found, rows=rows, not_seen=rows[-1:], tablets=tablets)
    message = mail(replace(made, found=found).report(), language, name=HOSTILE)
    text, html = parts(message)
    assert "<script" not in html
    assert "49" not in re.findall(r"\d+", message["Subject"])
    assert message["Bcc"] is None
    assert [address.addr_spec for address in message["To"].addresses] == ["wang@example.com"]
    assert not any(line.startswith("Bcc:") for line in text.splitlines())
    for part in (text, html, message["Subject"], str(message["To"])):
        assert "\u202e" not in part


def contrast(one: str, other: str) -> float:
    """WCAG 2.2."""

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_can_be_read_on_its_ground(colours: Colours) -> None:
    c = colours
    pairs = [(ink, c.card) for ink in (c.ink, c.soft, c.link, c.alarm, c.warn, c.up)]
    pairs += [(ink, ground) for ink in (c.ink, c.soft, c.link) for ground in (c.alarm_paper, c.warn_paper)]
    pairs += [(c.alarm, c.alarm_paper), (c.warn, c.warn_paper), (c.accent_ink, c.accent)]
    pairs += [(c.grade_ink, ground) for ground in (c.grade_a, c.grade_b, c.grade_c, c.grade_d, c.grade_e)]
    assert {pair: contrast(*pair) for pair in pairs if contrast(*pair) < 4.5} == {}


def messages_in(folder: Path, *methods: tuple[str, str]) -> set[str]:
    found = extract_from_dir(folder, method_map=list(methods), options_map={"**": {"newstyle_gettext": "true"}})
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def test_every_text_of_the_mail_is_there_in_chinese() -> None:
    used = messages_in(TEMPLATES, ("**.html", "jinja2.ext:babel_extract"), ("**.txt", "jinja2.ext:babel_extract"))
    code = {
        "[%(site)s] Inspection report %(week)s (%(days)s)",
        "%(num)d to do",
        "nothing to do",
        "sent again (%(number)d)",
        " · ",
    }
    t = translator("zh")
    unchanged = {"“%(text)s”"}
    assert {text for text in used | code if t.gettext(text) == text} <= unchanged


def test_no_text_of_the_catalogue_is_left_over() -> None:
    used = messages_in(TEMPLATES, ("**.html", "jinja2.ext:babel_extract"), ("**.txt", "jinja2.ext:babel_extract"))
    source = (Path(compose.__code__.co_filename)).read_text(encoding="utf-8")
    with (FOLDER / "zh" / "LC_MESSAGES" / "mail.po").open("rb") as file:
        own = {message.id if isinstance(message.id, str) else message.id[0] for message in read_po(file) if message.id}
    assert {text for text in own - used if f'"{text}"' not in source} == set()
