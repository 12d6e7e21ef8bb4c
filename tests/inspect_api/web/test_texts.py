"""The words of the tablet app: the same in both languages, none missing, none left over."""

import re

from inspect_api.web.files import FOLDER as TABLET

_ENTRY = re.compile(r'"([a-z0-9_.]+)":\s*"((?:[^"\\]|\\.)*)"')
_PLACE = re.compile(r"\{(\w+)\}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SAME_IN_BOTH = {"settings.language"}
"""Who does not read the present language must find this one."""


def _words(language: str) -> dict[str, str]:
    source = (TABLET / "texts" / f"{language}.js").read_text("utf-8")
    found = _ENTRY.findall(source)
    assert len(found) == len(dict(found)), f"a key twice in {language}.js"
    return dict(found)


def _sources() -> str:
    files = [TABLET / "app.js", TABLET / "main.js", TABLET / "texts" / "texts.js"]
    files += [*(TABLET / "screens").glob("*.js"), *(TABLET / "parts").glob("*.js")]
    return "\n".join(file.read_text("utf-8") for file in files)


def test_both_languages_have_the_same_keys_in_the_same_order() -> None:
    assert list(_words("zh")) == list(_words("en"))


def test_each_text_says_something_and_fills_in_the_same_values() -> None:
    chinese, english = _words("zh"), _words("en")
    for key, words in chinese.items():
        assert words.strip(), key
        assert english[key].strip(), key
        assert set(_PLACE.findall(words)) == set(_PLACE.findall(english[key])), key


def test_no_chinese_in_the_english_texts_and_no_english_left_in_the_chinese() -> None:
    assert [key for key, words in _words("en").items() if _CHINESE.search(words) and key not in _SAME_IN_BOTH] == []
    plain = {key: words for key, words in _words("zh").items() if not _CHINESE.search(words)}
    assert [key for key, words in plain.items() if re.search("[A-Za-z]{4}", _PLACE.sub("", words))] == []


def test_every_key_that_a_screen_names_is_there_and_every_key_is_named() -> None:
    source, keys = _sources(), set(_words("zh"))
    named = set(re.findall(r'"([a-z0-9_]+(?:\.[a-z0-9_]+)+)"', source))
    begun = set(re.findall(r"`([a-z0-9_.]+\.)\$\{", source))
    asked = set(re.findall(r'\bt\(\s*"([^"]+)"', source))
    assert asked - keys == set()
    left_over = {key for key in keys - named if not any(key.startswith(head) for head in begun)}
    assert left_over == set()
