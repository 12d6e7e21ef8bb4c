"""A supervisor's week on the reference tablet: offline, tap by tap, with a photo where the template wants one."""

import random
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from checklists.responses import FAIL, PASS
from checklists.template import Deduction, Dimension, Item, Rating
from inspect_api.demo.pictures import taken
from inspect_api.demo.plan import Visit
from sync import feed, paths
from sync.tablet.tablet import Tablet

_REVISED_SECTION = "grooming.footwear"
_GRAVE = 0.2  # of the slips on a critical item
_NOTES = ("已当场提醒", "班前会讲过", "已拍照留存", "本人已整改", "再次出现")


class TravelClock:
    """The tablet's wall clock: the moment of the visit while offline, the real one when it is back."""

    def __init__(self, real: Callable[[], datetime]) -> None:
        self._real = real
        self.at: datetime | None = None

    def __call__(self) -> datetime:
        return self.at or self._real()


class Finder(Struct):
    """What a tablet knows by the names that the plan uses."""

    revisions: dict[Dimension, str]
    employees: dict[str, str]
    workspaces: dict[str, str]


class Supervisor:
    """One supervisor with one tablet in ``folder``; a second start goes on with the same tablet."""

    def __init__(self, login: str, folder: Path, real_clock: Callable[[], datetime], pictures: list[bytes]) -> None:
        self.login = login
        self.clock = TravelClock(real_clock)
        self.tablet = Tablet(folder, self.clock)
        self._pictures = pictures

    def visit(self, visit: Visit) -> str:
        """Make one inspection and submit it; gives its id. One that was made before is finished, not made again."""
        finder = self._finder()
        revision_id = finder.revisions[visit.dimension]
        workspace = visit.dimension is Dimension.WORKSPACE_5S
        subject_id = (finder.workspaces if workspace else finder.employees)[visit.subject]
        self.clock.at = visit.at
        inspection = self._made().get((visit.at, revision_id, subject_id))
        if inspection is None:
            subject = {"workspace_id": subject_id} if workspace else {"employee_id": subject_id}
            inspection = self.tablet.begin(revision_id, **subject)
            self._made()[visit.at, revision_id, subject_id] = inspection
        if not self.tablet.view(inspection).submitted:
            self._finish(inspection, revision_id, visit.care, random.Random(visit.seed))  # noqa: S311 (no secret)
        self.clock.at = None
        return inspection

    def passed_item(self, inspection: str) -> str:
        """The key of an item that was passed when it was first answered."""
        view = self.tablet.view(inspection)
        revision = self.tablet.directory.revision(view.value(paths.TEMPLATE_REVISION))
        items = revision.items if revision else {}
        return next(key for key in items if key.startswith(_REVISED_SECTION) and view.response(key) is not None)

    def has_revised(self, inspection: str) -> bool:
        return any(write.reason is not None for write in self.tablet.view(inspection).view.writes)

    @cache  # noqa: B019 (a supervisor lives as long as the demonstration)
    def _finder(self) -> Finder:
        directory = self.tablet.directory
        sites = {key: body["code"] for key, body in directory.bodies(feed.SITE).items()}
        templates = directory.bodies(feed.TEMPLATE_REVISION).items()
        return Finder(
            revisions={Dimension(body["template"]["dimension"]): key for key, body in templates},
            employees={body["number"]: key for key, body in directory.bodies(feed.EMPLOYEE).items()},
            workspaces={
                f"{sites[body['site_id']]}/{body['code']}": key
                for key, body in directory.bodies(feed.WORKSPACE).items()
            },
        )

    @cache  # noqa: B019 (as above)
    def _made(self) -> dict[tuple[datetime, str, str], str]:
        """What is on the tablet already, by moment, template revision and subject."""
        made = {}
        for inspection in self.tablet.inspections():
            view = self.tablet.view(inspection)
            subject = view.value(paths.EMPLOYEE) or view.value(paths.WORKSPACE)
            begun = datetime.fromisoformat(view.value(paths.CAPTURED_AT))
            made[begun, view.value(paths.TEMPLATE_REVISION), subject] = inspection
        return made

    def _finish(self, inspection: str, revision_id: str, care: float, chance: random.Random) -> None:
        """Answer what is open, section by section, add what is owed, and submit."""
        revision = self.tablet.directory.revision(revision_id)
        if revision is None:
            raise LookupError(f"the tablet has no template revision {revision_id}")
        open_items = {owed.item_key for owed in self.tablet.view(inspection).owed if owed.what == "response"}
        for section in revision.template.sections:
            answers = {
                paths.RESPONSES + item.key: _answer(item, care, chance)
                for item in section.items
                if item.key in open_items
            }
            if answers:
                self.tablet.write(inspection, answers)
        for owed in self.tablet.submit(inspection):
            if owed.what == "photo":
                self.tablet.attach_photo(inspection, owed.item_key, taken(self._pictures, chance))
        still = self.tablet.submit(inspection) if not self.tablet.view(inspection).submitted else ()
        if still:
            raise RuntimeError(f"the inspection still owes {still}")


def _answer(item: Item, care: float, chance: random.Random) -> dict[str, Any]:
    """What the supervisor sees: the less care somebody takes, the more often something is wrong."""
    slip = chance.random() > care
    match item.response:
        case Deduction():
            count = 1 if slip and chance.random() < 0.3 else 0
            return _noted(count, count > 0, chance)
        case Rating(max=highest):
            level = highest - (chance.choice((1, 1, 2, 2, 3)) if chance.random() > care - 0.1 else 0)
            return _noted(level, 2 * level <= highest, chance)
        case _:
            failed = slip and chance.random() < (_GRAVE if item.critical else 0.6)
            return _noted(FAIL if failed else PASS, failed, chance)


def _noted(value: str | int, failed: bool, chance: random.Random) -> dict[str, Any]:
    return {"value": value, "note": chance.choice(_NOTES)} if failed else {"value": value}
