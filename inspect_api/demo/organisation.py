"""Makes the demonstration organisation in an empty database; in one that has it, finds it."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from checklists.ids import new_id
from checklists.periods import Week, provisional_at, week_of
from checklists.tables import Absence, Organisation, Role
from checklists.tables.columns import table_of
from checklists.template_loader import builtin_templates
from inspect_api.auth.passwords import hash_password
from inspect_api.demo import people
from inspect_api.directory import Directory, add_organisation
from inspect_api.services import Services
from sync.statements import insert

_organisation = table_of(Organisation)
EMPLOYED_FROM = date(2025, 3, 1)


def demo_week(now: datetime) -> Week:
    """The newest week whose provisional scores and mail are due."""
    zone = ZoneInfo(people.ZONE)
    week = week_of(now, zone).previous()
    return week if provisional_at(week, zone) <= now else week.previous()


def founded_at(week: Week) -> datetime:
    """On its Monday, a quarter past eight at the sites: the report on this week is the first one that is due."""
    return datetime.combine(week.monday, time(8, 15), tzinfo=ZoneInfo(people.ZONE)).astimezone(UTC)


def ensure_organisation(services: Services) -> Week:
    """Gives the week that the demonstration plays in; the same one at every later start."""
    with services.database.read() as connection:
        founded = connection.execute(
            sa.select(_organisation.c.created_at).where(_organisation.c.name == people.ORGANISATION)
        ).scalar()
    if founded is not None:
        return week_of(founded, ZoneInfo(people.ZONE))
    week = demo_week(services.clock())
    secret = hash_password(people.PASSWORD)
    with services.database.write() as connection:
        _make(connection, week, secret)
    return week


def _make(connection: sa.Connection, week: Week, password_hash: str) -> None:
    founded = founded_at(week)
    organisation_id = add_organisation(connection, people.ORGANISATION, founded)
    with Directory(connection, organisation_id, founded) as directory:
        for template in builtin_templates():
            directory.publish_template(template)
        sites: dict[str, str] = {}
        employees: dict[str, str] = {}
        for site in people.SITES:
            sites[site.code] = directory.put_site(site.code, site.name, people.ZONE, season="winter")
            employees |= _fill_site(directory, sites[site.code], site, founded)
        for user in people.USERS:
            user_id = directory.add_user(
                user.login,
                user.name,
                password_hash,
                email=f"{user.login}@skyline.example",
                language=user.language,
                employee_id=employees[user.number] if user.number else None,
            )
            if user.role == Role.ADMINISTRATOR:
                directory.grant(user_id, Role.ADMINISTRATOR)
            for code in user.sites:
                directory.grant(user_id, Role(user.role), sites[code])
    leave = {
        "id": new_id(),
        "organisation_id": organisation_id,
        "employee_id": employees[people.ON_LEAVE],
        "first_day": week.monday,
        "last_day": week.sunday,
        "reason": "年假",
    }
    insert(connection, table_of(Absence), [leave])


def _fill_site(directory: Directory, site_id: str, site: people.DemoSite, founded: datetime) -> dict[str, str]:
    posts = {post.code: directory.put_post(site_id, post.code, post.name, post.post_type) for post in site.posts}
    employees = {
        person.number: directory.put_employee(
            site_id,
            person.number,
            person.name,
            EMPLOYED_FROM,
            post_id=posts[person.post],
            dress_variant=person.dress,
        )
        for person in site.employees
    }
    for place, (code, name) in enumerate(site.workspaces):
        workspace_id = directory.put_workspace(site_id, code, name)
        for person in site.employees[place :: len(site.workspaces)]:
            if person.number == people.NEVER_SEEN:
                continue
            directory.assign_workspace(workspace_id, employees[person.number], founded)
    return employees
