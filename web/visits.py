"""One request of one visitor: who it is, in which language, and the page that answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from crm_core.agents.people import Agent
from crm_core.errors import Forbidden
from web.csrf import token_for
from web.i18n import Reader
from web.navigation import entries_for
from web.wiring import SERVICES, Services

TOLD_COOKIE = "perezvon-told"


@dataclass(frozen=True, slots=True)
class Visit:
    """`agent` is None for a guest; `secret` is the session's or the guest's token; `counts` are
    the small numbers in the navigation, by path."""

    reader: Reader
    agent: Agent | None
    secret: str
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def csrf_token(self) -> str:
        return token_for(self.secret)


VISIT: web.RequestKey[Visit] = web.RequestKey("visit", Visit)


def services(request: web.Request) -> Services:
    """Everything that was built, see `web/wiring.py`."""
    return request.config_dict[SERVICES]


def visit(request: web.Request) -> Visit:
    return request[VISIT]


def person(request: web.Request) -> Agent:
    """The agent who is logged in. Raises Forbidden for a guest."""
    agent = request[VISIT].agent
    if agent is None:
        raise Forbidden
    return agent


def page(request: web.Request, template: str, *, status: int = 200, **data: Any) -> web.Response:
    """A whole page from `template`, with what `layout/page.html` needs."""
    told = request.cookies.get(TOLD_COOKIE, "")
    html = render(request, template, {**frame(request), "told": told, **data})
    response = web.Response(text=html, content_type="text/html", status=status)
    if told:
        response.del_cookie(TOLD_COOKIE, path="/")
    return response


def partial(request: web.Request, template: str, *, status: int = 200, **data: Any) -> web.Response:
    """A piece of a page, as scripts fetch it."""
    html = render(request, template, {**frame(request), **data})
    return web.Response(text=html, content_type="text/html", status=status)


def render(request: web.Request, template: str, data: Mapping[str, Any]) -> str:
    return services(request).rendering.render(request[VISIT].reader, template, data)


def frame(request: web.Request) -> dict[str, Any]:
    """What every template of a request has: person, csrf, nav, here, exchange, office."""
    seen, built = request[VISIT], services(request)
    return {
        "person": seen.agent,
        "csrf": seen.csrf_token,
        "nav": entries_for(seen.agent.role) if seen.agent else (),
        "counts_of": seen.counts,
        "here": request.path,
        "exchange": built.exchange,
        "office": built.settings.office,
    }


def go(to: str, *, told: str = "") -> web.Response:
    """After a form was accepted: see `to` next; `told` is a code of `web/sentences.py`."""
    response = web.Response(status=303, headers={"Location": to})
    if told:
        response.set_cookie(TOLD_COOKIE, told, path="/", max_age=20, httponly=True, samesite="Lax")
    return response


def wants_json(request: web.Request) -> bool:
    """Whether a script asks, so that an error is told as JSON."""
    accept = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or (
        "application/json" in accept and "text/html" not in accept
    )
