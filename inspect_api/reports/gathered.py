"""What is to be done, gathered by what it is about: a radio that twelve people lack is one thing to do, not twelve."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from checklists.template import Bilingual
from inspect_api.actions.reading import ActionView
from inspect_api.scorecards.shapes import EmployeeWeek

T = TypeVar("T")


@dataclass(frozen=True)
class RedFlag:
    """A failed critical item. ``employees``: whom it counts for; a workspace may have several responsible."""

    inspection_id: str
    employees: tuple[EmployeeWeek, ...]
    workspace: str | None
    item_key: str
    item: Bilingual
    note: str | None
    captured_at: datetime
    supervisor: str


@dataclass(frozen=True)
class FlaggedSubject:
    """One person, or one workspace and whoever answers for it, and every check that found it so, the latest first."""

    employees: tuple[EmployeeWeek, ...]
    workspace: str | None
    flags: tuple[RedFlag, ...]


@dataclass(frozen=True)
class FlaggedItem:
    """``count``: of checks. ``note``: what stands in every one of them; None when they say different things."""

    key: str
    item: Bilingual
    count: int
    note: str | None
    subjects: tuple[FlaggedSubject, ...]

    @property
    def in_workspaces(self) -> bool:
        return all(subject.workspace is not None for subject in self.subjects)


@dataclass(frozen=True)
class OverdueTask:
    """Overdue corrective actions for the same item, or with the same task where there is no item."""

    item: Bilingual | None
    task: str
    actions: tuple[ActionView, ...]


def flagged_items(flags: Sequence[RedFlag]) -> list[FlaggedItem]:
    """What failed most often first; in it, whom it was found with most often, and then the latest."""
    found = []
    for of_item in _by(flags, lambda flag: flag.item_key):
        latest = sorted(of_item, key=lambda flag: (flag.captured_at, flag.inspection_id), reverse=True)
        subjects = [
            FlaggedSubject(same[0].employees, same[0].workspace, tuple(same)) for same in _by(latest, _subject_of)
        ]
        subjects.sort(key=lambda subject: len(subject.flags), reverse=True)
        notes = {flag.note for flag in latest}
        found.append(
            FlaggedItem(
                key=latest[0].item_key,
                item=latest[0].item,
                count=len(latest),
                note=notes.pop() if len(notes) == 1 else None,
                subjects=tuple(subjects),
            )
        )
    return sorted(found, key=lambda one: (-one.count, one.key))


def overdue_tasks(actions: Sequence[ActionView]) -> list[OverdueTask]:
    """In the order of the first one that was due."""
    return [
        OverdueTask(same[0].item.text if same[0].item else None, same[0].task, tuple(same))
        for same in _by(actions, lambda one: one.item.key if one.item else ("task", one.task))
    ]


def _subject_of(flag: RedFlag) -> Hashable:
    return flag.workspace, tuple(row.employee_id for row in flag.employees)


def _by(values: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    """Each group in the order of its first one."""
    groups: dict[Hashable, list[T]] = {}
    for value in values:
        groups.setdefault(key(value), []).append(value)
    return list(groups.values())
