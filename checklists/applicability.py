"""Which items of a template apply to one inspection."""

from collections.abc import Container

from checklists.template import DressVariant, Item, PostType, Season, Template


def applicable_items(
    template: Template,
    *,
    post_type: PostType | None,
    dress_variant: DressVariant | None,
    season: Season | None,
) -> tuple[Item, ...]:
    """The items that apply, in the order of display.

    An item restricted on an axis applies when the inspection's value is among the item's. **None means unknown, and
    an unknown axis restricts nothing**: a rule must not vanish because a record is incomplete; the supervisor sees it
    and may answer *not applicable* with a note. A workspace has neither post type nor dress variant, so its inspections
    pass None for both, and its templates restrict by season alone.
    """
    return tuple(
        item
        for item in template.items()
        if _matches(item.applies_to.post_types, post_type)
        and _matches(item.applies_to.dress_variants, dress_variant)
        and _matches(item.applies_to.seasons, season)
    )


def _matches(allowed: Container[str] | None, value: str | None) -> bool:
    return not allowed or value is None or value in allowed
