from checklists.applicability import applicable_items
from checklists.template import (
    AppliesTo,
    Bilingual,
    Dimension,
    DressVariant,
    Item,
    Method,
    PassFail,
    PostType,
    Season,
    Section,
    Source,
    Subject,
    Template,
)

TEXT = Bilingual(zh="文字", en="text")


def item(key: str, applies_to: AppliesTo) -> Item:
    return Item(key=f"t.{key}", text=TEXT, response=PassFail(), source=(Source("d", "c"),), applies_to=applies_to)


TEMPLATE = Template(
    key="t",
    title=TEXT,
    dimension=Dimension.GROOMING,
    method=Method.WEIGHTED,
    subject=Subject.EMPLOYEE,
    sections=(
        Section("t.one", TEXT, (item("everyone", AppliesTo()), item("skirt", AppliesTo((), (DressVariant.SKIRT,))))),
        Section(
            "t.two",
            TEXT,
            (
                item("guard", AppliesTo((PostType.SECURITY_GUARD, PostType.CEREMONIAL_POST))),
                item("summer", AppliesTo(seasons=(Season.SUMMER,))),
                item("all_three", AppliesTo((PostType.SECURITY_GUARD,), (DressVariant.SKIRT,), (Season.SUMMER,))),
            ),
        ),
    ),
)


def keys(post_type: PostType | None, dress_variant: DressVariant | None, season: Season | None) -> list[str]:
    found = applicable_items(TEMPLATE, post_type=post_type, dress_variant=dress_variant, season=season)
    return [one.key.removeprefix("t.") for one in found]


def test_items_apply_by_post_type_dress_variant_and_season_together() -> None:
    assert keys(PostType.CASHIER, DressVariant.TROUSERS, Season.WINTER) == ["everyone"]
    assert keys(PostType.CASHIER, DressVariant.SKIRT, Season.SUMMER) == ["everyone", "skirt", "summer"]
    assert keys(PostType.CEREMONIAL_POST, DressVariant.TROUSERS, Season.WINTER) == ["everyone", "guard"]
    assert keys(PostType.SECURITY_GUARD, DressVariant.SKIRT, Season.SUMMER) == [
        "everyone",
        "skirt",
        "guard",
        "summer",
        "all_three",
    ]


def test_an_unknown_axis_hides_no_rule() -> None:
    assert keys(None, None, None) == ["everyone", "skirt", "guard", "summer", "all_three"]
    assert keys(None, DressVariant.TROUSERS, Season.SUMMER) == ["everyone", "guard", "summer"]
