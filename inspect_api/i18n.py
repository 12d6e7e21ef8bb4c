"""Texts, dates and numbers in the reader's language; Chinese first, English equal.

A message id is the English text. Chinese stands in ``locale/zh/LC_MESSAGES/*.po`` (one file a room), read once by
Babel: there is no compile step that somebody could forget.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, dates
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from checklists.periods import Week
from checklists.tables import Language
from checklists.template import Bilingual, Dimension

SPACE = " "
"""Between two sentences; Chinese has none, so its empty translation is one."""

FOLDER = Path(__file__).parent / "locale"
_LOCALES = {Language.CHINESE: Locale("zh", script="Hans", territory="CN"), Language.ENGLISH: Locale("en", "GB")}
_DAY = {Language.CHINESE: "M月d日", Language.ENGLISH: "d MMM"}
_DAY_AND_WEEKDAY = {Language.CHINESE: "M月d日 EEE", Language.ENGLISH: "EEE d MMM"}
_FULL_DATE = {Language.CHINESE: "y年M月d日", Language.ENGLISH: "d MMM y"}


def N_(message: str) -> str:
    """Marks a text that is translated later, where the language is known."""
    return message


class Translator:
    """What a template or a mail needs in one language. Make it with ``translator``."""

    def __init__(self, language: Language, texts: Mapping[str, tuple[str, ...]]) -> None:
        self.language = language
        self._texts = texts
        self._locale = _LOCALES[language]

    def gettext(self, message: str) -> str:
        return self._texts.get(message, (message,))[0]

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        # Chinese has one form; English is the message id itself.
        found = self._texts.get(singular)
        if found is not None:
            return found[0]
        return singular if number == 1 else plural

    def choose(self, text: Bilingual) -> str:
        return text.en if self.language is Language.ENGLISH else text.zh

    def dimension(self, dimension: Dimension | str) -> str:
        return self.gettext(_DIMENSIONS[Dimension(dimension)])

    def full_date(self, day: date) -> str:
        """``2026年11月16日`` / ``16 Nov 2026``."""
        return dates.format_date(day, _FULL_DATE[self.language], locale=self._locale)

    def day(self, day: date) -> str:
        """Without the year: ``11月16日`` / ``16 Nov``."""
        return dates.format_date(day, _DAY[self.language], locale=self._locale)

    def moment(self, instant: datetime, zone: ZoneInfo) -> str:
        """Day, weekday and time on the site's wall clock: ``11月16日 周一 10:00`` / ``Mon 16 Nov, 10:00``."""
        local = instant.astimezone(zone)
        day = dates.format_date(local.date(), _DAY_AND_WEEKDAY[self.language], locale=self._locale)
        separator = ", " if self.language is Language.ENGLISH else " "
        return f"{day}{separator}{local:%H:%M}"

    def week(self, week: Week) -> str:
        """``2026年第47周（11月16日–11月22日）`` / ``Week 47, 2026 (16 Nov – 22 Nov)``."""
        first, last = self.day(week.monday), self.day(week.sunday)
        if self.language is Language.ENGLISH:
            return f"Week {week.number}, {week.year} ({first} – {last})"
        return f"{week.year}年第{week.number}周（{first}–{last}）"

    def short_week(self, week: Week) -> str:
        """``第47周`` / ``Wk 47``."""
        return f"Wk {week.number}" if self.language is Language.ENGLISH else f"第{week.number}周"


_DIMENSIONS = {
    Dimension.GROOMING: N_("Grooming"),
    Dimension.POST_STANDING: N_("Post-standing"),
    Dimension.WORKSPACE_5S: N_("Workspace 5S"),
}


@cache
def translator(language: str) -> Translator:
    """ValueError for a language that is neither ``zh`` nor ``en``."""
    chosen = Language(language)
    return Translator(chosen, _read(chosen) if chosen is not Language.ENGLISH else {})


def _read(language: Language) -> dict[str, tuple[str, ...]]:
    texts: dict[str, tuple[str, ...]] = {}
    for path in sorted((FOLDER / language / "LC_MESSAGES").glob("*.po")):
        for key, strings in _messages(path).items():
            if texts.setdefault(key, strings) != strings:
                raise ValueError(f"{path.name}: two different translations of {key!r}")
    return texts


def _messages(path: Path) -> dict[str, tuple[str, ...]]:
    with path.open("rb") as file:
        catalog: Catalog = read_po(file, abort_invalid=True)
    messages: dict[str, tuple[str, ...]] = {}
    for message in catalog:
        if not message.id or message.fuzzy:
            continue
        key = message.id if isinstance(message.id, str) else message.id[0]
        strings = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        if strings and (all(strings) or key == SPACE):
            messages[key] = strings
    return messages
