from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import inspect_api
from checklists.periods import Week
from inspect_api.i18n import FOLDER, translator

SOURCE = Path(inspect_api.__file__).parent
ZONE = ZoneInfo("Asia/Shanghai")


def used() -> set[str]:
    """Every text in the code and the templates that is to be translated."""
    methods = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract"), ("**.txt", "jinja2.ext:babel_extract")]
    options = {"**.html": {"silent": "false"}, "**.txt": {"silent": "false"}}
    found = set()
    for _file, _line, message, _comments, _context in extract_from_dir(SOURCE, method_map=methods, options_map=options):
        found.add(message if isinstance(message, str) else message[0])
    return found


def test_every_text_has_a_chinese_one_with_the_same_placeholders() -> None:
    known = {}
    for path in (FOLDER / "zh" / "LC_MESSAGES").glob("*.po"):
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id:
                    known[message.id if isinstance(message.id, str) else message.id[0]] = message
    assert sorted(used() - known.keys()) == []
    for key, message in known.items():
        chinese = message.string if isinstance(message.string, str) else message.string[0]
        assert placeholders(chinese) == placeholders(key), key


def placeholders(text: str) -> set[str]:
    return {part.split(")")[0] for part in text.split("%(")[1:]}


@pytest.mark.parametrize(
    ("language", "week", "moment", "checks"),
    [
        ("zh", "2026年第47周（11月16日–11月22日）", "11月16日 周一 01:30", "3 次检查"),
        ("en", "Week 47, 2026 (16 Nov – 22 Nov)", "Mon 16 Nov, 01:30", "3 checks"),
    ],
)
def test_weeks_and_moments_are_those_of_the_site(language: str, week: str, moment: str, checks: str) -> None:
    t = translator(language)
    assert t.week(Week(2026, 47)) == week
    assert t.moment(datetime(2026, 11, 15, 17, 30, tzinfo=UTC), ZONE) == moment
    assert t.ngettext("%(num)d check", "%(num)d checks", 3) % {"num": 3} == checks


def test_one_is_not_many_in_english() -> None:
    assert translator("en").ngettext("%(num)d check", "%(num)d checks", 1) % {"num": 1} == "1 check"
    assert translator("en").full_date(date(2026, 1, 2)) == "2 Jan 2026"


def test_there_is_no_third_language() -> None:
    with pytest.raises(ValueError, match="fr"):
        translator("fr")
