"""Rows that report runs need, and services around them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from checklists.ids import new_id
from checklists.tables import Organisation, ReportRun, Role, RoleGrant, Site, User, table_of
from inspect_api.auth.principal import Principal
from inspect_api.blobs import open_blob_store
from inspect_api.database import Database
from inspect_api.mail import Mailer
from inspect_api.mail.folder import FolderMailer
from inspect_api.reports.runs import Run
from inspect_api.reports.sending import Recipient
from inspect_api.services import Services
from inspect_api.settings import Settings

LONG_AGO = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass
class Office:
    database: Database
    folder: Path
    now: datetime
    organisation_id: str = field(default_factory=new_id)

    def __post_init__(self) -> None:
        self.add(Organisation, id=self.organisation_id, name="海晏物业", created_at=LONG_AGO)

    def add(self, model: Any, **values: Any) -> str:
        row = model(**values)
        with self.database.write() as connection:
            connection.execute(sa.insert(table_of(model)).values(**row.model_dump()))
        return str(values.get("id", ""))

    def site(self, name: str = "浦东办税大厅", zone: str = "Asia/Shanghai") -> str:
        return self.add(Site, id=new_id(), organisation_id=self.organisation_id, code=new_id(), name=name, zone=zone)

    def user(self, name: str = "王经理", email: str | None = "wang@example.com", language: str = "zh") -> str:
        return self.add(
            User,
            id=new_id(),
            organisation_id=self.organisation_id,
            login=new_id(),
            name=name,
            password_hash="none",
            email=email,
            language=language,
            created_at=LONG_AGO,
        )

    def grant(self, user_id: str, site_id: str, role: Role = Role.MANAGER, granted_at: datetime = LONG_AGO) -> None:
        self.add(
            RoleGrant,
            id=new_id(),
            organisation_id=self.organisation_id,
            user_id=user_id,
            role=role,
            site_id=site_id,
            granted_at=granted_at,
        )

    def manager(self, site_id: str, name: str = "王经理", email: str | None = "wang@example.com") -> str:
        user_id = self.user(name, email)
        self.grant(user_id, site_id)
        return user_id

    def administrator(self) -> Principal:
        return Principal(
            user_id=self.user("管理员"),
            organisation_id=self.organisation_id,
            name="管理员",
            language="zh",
            employee_id=None,
            replica_id=None,
            sites={Role.ADMINISTRATOR: frozenset()},
        )

    def runs(self) -> list[Any]:
        table = table_of(ReportRun)
        with self.database.read() as connection:
            return list(
                connection.execute(sa.select(table).order_by(table.c.site_id, table.c.period, table.c.revision))
            )

    def run(self) -> Any:
        [only] = self.runs()
        return only

    def settings(self, **others: Any) -> Settings:
        return Settings(mode="development", data_dir=self.folder, mail_from="检查 <reports@example.com>", **others)

    def services(self, mailer: Mailer | None = None, **settings: Any) -> Services:
        chosen = self.settings(**settings)
        return Services(
            settings=chosen,
            database=self.database,
            clock=lambda: self.now,
            blobs=open_blob_store(chosen),
            mailer=mailer or FolderMailer(self.folder / "mail"),
        )

    def later(self, **interval: float) -> None:
        self.now += timedelta(**interval)


def short_report(services: Services, connection: sa.Connection, run: Run, recipient: Recipient) -> EmailMessage:
    """A mail for tests that are about runs and not about what a report says."""
    message = EmailMessage()
    message["From"] = services.settings.mail_from
    message["To"] = recipient.email
    message["Subject"] = f"检查周报 {run.period}"
    message["Message-ID"] = run.message_id
    message.set_content("周报\n" * 50)
    return message


BUILDERS = {"weekly": short_report}
