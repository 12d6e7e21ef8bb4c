"""Writes the generated parts of ``docs/checklists.md`` from the built-in templates.

Run ``python docs/generate_checklists.py`` after editing a template; with ``--check`` it only tells whether the file is
current (exit code 1 when it is not).
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run from any folder, as a script

from checklists.template import Item, Template
from checklists.template_loader import builtin_templates

PAGE = Path(__file__).with_name("checklists.md")
_PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_NUMBER = re.compile(r"\d+")


def page_with_generated_parts(page: str, templates: tuple[Template, ...]) -> str:
    """The page with its parts between ``<!-- generated: name -->`` and ``<!-- end -->`` written anew."""
    parts = {"summary": _summary, "sources": _sources, "disagreements": _disagreements}
    return _PART.sub(lambda match: f"{match[1]}{parts[match[2]](templates)}{match[3]}", page)


def _summary(templates: tuple[Template, ...]) -> str:
    lines = ["| 检查表 checklist | 项目 items | 分区 sections (items) |", "|---|---|---|"]
    for template in templates:
        sections = " · ".join(f"{one.title.zh} {one.title.en} ({len(one.items)})" for one in template.sections)
        lines.append(f"| {template.title.zh} {template.title.en} | {len(template.items())} | {sections} |")
    return "\n".join(lines) + "\n"


def _sources(templates: tuple[Template, ...]) -> str:
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for item in _items(templates):
        for source in item.source:
            found[source.document][source.clause].append(item.key)
    lines: list[str] = []
    for document in sorted(found):
        lines += [f"### {document}", "", "| 条款与原文 clause and original | 项目 items |", "|---|---|"]
        for clause in sorted(found[document], key=_natural):
            keys = " ".join(f"`{key}`" for key in found[document][clause])
            lines.append(f"| {clause} | {keys} |")
        lines.append("")
    return "\n".join(lines)


def _disagreements(templates: tuple[Template, ...]) -> str:
    lines = ["| 项目 item | 分歧与取舍 difference and choice |", "|---|---|"]
    for item in _items(templates):
        if item.disagreement is not None:
            lines.append(f"| `{item.key}` | {item.disagreement.zh}<br>{item.disagreement.en} |")
    return "\n".join(lines) + "\n"


def _items(templates: tuple[Template, ...]) -> list[Item]:
    return [item for template in templates for item in template.items()]


def _natural(text: str) -> str:
    """Clause 10 comes after clause 9."""
    return _NUMBER.sub(lambda match: match[0].zfill(4), text)


def main(arguments: list[str]) -> int:
    page = PAGE.read_text(encoding="utf-8")
    current = page_with_generated_parts(page, builtin_templates())
    if "--check" in arguments:
        return int(current != page)
    PAGE.write_text(current, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
