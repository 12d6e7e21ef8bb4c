"""Template revisions ready for use: parsed, compiled, with the sets of applicable items kept."""

from functools import lru_cache

import msgspec

from checklists.applicability import applicable_items
from checklists.scoring.inspection import CompiledTemplate, compile_template
from checklists.template import Item, Template
from sync.paths import Circumstances


class LoadedRevision:
    """One template revision. Its body never changes, so one object serves the whole life of the process."""

    def __init__(self, revision_id: str, body: str) -> None:
        self.id = revision_id
        self.template: Template = msgspec.json.decode(body, type=Template)
        self.compiled: CompiledTemplate = compile_template(self.template)
        self.items: dict[str, Item] = {item.key: item for item in self.template.items()}
        self._applicable: dict[Circumstances, frozenset[str]] = {}

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
