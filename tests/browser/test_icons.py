"""The icons that a tablet shows are what the drawing gives: whoever changes the one is told to make the others anew."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "generate_tablet_icons.py"
CLOSE = 3.0
"""Of 255, on average over the picture: the palette of the files, and how another Chromium smooths an edge."""


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_tablet_icons", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def on_grey(picture: Image.Image) -> Any:
    """Colours under full transparency are nobody's business."""
    ground = Image.new("RGBA", picture.size, "#808080")
    return Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(on_grey(one), on_grey(other))).mean)


@pytest.mark.parametrize("name", ["icon-192.png", "icon-512.png", "icon-maskable-512.png"])
def test_an_icon_is_what_the_drawing_gives(chromium: Browser, name: str) -> None:
    script = generator()
    page = chromium.new_page()
    drawn = script.drawn(page, name)
    page.close()
    kept = Image.open(script.ICONS / name)
    assert kept.size == drawn.size
    assert difference(kept, drawn) < CLOSE, "run python docs/generate_tablet_icons.py"
    # The measure sees a drawing that is another one: half of it is enough.
    half = drawn.crop((0, 0, drawn.width // 2, drawn.height)).resize(drawn.size)
    assert difference(kept, half) > 2 * CLOSE


def test_every_icon_is_made_by_the_script() -> None:
    script = generator()
    assert {path.name for path in script.ICONS.glob("*.png")} == set(script.SIZES | script.MASKABLE)
