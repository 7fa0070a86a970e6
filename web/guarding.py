"""The door of every route: who may come in, and that the request was really theirs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from aiohttp import web

from crm_core.agents.roles import Role
from crm_core.errors import Forbidden
from web.csrf import SAFE_METHODS, require_same_origin, require_token
from web.visits import services, visit

View = Callable[[web.Request], Awaitable[web.StreamResponse]]
ALL_ROLES = frozenset(Role)


class Audience(Enum):
    """Routes that are not for roles."""

    ANYBODY = "anybody"  # guests too


ANYBODY = Audience.ANYBODY


class LoginNeeded(Exception):
    """Nobody is logged in and this route is not for guests."""


@dataclass(frozen=True, slots=True)
class Route:
    """One address: its method, path, view, and the roles that may use it.

    One that does not `ask_who` comes treats everybody as a guest, and needs no database for it.
    """

    method: str
    path: str
    view: View
    roles: frozenset[Role] | Audience
    ask_who: bool = True

    @property
    def is_socket(self) -> bool:
        return self.method == "SOCKET"


def guarded(route: Route) -> View:
    """The route's view behind its door. Raises LoginNeeded or Forbidden before the view runs."""

    async def behind_the_door(request: web.Request) -> web.StreamResponse:
        _require_role(request, route)
        public_url = services(request).settings.http.public_url
        if route.is_socket:
            require_same_origin(request, public_url, present=True)
        elif request.method not in SAFE_METHODS:
            require_same_origin(request, public_url)
            await require_token(request, visit(request).secret)
        return await route.view(request)

    return behind_the_door


def _require_role(request: web.Request, route: Route) -> None:
    if route.roles is ANYBODY:
        return
    agent = visit(request).agent
    if agent is None:
        raise LoginNeeded
    if isinstance(route.roles, frozenset) and agent.role not in route.roles:
        raise Forbidden(role=agent.role.value)
