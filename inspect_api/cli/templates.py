"""``install-templates``."""

from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from checklists.tables import TemplateRevision, table_of
from checklists.template import Template
from checklists.template_loader import TemplateError, builtin_templates, describe, load_template_file
from inspect_api.cli.console import err, open_services, say
from inspect_api.cli.organisation import OfOrganisation, find_organisation
from inspect_api.directory import Directory

_revision = table_of(TemplateRevision)


def install_templates(
    files: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, dir_okay=False, help="YAML files; without any, the built-in ones. 默认内置模板。"),
    ] = None,
    organisation: OfOrganisation = None,
) -> None:
    """Put checklist templates in force, each as the next revision of its key. 安装检查表模板。

    A template with the content of the newest revision is there already; nothing is done for it.
    """
    templates = _load(files or [])
    with open_services() as services:
        now = services.clock()
        with services.database.write() as connection:
            organisation_id = find_organisation(connection, organisation)
            before = set(connection.execute(sa.select(_revision.c.id)).scalars())
            with Directory(connection, organisation_id, now) as directory:
                ids = {template.key: directory.publish_template(template) for template in templates}
    for key, revision_id in ids.items():
        zh, en = ("已是最新", "there already") if revision_id in before else ("已生效", "in force")
        say(f"{key}：{zh}", en)


def _load(files: list[Path]) -> tuple[Template, ...]:
    if not files:
        return builtin_templates()
    loaded, problems = [], []
    for file in files:
        try:
            loaded.append(load_template_file(file))
        except TemplateError as error:
            problems += list(error.problems)
    for problem in problems:
        err.print(f"✗ {describe(problem)}", soft_wrap=True)
    if problems:
        raise typer.Exit(1)
    return tuple(loaded)


COMMANDS = [install_templates]
