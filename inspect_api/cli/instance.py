"""Commands for the database as a whole: ``migrate``, ``after-restore``."""

import sqlalchemy as sa

from checklists.ids import new_id
from checklists.tables import table_of
from inspect_api.cli.console import load_settings, open_services, say
from inspect_api.migrate import current_revision, newest_revision, upgrade
from inspect_api.serving import build_services
from sync.tables import Instance


def migrate() -> None:
    """Bring the database to the newest schema. 升级数据库结构。"""
    services = build_services(load_settings())
    try:
        with services.database.read() as connection:
            before = current_revision(connection)
        upgrade(services.database)
        after = newest_revision()
    finally:
        services.database.dispose()
    if before == after:
        say(f"数据库结构已是最新（{after}）", f"The schema is the newest already ({after})")
    else:
        say(f"数据库结构已升级：{before or '空'} → {after}", f"Schema upgraded: {before or 'none'} → {after}")


def after_restore() -> None:
    """Run once after a backup was restored: every tablet starts over and keeps its outbox. 恢复备份后运行一次。"""
    with open_services() as services, services.database.write() as connection:
        connection.execute(sa.update(table_of(Instance)).values(epoch=new_id()))
    say(
        "已更换同步纪元，各平板将从头同步并保留待发数据",
        "New epoch: every tablet pulls from the start and keeps its outbox",
    )


COMMANDS = [migrate, after_restore]
