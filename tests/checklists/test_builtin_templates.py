"""The three checklists that come with the product: complete, bilingual, sourced, and usable at every post."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from checklists.applicability import applicable_items
from checklists.template import (
    Deduction,
    Dimension,
    DressVariant,
    Item,
    PassFail,
    PostType,
    Rating,
    Season,
    Subject,
    Template,
    When,
)
from checklists.template_loader import builtin_templates

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = {
    "000_c3d200d3a77c106a.txt",
    "001_6584630446cc6b34.txt",
    "002_85114f290748de50.txt",
    "003_5ca020b2bb720886.txt",
    "004_79de1a0ec8043ff1.txt",
}
HAN = re.compile(r"[\u4e00-\u9fff]")
QUOTE = re.compile(r"「(.*?)」")
PINYIN = re.compile(r"\([a-züêāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]+\)")
ALL = builtin_templates()
ITEMS = [pytest.param(item, id=item.key) for template in ALL for item in template.items()]


@pytest.fixture(scope="session")
def documents() -> dict[str, str]:
    """The five documents without spaces and without the pinyin that a conversion left in two of them."""
    folder = ROOT.parent / "shared" / "seeds"
    return {
        file.name: PINYIN.sub("", "".join(file.read_text(encoding="utf-8").split())) for file in folder.glob("*.txt")
    }


def template_of(dimension: Dimension) -> Template:
    return next(template for template in ALL if template.dimension is dimension)


def test_there_is_one_checklist_for_each_dimension() -> None:
    assert [template.key for template in ALL] == ["grooming", "post_standing", "workspace_5s"]
    assert [template.dimension for template in ALL] == list(Dimension)
    assert template_of(Dimension.WORKSPACE_5S).subject is Subject.WORKSPACE


@pytest.mark.parametrize("item", ITEMS)
def test_an_item_is_bilingual_and_says_what_is_right_wrong_and_where_to_look(item: Item) -> None:
    for text in (item.text, item.standard, item.taboo, item.look_at):
        assert text is not None
        assert HAN.search(text.zh)
        assert not HAN.search(text.en)
        assert len(text.zh) <= 120


@pytest.mark.parametrize("item", ITEMS)
def test_an_item_names_its_documents_and_quotes_them(item: Item, documents: dict[str, str]) -> None:
    assert {source.document for source in item.source} <= DOCUMENTS
    assert len(set(item.source)) == len(item.source)
    for source in item.source:
        quotes = QUOTE.findall(source.clause)
        assert quotes, source.clause
        for quote in quotes if documents else []:
            assert "".join(quote.split()) in documents[source.document], source.clause


@pytest.mark.parametrize("item", ITEMS)
def test_a_photo_that_may_be_asked_for_has_a_cue(item: Item) -> None:
    assert (item.photo is When.NEVER) == (item.photo_cue is None)


def test_every_document_gave_rules() -> None:
    assert {source.document for template in ALL for item in template.items() for source in item.source} == DOCUMENTS


def test_each_checklist_answers_in_its_own_kind() -> None:
    kinds = {Dimension.GROOMING: PassFail, Dimension.POST_STANDING: Deduction, Dimension.WORKSPACE_5S: Rating}
    for dimension, kind in kinds.items():
        assert {type(item.response) for item in template_of(dimension).items()} == {kind}


def test_every_level_of_a_5s_criterion_reads_differently() -> None:
    for item in template_of(Dimension.WORKSPACE_5S).items():
        assert isinstance(item.response, Rating)
        assert item.response.max == 4
        for language in ("zh", "en"):
            assert len({getattr(level.text, language) for level in item.response.levels}) == 5, item.key


@pytest.mark.parametrize("post_type", PostType)
@pytest.mark.parametrize("dress_variant", DressVariant)
@pytest.mark.parametrize("dimension", [Dimension.GROOMING, Dimension.POST_STANDING])
def test_required_items_alone_cover_every_post(
    post_type: PostType, dress_variant: DressVariant, dimension: Dimension
) -> None:
    """A visit that meets no handover, traffic or flag must still count."""
    template = template_of(dimension)
    for season in Season:
        items = applicable_items(template, post_type=post_type, dress_variant=dress_variant, season=season)
        required = [item for item in items if item.required]
        assert len(required) >= 40
        assert 100 * len(required) >= template.low_coverage_below * len(items)


def test_a_rule_for_one_variant_or_post_does_not_reach_another() -> None:
    def keys(post_type: PostType, dress_variant: DressVariant, dimension: Dimension) -> set[str]:
        template = template_of(dimension)
        items = applicable_items(template, post_type=post_type, dress_variant=dress_variant, season=Season.WINTER)
        return {item.key for item in items}

    clerk = keys(PostType.WINDOW_CLERK, DressVariant.SKIRT, Dimension.GROOMING)
    guard = keys(PostType.SECURITY_GUARD, DressVariant.TROUSERS, Dimension.GROOMING)
    assert "grooming.footwear.stockings_colour" in clerk - guard
    assert {"grooming.guard.beret_angle", "grooming.uniform.tie"} <= guard - clerk
    assert "grooming.footwear.socks_summer" not in clerk | guard
    ceremonial = keys(PostType.CEREMONIAL_POST, DressVariant.TROUSERS, Dimension.POST_STANDING)
    indoor = keys(PostType.FRONT_DESK, DressVariant.TROUSERS, Dimension.POST_STANDING)
    assert "post_standing.posture.hands_behind" in indoor - ceremonial
    assert "post_standing.posture.ceremonial_hands" in ceremonial - indoor


def test_a_desk_and_a_dormitory_both_keep_enough_of_the_5s_weight() -> None:
    template = template_of(Dimension.WORKSPACE_5S)
    total = sum(item.weight for item in template.items())
    desk = sum(item.weight for item in template.items() if not re.search(r"dormitory|\.rest_room|\.pests", item.key))
    counter_only = r"surface_(things|layout)|telephone|documents|chairs|\.equipment|\.food|\.ready|\.standardise\.[^d]"
    dormitory = sum(item.weight for item in template.items() if not re.search(counter_only, item.key))
    assert 100 * desk >= 80 * total
    assert 100 * dormitory >= template.low_coverage_below * total


def test_numbers_of_the_documents_stay_numbers() -> None:
    by_key = {item.key: item for template in ALL for item in template.items()}
    expected = {
        "post_standing.posture.fixed_feet": "60",
        "post_standing.posture.indoor_feet": "8 厘米",
        "post_standing.posture.door_angle": "45",
        "post_standing.greeting.three_metres": "3 米",
        "post_standing.greeting.distance": "0.8–1",
        "post_standing.traffic.salute": "20 度",
        "post_standing.handover.approach": "3–5 步",
        "post_standing.presence.over_30_minutes": "30 分钟",
        "workspace_5s.set_in_order.dormitory_lines": "3 厘米",
        "workspace_5s.sustain.ready": "20 分钟",
    }
    for key, number in expected.items():
        item = by_key[key]
        assert item.standard is not None
        assert number in item.text.zh + item.standard.zh, key


def test_the_checklists_survive_storage_as_json() -> None:
    for template in ALL:
        assert msgspec.json.decode(msgspec.json.encode(template), type=Template) == template


def test_the_page_of_sources_is_current() -> None:
    run = subprocess.run([sys.executable, str(ROOT / "docs" / "generate_checklists.py"), "--check"], check=False)
    assert run.returncode == 0, "run docs/generate_checklists.py"
