"""Commands for an organisation and its people: ``new-organisation``, ``add-user``."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from checklists.tables import Employee, Language, Organisation, Role, Site, User, table_of
from checklists.template_loader import builtin_templates
from inspect_api.auth.passwords import MIN_LENGTH, hash_password
from inspect_api.cli.console import Refused, open_services, say
from inspect_api.directory import Directory, add_organisation
from inspect_api.mail.addresses import usable

OfOrganisation = Annotated[
    str | None, typer.Option("--organisation", help="Its name or id, when there are several. 机构名称或编号。")
]
FromStdin = Annotated[bool, typer.Option(help="Read the password from standard input. 从标准输入读取密码。")]
FromFile = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="Read the password from a file. 从文件读取密码。"),
]
OfUser = Annotated[str | None, typer.Option(help="Mail address. 邮箱。")]
SpokenLanguage = Annotated[Language, typer.Option(help="zh or en.")]

_organisation, _site, _user, _employee = (table_of(model) for model in (Organisation, Site, User, Employee))


def new_organisation(
    name: Annotated[str, typer.Argument(help="Name of the organisation. 机构名称。")],
    admin: Annotated[str, typer.Option(help="Log-in of its first administrator. 首位管理员账号。")],
    admin_name: Annotated[str, typer.Option(help="Their name. 管理员姓名。")] = "",
    email: OfUser = None,
    language: SpokenLanguage = Language.CHINESE,
    password_stdin: FromStdin = False,
    password_file: FromFile = None,
) -> None:
    """Add an organisation with its first administrator and the built-in templates. 新建机构。"""
    _require_usable(email)
    with open_services() as services:
        password_hash = hash_password(read_password(password_stdin, password_file))
        now = services.clock()
        with services.database.write() as connection:
            taken = sa.select(_organisation.c.id).where(_organisation.c.name == name)
            if connection.execute(taken).first():
                raise Refused(f"已有机构“{name}”", f"There is an organisation {name!r} already")
            _refuse_taken_login(connection, admin)
            organisation_id = add_organisation(connection, name, now, language=language)
            with Directory(connection, organisation_id, now) as directory:
                user_id = directory.add_user(admin, admin_name or admin, password_hash, email=email, language=language)
                directory.grant(user_id, Role.ADMINISTRATOR)
                for template in builtin_templates():
                    directory.publish_template(template, approved_by=user_id)
    say(f"已新建机构“{name}”，管理员 {admin}", f"Organisation {name!r} is there, administrator {admin}")


def add_user(
    login: Annotated[str, typer.Argument(help="Log-in name. 登录账号。")],
    name: Annotated[str, typer.Argument(help="Name of the person. 姓名。")],
    role: Annotated[list[Role], typer.Option(help="Repeat for several roles. 角色，可重复。")],
    site: Annotated[list[str], typer.Option(help="Code of a site; repeat for several. 场所代码，可重复。")] = [],  # noqa: B006 (typer wants a list)
    employee: Annotated[
        str | None, typer.Option(help="Staff number, for the role employee. 工号，用于员工本人。")
    ] = None,
    email: OfUser = None,
    language: SpokenLanguage = Language.CHINESE,
    organisation: OfOrganisation = None,
    password_stdin: FromStdin = False,
    password_file: FromFile = None,
) -> None:
    """Add somebody who logs in. 添加用户。

    Supervisors and managers have their role at sites; an administrator at all; an employee sees their own results.
    """
    _require_usable(email)
    at_sites = [one for one in role if one in (Role.SUPERVISOR, Role.MANAGER)]
    if bool(at_sites) != bool(site):
        raise typer.BadParameter(
            "督导和经理需要 --site，其他角色不用 / supervisors and managers need --site, others none"
        )
    if (Role.EMPLOYEE in role) != (employee is not None):
        raise typer.BadParameter("员工角色需要 --employee 工号 / the role employee goes with --employee")
    with open_services() as services:
        password_hash = hash_password(read_password(password_stdin, password_file))
        now = services.clock()
        with services.database.write() as connection:
            organisation_id = find_organisation(connection, organisation)
            _refuse_taken_login(connection, login)
            sites = [find_site(connection, organisation_id, code) for code in site]
            employee_id = find_employee(connection, organisation_id, employee) if employee else None
            with Directory(connection, organisation_id, now) as directory:
                user_id = directory.add_user(
                    login, name, password_hash, email=email, language=language, employee_id=employee_id
                )
                for one in at_sites:
                    for site_id in sites:
                        directory.grant(user_id, one, site_id)
                if Role.ADMINISTRATOR in role:
                    directory.grant(user_id, Role.ADMINISTRATOR)
    say(f"已添加用户 {login}", f"User {login} is there")


def find_organisation(connection: sa.Connection, wanted: str | None) -> str:
    """The id of the organisation with this name or id; of the only one when nothing is said."""
    rows = connection.execute(sa.select(_organisation.c.id, _organisation.c.name)).all()
    if not rows:
        raise Refused(
            "还没有机构，请先运行 inspect-api new-organisation",
            "There is no organisation yet: run inspect-api new-organisation first",
        )
    found = rows if wanted is None else [row for row in rows if wanted in (row.id, row.name)]
    if len(found) != 1:
        names = "、".join(row.name for row in rows)
        raise Refused(f"请用 --organisation 指定机构：{names}", f"Say which one with --organisation: {names}")
    return str(found[0].id)


def find_site(connection: sa.Connection, organisation_id: str, code: str) -> str:
    rows = connection.execute(sa.select(_site.c.id, _site.c.code).where(_site.c.organisation_id == organisation_id))
    ids = {row.code: str(row.id) for row in rows}
    if code not in ids:
        known = "、".join(sorted(ids)) or "无 none"
        raise Refused(f"没有场所 {code}；现有：{known}", f"There is no site {code}; there are: {known}")
    return ids[code]


def read_password(from_stdin: bool, file: Path | None) -> str:
    """From where the options say, else asked twice without showing it."""
    if from_stdin and file:
        raise typer.BadParameter("--password-stdin 与 --password-file 只能用一个 / use only one of the two")
    if file is not None:
        password = file.read_text(encoding="utf-8").rstrip("\r\n")
    elif from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = typer.prompt("密码 Password", hide_input=True, confirmation_prompt="再次输入 Again", err=True)
    else:
        raise typer.BadParameter("请用 --password-stdin 或 --password-file / give --password-stdin or --password-file")
    if len(password) < MIN_LENGTH:
        raise Refused(f"密码至少 {MIN_LENGTH} 个字符", f"A password has at least {MIN_LENGTH} characters")
    return password


def find_employee(connection: sa.Connection, organisation_id: str, number: str) -> str:
    found = connection.execute(
        sa.select(_employee.c.id).where(_employee.c.organisation_id == organisation_id, _employee.c.number == number)
    ).scalar()
    if found is None:
        raise Refused(f"没有工号 {number}", f"There is no employee with the number {number}")
    return str(found)


def _refuse_taken_login(connection: sa.Connection, login: str) -> None:
    if connection.execute(sa.select(_user.c.id).where(_user.c.login == login)).first():
        raise Refused(f"账号 {login} 已被使用", f"The log-in {login} is taken")


def _require_usable(email: str | None) -> None:
    if email is not None and not usable(email):
        raise typer.BadParameter(f"不是邮箱地址 / not a mail address: {email}")


COMMANDS: Sequence[object] = [new_organisation, add_user]
