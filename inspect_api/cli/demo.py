"""``demo``."""

from rich.console import Console

from inspect_api.cli.console import Refused
from inspect_api.demo.run import PortInUse, run_demo
from inspect_api.settings import Settings


def demo() -> None:
    """Serve a demonstration organisation that plays through a week. 启动演示：一周的离线检查、成绩与周报。"""
    # Development mode: the demonstration holds nothing worth protecting, and signs with a well-known key.
    try:
        run_demo(Settings(mode="development"), Console(highlight=False))  # type: ignore[call-arg]  # as in load_settings
    except PortInUse as error:
        raise Refused(error.zh, error.en) from error


COMMANDS = [demo]
