"""A supervisor in chaos: works at random, on a tablet that dies, is restored from old copies, and has a mad clock."""

import random
import shutil
import time
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Event

from sync.tablet.connection import Declined, Unreachable
from sync.tablet.inspecting import NotAllowed
from sync.tablet.tablet import SyncReport, Tablet
from tests.chaos.journal import Journal
from tests.chaos.line import RecordingConnection, TabletDied
from tests.photo_fixtures import jpeg
from tests.worked_numbers import CHECK_C, GROOMING
from tests.world import PASSWORD, World

_ZONE = timezone(timedelta(hours=8))
_HAIR = "worked_grooming.hair"
_SIZES = ((320, 240), (240, 320), (400, 300))


class MadClock:
    """The device's wall clock, ``offset`` away from the truth."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(_ZONE) + self.offset


class Member:
    """``chance``: everything that this one does is drawn from it."""

    def __init__(self, folder: Path, world: World, login: str, url: str, journal: Journal, seed: str) -> None:
        self.login, self.folder, self._world, self._journal = login, folder, world, journal
        self.chance = random.Random(seed)
        self.clock = MadClock()
        self.connection = RecordingConnection(url, journal, seed)
        self.app_version = "2.1"
        self.done: Counter[str] = Counter()
        self.problems: Counter[str] = Counter()
        self.made: list[str] = []
        self._open()

    def work(self, over: Event) -> None:
        while not over.is_set():
            for _ in range(self.chance.randint(2, 6)):
                self.act()
            self.sync()
            time.sleep(self.chance.uniform(0.1, 0.8))

    def act(self) -> None:
        """One thing that people do, or that happens to a tablet."""
        deeds = (
            (self.inspect, 4),
            (self.begin, 1),
            (self.edit, 8),
            (self.resolve, 2),
            (self.mistype, 1),
            (self.jump, 1),
            (self.crash, 1),
            (self.copy_disk, 1),
            (self.restore_disk, 1),
        )
        deed = self.chance.choices([deed for deed, _ in deeds], [weight for _, weight in deeds])[0]
        try:
            deed()
        except NotAllowed:
            self.done["not allowed"] += 1
        else:
            self.done[deed.__name__] += 1

    def sync(self) -> SyncReport | None:
        """None when the tablet died in it."""
        try:
            report = self.tablet.sync(self.connection, push_batch=self.chance.choice((1, 3, 25)), pull_limit=40)
            if report.log_in_needed:
                self.log_in()
        except TabletDied:
            self.done["died"] += 1
            self._reopen()
            return None
        except (Unreachable, Declined) as error:
            self.problems[type(error).__name__] += 1
            return None
        if report.problem:
            self.problems[report.problem.partition(":")[0][:40]] += 1
        return report

    def log_in(self) -> None:
        self.tablet.log_in(self.connection, self.login, PASSWORD, f"tablet of {self.login}")

    def finish(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while True:
            report = self.sync()
            if report is not None and report.complete:
                return
            assert time.monotonic() < deadline, f"{self.login} does not get done: {report} {self.problems}"
            time.sleep(0.05)

    def inspect(self) -> None:
        inspection = self.begin()
        for key, response in CHECK_C.responses.items():
            fail = response.value == "pass" and self.chance.random() < 0.2
            self.tablet.respond(inspection, key, "fail" if fail else response.value)
        if self.chance.random() < 0.4:
            width, height = self.chance.choice(_SIZES)
            photo = jpeg(width, height, seed=self.chance.randrange(10**9))
            digest = self.tablet.attach_photo(inspection, _HAIR, photo)
            self._journal.photo_taken(digest, width, height)
        self.tablet.submit(inspection)

    def begin(self) -> str:
        employees = self.tablet.directory.bodies("employee")
        if not employees:
            raise NotAllowed("no site")
        revision = self._world.templates[GROOMING.key]
        inspection = self.tablet.begin(revision, employee_id=self.chance.choice(sorted(employees)))
        self.made.append(inspection)
        return inspection

    def edit(self) -> None:
        """Anybody's inspection, submitted or not, most often one that is on many tablets."""
        known = self.tablet.inspections()
        if not known:
            raise NotAllowed("nothing here")
        inspection = self.chance.choice(known[:3] if self.chance.random() < 0.7 else known)
        match self.chance.randrange(5):
            case 0:
                self.tablet.note(inspection, f"{self.login} {self.chance.random()}", reason="复核")
            case 1 if self.chance.random() < 0.3:
                self.tablet.void(inspection, reason="重复")
            case 2:
                view = self.tablet.view(inspection)
                photos = [path for path in view.live if path.startswith("evidence/")]
                if photos and self.chance.random() < 0.3:
                    self.tablet.remove_photo(inspection, photos[0].removeprefix("evidence/"), reason="不清楚")
            case _:
                self.tablet.revise(inspection, _HAIR, self.chance.choice(("pass", "fail")), reason="复核")

    def resolve(self) -> None:
        known = self.tablet.inspections()
        for inspection in self.chance.sample(known, min(4, len(known))):
            view = self.tablet.view(inspection)
            for path in view.view.conflicts:
                self.tablet.resolve(inspection, path, view.value(path), reason="已核对")
                return

    def mistype(self) -> None:
        """What the server must refuse; now and then corrected."""
        refused = self.tablet.refused()
        if refused and self.chance.random() < 0.5:
            paths = refused[0].change.fields.keys()
            wrong = {path: {"value": "pass"} for path in paths if path == f"responses/{_HAIR}"}
            self.tablet.correct(refused[0].change.id, wrong, reason="更正")
            return
        self.tablet.write(self.begin(), {f"responses/{_HAIR}": {"value": "sideways"}})

    def jump(self) -> None:
        days = self.chance.choice((0, 0, 1, -1, 365, -365, 3650, -3650, 20))
        self.clock.offset = timedelta(days=days, seconds=self.chance.randrange(600))

    def crash(self) -> None:
        self._reopen()

    def copy_disk(self) -> None:
        self.tablet.close()
        shutil.rmtree(self._copy, ignore_errors=True)
        shutil.copytree(self.folder, self._copy)
        self._open()

    def restore_disk(self) -> None:
        """An older copy of the disk comes back: the same replica, that has forgotten what it did since."""
        if not self._copy.exists():
            raise NotAllowed("no copy")
        self.tablet.close()
        shutil.rmtree(self.folder)
        shutil.copytree(self._copy, self.folder)
        self._open()

    def close(self) -> None:
        self.tablet.close()
        self.connection.close()

    @property
    def _copy(self) -> Path:
        return self.folder.with_suffix(".copy")

    def _reopen(self) -> None:
        self.tablet.close()
        self._open()

    def _open(self) -> None:
        self.tablet = Tablet(self.folder, self.clock, app_version=self.app_version)
        self.connection.replica_id = self.tablet.replica_id
