"""``serve``."""

from typing import Annotated

import typer

from inspect_api import serving
from inspect_api.cli.console import load_settings, open_services


def serve(
    migrate: Annotated[
        bool, typer.Option("--migrate", help="Bring the schema up to date first. 先升级数据库结构。")
    ] = False,
) -> None:
    """Run the service until it is told to stop. 启动服务。"""
    if not migrate:
        with open_services():
            pass  # an old schema is refused here, with what to do, instead of failing at the first request
    serving.serve(load_settings(), migrate=migrate)


COMMANDS = [serve]
