"""What the commands share: where they write, how they refuse, and the services they work with."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from inspect_api.migrate import current_revision, newest_revision
from inspect_api.services import Services
from inspect_api.serving import build_services
from inspect_api.settings import Settings

out = Console(highlight=False, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)

AsJson = Annotated[bool, typer.Option("--json", help="Write JSON, for scripts. 输出 JSON，供脚本使用。")]


class Refused(Exception):
    """The command cannot do it; the texts say why and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def fail(zh: str, en: str) -> int:
    """Tell it on stderr; returns the exit code."""
    err.print(f"✗ {zh}", soft_wrap=True)
    err.print(f"  {en}", soft_wrap=True)
    return 1


def say(zh: str, en: str) -> None:
    out.print(f"{zh} / {en}", soft_wrap=True)


def write_json(value: Any) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value)).decode() + "\n")


def load_settings() -> Settings:
    """From the environment. Raises pydantic's ValidationError."""
    return Settings()  # type: ignore[call-arg]  # mypy does not see a default that is given to Field by position


@contextmanager
def open_services() -> Iterator[Services]:
    """The services of the settings, with the newest schema; Refused when it is not."""
    services = build_services(load_settings())
    try:
        with services.database.read() as connection:
            current = current_revision(connection)
        if current != newest_revision():
            raise Refused(
                "数据库结构不是最新，请先运行 inspect-api migrate",
                "The database schema is not the newest: run inspect-api migrate first",
            )
        yield services
    finally:
        services.database.dispose()


def progress_bar() -> Progress:
    """On stderr, and only where somebody watches."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        disable=not err.is_terminal,
    )
