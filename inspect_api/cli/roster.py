"""``import-roster``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from inspect_api.cli.console import AsJson, Refused, open_services, out, progress_bar, say, write_json
from inspect_api.cli.organisation import OfOrganisation, find_organisation
from inspect_api.roster import Counts, RosterError, RosterResult
from inspect_api.roster import import_roster as do_import


def import_roster(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV or XLSX.")],
    create_sites: Annotated[
        bool, typer.Option("--create-sites", help="Add sites that are not there; needs a zone column. 新建场所。")
    ] = False,
    organisation: OfOrganisation = None,
    as_json: AsJson = False,
) -> None:
    """Bring employees, posts and workspaces of a spreadsheet in. 导入花名册。

    Rows with a problem are told and left out (exit code 1), the others are kept. The same file again changes nothing;
    who is not in the file stays. Columns: docs/operations.md
    """
    with open_services() as services, progress_bar() as bar:
        task = bar.add_task(file.name, total=None)
        with services.database.read() as connection:
            organisation_id = find_organisation(connection, organisation)
        try:
            result = do_import(
                services.database,
                organisation_id,
                file.read_bytes(),
                services.clock(),
                create_sites=create_sites,
                progress=lambda done, steps: bar.update(task, completed=done, total=steps),
            )
        except RosterError as error:
            raise Refused(f"{file.name}：{error.zh}", f"{file.name}: {error.en}") from error
    if as_json:
        write_json(result)
    else:
        _show(result)
    if result.problems:
        raise typer.Exit(1)


def _show(result: RosterResult) -> None:
    if result.problems:
        table = Table("行 row", "列 column", "原因 reason", title="未导入的行 Rows left out")
        for problem in result.problems:
            table.add_row(str(problem.row), problem.column, f"{problem.zh}\n{problem.en}")
        out.print(table)
    if result.ignored_columns:
        names = "、".join(result.ignored_columns)
        say(f"忽略的列：{names}", f"Columns ignored: {names}")
    if not result.changed:
        say("没有变化", "Nothing changed")
        return
    table = Table("", "新增 added", "更改 changed", "不变 unchanged")
    for name, counts in (
        ("场所 sites", result.sites),
        ("岗位 posts", result.posts),
        ("工位 workspaces", result.workspaces),
        ("员工 employees", result.employees),
    ):
        table.add_row(name, *_cells(counts))
    out.print(table)
    started, ended = result.responsibilities_started, result.responsibilities_ended
    say(f"工位责任：开始 {started}，结束 {ended}", f"Workspace responsibilities: {started} begun, {ended} ended")


def _cells(counts: Counts) -> tuple[str, str, str]:
    return str(counts.added), str(counts.changed), str(counts.unchanged)


COMMANDS = [import_roster]
