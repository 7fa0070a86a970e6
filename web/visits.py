"""One request of one visitor: who it is, in which language, and the page that answers."""

import re
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
UNDO_COOKIE = "perezvon-undo"
_UNDOING = re.compile(r"/[a-z-]+/\d{1,15}/undo", re.ASCII)


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
    told, undo = request.cookies.get(TOLD_COOKIE, ""), request.cookies.get(UNDO_COOKIE, "")
    undo = undo if told and _UNDOING.fullmatch(undo) else ""
    html = render(request, template, {**frame(request), "told": told, "undo": undo, **data})
    response = web.Response(text=html, content_type="text/html", status=status)
    for cookie in (TOLD_COOKIE, UNDO_COOKIE):
        if cookie in request.cookies:
            response.del_cookie(cookie, path="/")
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


def go(to: str, *, told: str = "", undo: str = "") -> web.Response:
    """After a form was accepted: see `to` next; `told` is a code of `web/sentences.py`, `undo` the
    address of a form that takes it back: "/deletions/3/undo"."""
    response = web.Response(status=303, headers={"Location": to})
    for cookie, value in ((TOLD_COOKIE, told), (UNDO_COOKIE, undo)):
        if value:
            response.set_cookie(cookie, value, path="/", max_age=20, httponly=True, samesite="Lax")
    return response


def wants_json(request: web.Request) -> bool:
    """Whether a script asks, so that an error is told as JSON."""
    accept = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or (
        "application/json" in accept and "text/html" not in accept
    )
