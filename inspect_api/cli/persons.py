"""``export-person`` and ``erase-person``."""

from pathlib import Path
from typing import Annotated

import typer

from inspect_api.cli.console import Refused, open_services, say
from inspect_api.cli.organisation import OfOrganisation, find_employee, find_organisation
from inspect_api.privacy.erasure import erase
from inspect_api.privacy.person import export_person

Number = Annotated[str, typer.Argument(help="Staff number. 工号。")]


def export_person_command(
    number: Number,
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The ZIP to write. 写入的 ZIP 文件。")],
    organisation: OfOrganisation = None,
) -> None:
    """Write all that is held about an employee: JSON and photos. 导出一名员工的全部数据。"""
    if file.exists():
        raise Refused(f"文件已存在：{file}", f"The file is there already: {file}")
    with open_services() as services:
        with services.database.read() as connection:
            organisation_id = find_organisation(connection, organisation)
            employee_id = find_employee(connection, organisation_id, number)
        export_person(services, organisation_id, employee_id, None, file)
    say(f"已写入 {file}", f"Written: {file}")


def erase_person_command(
    number: Number,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; there is no way back. 确认执行，不可恢复。")] = False,
    organisation: OfOrganisation = None,
) -> None:
    """Erase an employee who has left; scores stay without a name. 删除一名离职员工的个人信息。"""
    if not yes:
        raise Refused("不可恢复；确认请加 --yes", "There is no way back: say --yes")
    with open_services() as services, services.database.write() as connection:
        organisation_id = find_organisation(connection, organisation)
        employee_id = find_employee(connection, organisation_id, number)
        days = services.settings.dispute_days
        erase(connection, organisation_id, employee_id, None, services.clock(), days)
    say("已删除；照片随后由定时任务删除", "Erased; the photos follow with the next run of the jobs")


export_person_command.__name__ = "export-person"
erase_person_command.__name__ = "erase-person"
COMMANDS = [export_person_command, erase_person_command]
