"""Who is asking, and what they may see and do. Deny by default: what no method here allows is not allowed."""

from dataclasses import dataclass

from checklists.tables import Role
from inspect_api.problems import Code, Problem
from sync.pusher import FormerGrant


@dataclass(frozen=True)
class Principal:
    """The user behind a request. ``sites``: role → ids of the sites where it holds; an administrator has all.

    ``formerly``: where they once inspected; what they made while they did may still be on its way.
    """

    user_id: str
    organisation_id: str
    name: str
    language: str
    employee_id: str | None
    replica_id: str | None
    sites: dict[Role, frozenset[str]]
    formerly: tuple[FormerGrant, ...] = ()

    @property
    def is_administrator(self) -> bool:
        return Role.ADMINISTRATOR in self.sites

    def inspects(self, site_id: str) -> bool:
        """May fill checklists at the site."""
        return site_id in self.sites.get(Role.SUPERVISOR, frozenset())

    def manages(self, site_id: str) -> bool:
        """May read the scorecards of everyone at the site."""
        return self.is_administrator or site_id in self.sites.get(Role.MANAGER, frozenset())

    def managed_sites(self) -> frozenset[str]:
        return self.sites.get(Role.ADMINISTRATOR, frozenset()) | self.sites.get(Role.MANAGER, frozenset())

    def inspected_sites(self) -> frozenset[str]:
        return self.sites.get(Role.SUPERVISOR, frozenset())

    def require_administrator(self) -> None:
        if not self.is_administrator:
            raise Problem(Code.FORBIDDEN, "仅管理员可用", "Only for administrators")

    def require_manages(self, site_id: str) -> None:
        if not self.manages(site_id):
            raise Problem(Code.FORBIDDEN, "您不负责该场所", "You do not manage this site")
