"""Every setting is explained in ``docs/settings.md``, and nothing else is."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

from inspect_api.settings import Settings

DOCS = Path(__file__).parents[1] / "docs"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_settings", DOCS / "generate_settings.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current() -> None:
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    assert page == generator().page_with_table(page), "run: python docs/generate_settings.py"


def test_every_setting_is_there_once_in_both_languages() -> None:
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `INSPECT_([A-Z0-9_]+)` \|.*\| (.+)<br>(.+) \|$", page, re.MULTILINE)
    assert [name.lower() for name, _, _ in rows] == list(Settings.model_fields)
    assert all(zh.strip() and en.strip() for _, zh, en in rows)
    assert set(generator().CHINESE) == set(Settings.model_fields)


def test_no_secret_has_a_default() -> None:
    secret = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
    assert secret == ["s3_secret_key", "secret_key", "smtp_password"]
    assert all(Settings.model_fields[name].default is None for name in secret)
