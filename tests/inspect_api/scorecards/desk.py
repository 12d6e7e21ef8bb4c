"""Supervisors who send the checks of the worked example through a real push."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from checklists.ids import new_id
from checklists.tables import table_of
from sync.messages import PushRequest
from sync.push import push
from sync.pusher import Pusher, receive
from sync.store import stored_changes
from sync.tables import Replica
from tests.worked_numbers import ALL_CHECKS, WORKSPACE_5S, Check
from tests.world import Pen, World


@dataclass
class Desk:
    """One tablet for each supervisor who sends something. ``world.services.clock`` says when it arrives."""

    world: World
    site: str = "lobby"
    pens: dict[str, Pen] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)

    def pen(self, supervisor: str) -> Pen:
        if supervisor not in self.pens:
            self.pens[supervisor] = Pen(self.world.sites[self.site], new_id())
            now = self.world.services.clock()
            with self.world.services.database.write() as connection:
                connection.execute(
                    table_of(Replica)
                    .insert()
                    .values(
                        id=self.pens[supervisor].replica_id,
                        organisation_id=self.world.organisation_id,
                        user_id=self.world.users[supervisor],
                        device_name=f"平板 {supervisor}",
                        enrolled_at=now,
                        last_seen_at=now,
                    )
                )
        return self.pens[supervisor]

    def send(self, check: Check, employee: str = "lobby-1", **members: Any) -> str:
        """Push a check as an inspection of the employee, or of the site's workspace; returns its id."""
        workspace = check.template is WORKSPACE_5S
        change = self.pen(check.supervisor).inspection(
            self.world.templates[check.template.key],
            {key: msgspec.to_builtins(response) for key, response in check.responses.items()},
            check.captured_at,
            employee_id=None if workspace else self.world.employees[employee],
            workspace_id=self.world.workspaces[self.site] if workspace else None,
            **members,
        )
        self.push(check.supervisor, change)
        self.sent[check.name] = change["inspection_id"]
        return str(change["inspection_id"])

    def send_all(self, employee: str = "lobby-1") -> None:
        for check in ALL_CHECKS:
            self.send(check, employee)

    def revise(self, name: str, supervisor: str, fields: dict[str, Any], reason: str, at: datetime) -> None:
        """Write over fields of a check that was sent, having seen what stands there."""
        seen = {path: [self.stamps(name, path)] for path in fields}
        self.push(supervisor, self.pen(supervisor).change(self.sent[name], fields, at, supersedes=seen, reason=reason))

    def stamps(self, name: str, path: str) -> str:
        """The stamp of the newest write of a path."""
        with self.world.services.database.read() as connection:
            changes = stored_changes(connection, [self.sent[name]])[self.sent[name]]
        return max(entry.change.stamp for entry in changes if path in entry.change.fields or path.endswith("void"))

    def push(self, supervisor: str, *changes: dict[str, Any]) -> None:
        """As an acknowledged push: every change is stored, or the test fails."""
        services = self.world.services
        request = PushRequest([msgspec.Raw(msgspec.json.encode(change)) for change in changes])
        pusher = Pusher(
            self.world.organisation_id,
            self.world.users[supervisor],
            self.pen(supervisor).replica_id,
            frozenset({self.world.sites[self.site]}),
        )
        with services.database.write() as connection:
            answer = push(connection, receive(pusher, request, services.clock()), services.clock())
        assert [result.status for result in answer.results] == ["stored"] * len(changes), answer.results
