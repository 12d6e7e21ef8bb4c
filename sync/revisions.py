"""Template revisions ready for use: parsed, compiled, with the sets of applicable items kept."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec

from checklists.applicability import applicable_items
from checklists.responses import FAIL, MAX_COUNT, PASS, Response
from checklists.scoring.inspection import CompiledTemplate, compile_template
from checklists.template import Choice, Deduction, Item, PassFail, Rating, Template
from sync import paths
from sync.paths import Circumstances


class LoadedRevision:
    """One template revision. Its body never changes, so one object serves the whole life of the process."""

    def __init__(self, revision_id: str, body: str) -> None:
        self.id = revision_id
        self.template: Template = msgspec.json.decode(body, type=Template)
        self.compiled: CompiledTemplate = compile_template(self.template)
        self.items: dict[str, Item] = {item.key: item for item in self.template.items()}
        self._plain: dict[str, dict[str | int, Response]] = {
            paths.RESPONSES + item.key: _plain_responses(item) for item in self.items.values()
        }
        self._applicable: dict[Circumstances, frozenset[str]] = {}

    def split(self, fields: Iterable[tuple[str, Any]]) -> tuple[dict[str, Response], list[tuple[str, Any]]]:
        """The valid responses without a note among the fields, by item key, and all other fields.

        Nearly all responses are such. They are made once for each item, not converted and checked anew for every
        inspection.
        """
        responses: dict[str, Response] = {}
        others = []
        plain, start = self._plain, len(paths.RESPONSES)
        for path, value in fields:
            known = plain.get(path)
            if known is not None and type(value) is dict and len(value) == 1:
                told = value.get("value")
                # As a key, true is 1; as a response it is not.
                response = known.get(told) if type(told) is str or type(told) is int else None
                if response is not None:
                    responses[path[start:]] = response
                    continue
            others.append((path, value))
        return responses, others

    def applicable(self, circumstances: Circumstances) -> frozenset[str]:
        """The keys of the items that apply."""
        keys = self._applicable.get(circumstances)
        if keys is None:
            items = applicable_items(
                self.template,
                post_type=circumstances.post_type,
                dress_variant=circumstances.dress_variant,
                season=circumstances.season,
            )
            keys = self._applicable[circumstances] = frozenset(item.key for item in items)
        return keys


@lru_cache(maxsize=256)
def load_revision(revision_id: str, body: str) -> LoadedRevision:
    """``body``: JSON of ``checklists.template.Template`` as the database holds it."""
    return LoadedRevision(revision_id, body)


def _plain_responses(item: Item) -> dict[str | int, Response]:
    values: list[str | int]
    match item.response:
        case PassFail():
            values = [PASS, FAIL]
        case Rating(max=highest):
            values = list(range(highest + 1))
        case Deduction():
            values = list(range(MAX_COUNT + 1))
        case Choice(options=options):
            values = [option.key for option in options]
        case _:
            values = []
    return {value: Response(value) for value in values}
