"""How handlers say what they need; the framework injects by these annotations."""

from typing import Any

from litestar import Request
from litestar.di import NamedDependency

from inspect_api.auth.principal import Principal
from inspect_api.services import Services

UseServices = NamedDependency[Services]
"""The services, as the parameter ``services``."""

UserRequest = Request[Principal, Any, Any]
"""A request whose ``user`` is known."""
