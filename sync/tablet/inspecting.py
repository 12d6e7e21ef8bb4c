"""What a supervisor does on a tablet, each tap one durable edit. None of it needs the network."""

from typing import Any

import msgspec

from checklists.ids import new_id
from checklists.responses import Response, check_response
from checklists.template import Subject
from sync import feed, paths
from sync.messages import Change
from sync.tablet.local import LocalData, WallClock
from sync.tablet.outbox import Edit
from sync.tablet.views import LocalView, Owed, local_view


class NotAllowed(ValueError):
    """The edit makes no sense for this inspection; nothing was kept. The text says why."""


class Inspecting:
    """Edits over the outbox."""

    def __init__(self, local: LocalData, wall_clock: WallClock) -> None:
        self._local = local
        self._store, self._directory, self._outbox = local.store, local.directory, local.outbox
        self._wall_clock = wall_clock

    def begin(self, template_revision_id: str, *, employee_id: str | None, workspace_id: str | None) -> str:
        """A new inspection of an employee or a workspace. What decides which items apply is fixed here, for good."""
        with self._store.transaction():
            revision = self._directory.revision(template_revision_id)
            if revision is None:
                raise NotAllowed("this template revision is not on the tablet")
            path, kind, subject_id = (
                (paths.EMPLOYEE, feed.EMPLOYEE, employee_id)
                if revision.template.subject is Subject.EMPLOYEE
                else (paths.WORKSPACE, feed.WORKSPACE, workspace_id)
            )
            subject = self._directory.body(kind, subject_id) if subject_id else None
            if subject is None or (employee_id and workspace_id):
                raise NotAllowed(f"this template is for one {kind} that is on the tablet")
            now = self._wall_clock()
            fields: dict[str, Any] = {
                paths.TEMPLATE_REVISION: template_revision_id,
                path: subject_id,
                paths.CAPTURED_AT: now.isoformat(),
            }
            circumstances = self._circumstances(kind, subject)
            if circumstances:
                fields[paths.CIRCUMSTANCES] = circumstances
            inspection_id = new_id()
            self._outbox.write(Edit(inspection_id, subject["site_id"], fields, {}), now)
        return inspection_id

    def respond(
        self, inspection_id: str, item_key: str, value: str | int | None, note: str | None, reason: str | None
    ) -> Change:
        """``value`` None takes the response back."""
        with self._store.transaction():
            view = self.view(inspection_id)
            answer = None if value is None else self._checked(view, item_key, Response(value, note or None))
            return self._write(view, {paths.RESPONSES + item_key: answer}, reason)

    def write(self, inspection_id: str, fields: dict[str, Any], reason: str | None = None) -> Change:
        """Write fields as they are; every write that the tablet shows on their paths is superseded."""
        with self._store.transaction():
            return self._write(self.view(inspection_id), fields, reason)

    def declare(self, inspection_id: str, item_key: str | None, digest: str, reason: str | None) -> None:
        """Say that the photo shows the item. The same photo of the same item again is nothing new."""
        with self._store.transaction():
            view = self.view(inspection_id)
            revision = self._directory.revision(view.value(paths.TEMPLATE_REVISION))
            if item_key is not None and (revision is None or item_key not in revision.items):
                raise NotAllowed(f"the template has no item {item_key}")
            path, item = paths.EVIDENCE + digest, {"item": item_key} if item_key else {}
            former = view.value(path)
            if former is None or former.get("item") != item_key:
                self._write(view, {path: {**item, "taken_at": self._wall_clock().isoformat()}}, reason)

    def submit(self, inspection_id: str) -> tuple[Owed, ...]:
        """Submit, unless something is owed: then that is returned and nothing is written."""
        with self._store.transaction():
            view = self.view(inspection_id)
            if view.owed or view.submitted:
                return view.owed
            self._write(view, {paths.SUBMITTED: True}, None)
        return ()

    def correct(self, change_id: str, fields: dict[str, Any], reason: str | None) -> Change | None:
        """Write a refused change anew under another id, with ``fields`` instead of its own where both have a path.

        A path that was written again since keeps the newer value. None when that leaves nothing to write: the refused
        change is no longer shown.
        """
        with self._store.transaction():
            entry = next((entry for entry in self._outbox.refused() if entry.change.id == change_id), None)
            if entry is None:
                raise NotAllowed("there is no such refused change")
            change, own = entry.change, self._store.replica_id
            view = self.view(change.inspection_id)
            kept = {
                path: value
                for path, value in change.fields.items()
                if not any(stamp > change.stamp and stamp.endswith(own) for stamp in view.seen(path))
            }
            self._outbox.drop([change_id])
            anew = kept | fields
            return self._write(view, anew, reason or change.reason) if anew else None

    def view(self, inspection_id: str) -> LocalView:
        """NotAllowed when the tablet knows no such inspection."""
        user_id = self._store.get("user_id") or ""
        with self._store.transaction():
            found = local_view(self._local, user_id, inspection_id)
        if found is None:
            raise NotAllowed("there is no such inspection on the tablet")
        return found

    def _write(self, view: LocalView, fields: dict[str, Any], reason: str | None) -> Change:
        if not fields:
            raise NotAllowed("a change without fields says nothing, and no server takes it")
        if view.submitted and not reason:
            raise NotAllowed("a change after submission needs a reason")
        fixed = sorted(path for path in fields.keys() & paths.BEGINNING if view.live.get(path))
        if fixed:
            raise NotAllowed(f"fixed once the inspection has begun: {', '.join(fixed)}")
        seen = {path: view.seen(path) for path in fields}
        return self._outbox.write(Edit(view.inspection_id, view.site_id, fields, seen, reason), self._wall_clock())

    def _checked(self, view: LocalView, item_key: str, response: Response) -> Any:
        revision = self._directory.revision(view.value(paths.TEMPLATE_REVISION))
        item = revision.items.get(item_key) if revision else None
        if item is None:
            raise NotAllowed(f"the template has no item {item_key}")
        problem = check_response(item, response)
        if problem is not None:
            raise NotAllowed(problem.message)
        return msgspec.to_builtins(response)

    def _circumstances(self, kind: str, subject: dict[str, Any]) -> dict[str, Any]:
        site = self._directory.body(feed.SITE, subject["site_id"]) or {}
        post: dict[str, Any] = {}
        if kind == feed.EMPLOYEE and subject.get("post_id"):
            post = self._directory.body(feed.POST, subject["post_id"]) or {}
        known = {
            "post_type": post.get("post_type"),
            "dress_variant": subject.get("dress_variant"),
            "season": site.get("season"),
        }
        return {name: value for name, value in known.items() if value is not None}
