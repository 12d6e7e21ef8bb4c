"""``inspect-api``: every command, and how an expected error is told instead of shown as a traceback."""

from collections.abc import Sequence

import sqlalchemy as sa
import typer
from pydantic import ValidationError

from inspect_api.cli import (
    check,
    demo,
    exports,
    instance,
    organisation,
    persons,
    reports,
    roster,
    serve,
    templates,
    weeks,
)
from inspect_api.cli.console import Refused, err, fail
from inspect_api.problems import Problem

app = typer.Typer(
    name="inspect-api",
    help="""Inspection checklists with offline sync. 离线同步的检查表服务。

    Exit codes 退出码: 0 done 完成, 1 refused or failed 被拒绝或失败, 2 wrong usage 用法错误.
    Settings 设置: docs/settings.md""",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for room in (serve, demo, instance, check, organisation, roster, templates, weeks, exports, reports, persons):
    for command in room.COMMANDS:
        app.command()(command)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. ``arguments``: without the program's name; default from the shell."""
    try:
        app(args=None if arguments is None else list(arguments))
    except SystemExit as exit_:  # the framework ends every command with one
        return exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
    except Refused as error:
        return fail(error.zh, error.en)
    except Problem as problem:
        return fail(problem.body("zh")["detail"], problem.body("en")["detail"])
    except ValidationError as error:
        return _fail_settings(error)
    except sa.exc.OperationalError as error:
        reason = str(error.orig).strip()
        return fail(
            f"数据库不可用：{reason}（请检查 INSPECT_DATABASE_URL、INSPECT_DATA_DIR 以及数据库是否在运行）",
            f"The database does not do it: {reason} (INSPECT_DATABASE_URL, INSPECT_DATA_DIR, is it running?)",
        )
    except OSError as error:
        return fail(f"文件或网络错误：{error}", f"File or network error: {error}")
    return 0


def _fail_settings(error: ValidationError) -> int:
    """Names and reasons only: a value may be a secret."""
    for one in error.errors(include_input=False, include_url=False):
        name = "INSPECT_" + "_".join(str(part) for part in one["loc"]).upper() if one["loc"] else ""
        reason = f"{name} {one['msg'].removeprefix('Value error, ')}".strip()
        fail(f"设置有误：{reason}", f"Wrong setting: {reason}")
    command = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
    err.print(f"→ docs/settings.md；生成密钥 to make a secret: {command}", soft_wrap=True)
    return 1
