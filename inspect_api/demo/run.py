"""``inspect-api demo``: the service with a demonstration organisation, in one process, until it is stopped."""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import sqlalchemy as sa
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from checklists.periods import Week
from checklists.scoring.arithmetic import display
from checklists.tables import Organisation, Site
from checklists.tables.columns import table_of
from inspect_api.demo import people
from inspect_api.demo.organisation import ensure_organisation
from inspect_api.demo.play import play
from inspect_api.jobs import run_once
from inspect_api.migrate import upgrade
from inspect_api.scorecards import service as scorecards
from inspect_api.services import Services
from inspect_api.serving import build_services, serve
from inspect_api.settings import Settings

_STEPS = {
    "tablets": "平板登录并下载  tablets log in",
    "inspections": "离线检查  inspecting offline",
    "sent": "断断续续地同步  syncing over a bad line",
}
_SHOWN = 5


class PortInUse(Exception):
    """Somebody else listens there; the texts say what to do."""

    def __init__(self, port: int) -> None:
        other = f"INSPECT_PORT={port + 1} make run"
        self.zh, self.en = f"端口 {port} 被占用，可换一个：{other}", f"Port {port} is taken, choose another: {other}"
        super().__init__(self.en)


def run_demo(settings: Settings, console: Console) -> None:
    """Serve, and play the week beside it. Jobs wait until the week is there: no mail about half of it."""
    _require_free(settings)
    logging.disable(logging.INFO)  # the console belongs to the reader
    quiet = settings.model_copy(update={"jobs": False})
    services = build_services(settings)
    upgrade(services.database)
    week = ensure_organisation(services)
    _greet(console, settings)
    player = threading.Thread(target=_live, args=(services, settings, week, console), daemon=True, name="demo")
    player.start()
    serve(quiet, migrate=False)


def _live(services: Services, settings: Settings, week: Week, console: Console) -> None:
    """Play the week once, then do what the jobs of a service do, for as long as it runs."""
    try:
        _wait_until_served(settings)
        with Progress(
            TextColumn("{task.description:<42}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        ) as bars:
            folder = settings.data_dir / "tablets"
            played = play(_address(settings), folder, week, services.clock, _bar_for(bars))
        console.print(
            f"{played.inspections} 次检查，{played.photos} 张照片排队，断线 {played.lost} 次，已全部送达。\n"
            f"{played.inspections} inspections; {played.photos} photos were waiting and the line dropped {played.lost} "
            f"times; after {played.rounds} rounds everything has arrived."
        )
        asyncio.run(run_once(services))
        _show_scores(services, week, console)
        _show_mail(settings, console)
    except Exception:
        console.print_exception()
        console.print("[bold red]演示未完成 / The demonstration did not finish.[/] make run 可继续 / make run goes on.")
    while True:
        time.sleep(settings.job_seconds)
        asyncio.run(run_once(services))


def _require_free(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise PortInUse(settings.port) from error


def _address(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.port}"


def _greet(console: Console, settings: Settings) -> None:
    console.print(f"\n[bold]{_address(settings)}[/]   密码 password: [bold]{people.PASSWORD}[/]\n")
    table = Table(show_edge=False, pad_edge=False)
    for title in ("账号 log-in", "姓名 name", "看到什么 sees"):
        table.add_column(title)
    for user in people.USERS:
        table.add_row(user.login, user.name, _SEES[user.role])
    console.print(table)
    console.print("\n停止 stop: Ctrl+C    数据 data:", str(settings.data_dir), "\n")


_SEES = {
    "manager": "本场所周成绩单 weekly scorecards",
    "administrator": "全部与周报邮件 everything, mail",
    "supervisor": "平板应用 the tablet app: /tablet/",
    "employee": "本人成绩 own results",
}


def _wait_until_served(settings: Settings) -> None:
    for _ in range(300):
        try:
            if httpx.get(f"{_address(settings)}/health", timeout=5).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise TimeoutError("the service does not answer")


def _bar_for(bars: Progress) -> Callable[[str, int, int], None]:
    tasks: dict[str, TaskID] = {}

    def step(name: str, done: int, total: int) -> None:
        if name not in tasks:
            tasks[name] = bars.add_task(_STEPS[name], total=total)
        bars.update(tasks[name], completed=done, total=total)

    return step


def _show_scores(services: Services, week: Week, console: Console) -> None:
    site = table_of(Site)
    organisation = table_of(Organisation)
    with services.database.read() as connection:
        ours = (
            sa.select(site.c.id)
            .join(organisation, organisation.c.id == site.c.organisation_id)
            .where(organisation.c.name == people.ORGANISATION)
            .order_by(site.c.code)
        )
        for site_id in connection.execute(ours).scalars().all():
            shown = scorecards.site_week(connection, site_id, week, services.clock())
            table = Table(title=f"{shown.site.name} · {week} · 最低 {_SHOWN} 名 lowest {_SHOWN}")
            for title in ("工号 number", "姓名 name", "总分 total", "等级 grade"):
                table.add_column(title, justify="right" if "total" in title else "left")
            for row in shown.rows[:_SHOWN]:
                total = row.score.total
                table.add_row(
                    row.number, row.name, display(total) if total is not None else "–", row.score.grade or "–"
                )
            console.print(table)


def _show_mail(settings: Settings, console: Console) -> None:
    folder: Path = settings.data_dir / "mail"
    written = sorted(folder.glob("*.eml")) if folder.is_dir() else []
    if written:
        console.print(f"周报邮件 weekly mail: {len(written)} × .eml → {folder}    {_address(settings)}/mails (admin)")
