"""``check``: whether the service could run with these settings, and what to do where it could not."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import sqlalchemy as sa
import typer

from checklists.tables import Organisation, table_of
from inspect_api.administration.waiting import deciders, stuck_disputes
from inspect_api.blobs import open_blob_store
from inspect_api.cli.console import AsJson, load_settings, out, write_json
from inspect_api.database import Database
from inspect_api.mail import make_mailer
from inspect_api.mail.addresses import sender_address
from inspect_api.migrate import current_revision, newest_revision
from inspect_api.settings import Settings

LITTLE_DISK = 2_000_000_000
"""Bytes: some two thousand photos as they are stored."""


class Finding(msgspec.Struct, frozen=True):
    """``todo``: what to do about it, empty when there is nothing to do."""

    name: str
    ok: bool
    detail: str
    todo: str = ""


@dataclass(frozen=True)
class _Trouble(Exception):
    detail: str
    todo: str


def check(as_json: AsJson = False) -> None:
    """Check settings, database, folders, disk, photo store and mail server. 检查运行条件。"""
    findings = list(look(load_settings()))
    if as_json:
        write_json(findings)
    else:
        for one in findings:
            out.print(f"{'✓' if one.ok else '✗'} {one.name}: {one.detail}", soft_wrap=True)
            if one.todo:
                out.print(f"    → {one.todo}", soft_wrap=True)
    if not all(one.ok for one in findings):
        raise typer.Exit(1)


def look(settings: Settings) -> Iterator[Finding]:
    """One finding for each thing that the service needs; none stops the next."""
    probes: list[tuple[str, Callable[[Settings], str]]] = [
        ("设置 settings", _settings),
        ("数据目录 data folder", _folder),
        ("磁盘空间 free disk", _disk),
        ("数据库 database", _database),
        ("照片存储 photo store", _photos),
        ("邮件 mail", _mail),
    ]
    usable = set()
    for name, probe in probes:
        try:
            yield Finding(name, True, probe(settings))
            usable.add(probe)
        except _Trouble as trouble:
            yield Finding(name, False, trouble.detail, trouble.todo)
    if _database in usable:
        yield _disputes(settings)


def _settings(settings: Settings) -> str:
    try:
        sender_address(settings.mail_from)
    except ValueError as error:
        raise _Trouble(str(error), "INSPECT_MAIL_FROM='Name <address@host>'") from error
    if settings.mode == "production" and not settings.effective_public_url().startswith("https://"):
        raise _Trouble(
            f"{settings.effective_public_url()} 不是 HTTPS / is not HTTPS",
            "平板离线功能需要 HTTPS：设置 INSPECT_PUBLIC_URL=https://… / tablets work offline over HTTPS only",
        )
    return f"{settings.mode}, {settings.effective_public_url()}"


def _folder(settings: Settings) -> str:
    probe = settings.data_dir / f".check-{os.getpid()}"
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"inspect-api")
        probe.unlink()
    except OSError as error:
        todo = "修改 INSPECT_DATA_DIR 或目录权限 / change INSPECT_DATA_DIR or the rights of the folder"
        raise _Trouble(str(error), todo) from error
    return str(settings.data_dir.absolute())


def _disk(settings: Settings) -> str:
    folder = settings.data_dir.absolute()
    free = shutil.disk_usage(_nearest(folder)).free
    detail = f"{free / 1e9:.1f} GB"
    if free < LITTLE_DISK:
        raise _Trouble(detail, f"少于 {LITTLE_DISK / 1e9:.0f} GB，请扩容 / less than that: make room")
    return detail


def _nearest(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.exists())


def _database(settings: Settings) -> str:
    """Looks only: an embedded database that is not there yet is not made by looking."""
    url = sa.make_url(settings.effective_database_url())
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise _Trouble("尚未创建 / not made yet", "inspect-api migrate")
    try:
        database = Database(settings.effective_database_url())
        try:
            with database.read() as connection:
                current = current_revision(connection)
        finally:
            database.dispose()
    except (sa.exc.SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).strip()
        raise _Trouble(reason, "检查 INSPECT_DATABASE_URL 与数据库是否运行 / is it running?") from error
    if current != newest_revision():
        raise _Trouble(f"结构版本 schema revision {current}, 最新 newest {newest_revision()}", "inspect-api migrate")
    return f"{url.get_backend_name()}, {current}"


def _disputes(settings: Settings) -> Finding:
    """Whether somebody may answer every dispute; and whether there are people enough for the next ones."""
    database, stuck, few = Database(settings.effective_database_url()), 0, []
    organisation = table_of(Organisation)
    try:
        with database.read() as connection:
            for row in connection.execute(sa.select(organisation.c.id, organisation.c.name)).all():
                stuck += len(stuck_disputes(connection, row.id))
                there = deciders(connection, row.id)
                if there.found < there.needed:
                    few.append(f"{row.name} {there.found}/{there.needed}")
    finally:
        database.dispose()
    name, todo = "申诉 disputes", "再授予一人经理或管理员角色 / give one more the role of manager or administrator"
    if stuck:
        return Finding(name, False, f"{stuck} 项没有人可以答复 / nobody may answer {stuck}", todo)
    if few:
        return Finding(name, True, f"能处理的人偏少 / few may decide: {'、'.join(few)}", todo)
    return Finding(name, True, "都有人可以答复 / somebody may answer each")


def _photos(settings: Settings) -> str:
    try:
        open_blob_store(settings).check()
    except Exception as error:  # the object store's client raises its own kinds, from refused keys to lost networks
        todo = "检查 INSPECT_BLOB_URL 与 INSPECT_S3_… / look at these settings"
        raise _Trouble(" ".join(str(error).split())[:300], todo) from error
    return settings.blob_url or str(settings.data_dir.absolute() / "photos")


def _mail(settings: Settings) -> str:
    try:
        asyncio.run(make_mailer(settings).check())
    except Exception as error:  # whatever the library raises, it is the mail server that cannot be used
        raise _Trouble(str(error), "检查 INSPECT_SMTP_… / look at these settings") from error
    if settings.smtp_host is None:
        return "写入文件夹，不会发出 / written to a folder, not sent"
    return f"{settings.smtp_host}:{settings.smtp_port} ({settings.smtp_tls})"


COMMANDS = [check]
