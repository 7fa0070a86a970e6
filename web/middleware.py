"""Around every request: who comes, what goes wrong, and the headers that protect the browser."""

from collections.abc import Awaitable, Callable, Container

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from crm_core.agents.people import Agent
from crm_core.errors import CrmError
from crm_core.storage.trouble import is_out_of_reach
from telephony.errors import TelephonyError
from web import sessions
from web.counters import count_late
from web.i18n import Reader, known_language, language_of_header
from web.views import errors
from web.visits import VISIT, Visit, services

log = structlog.get_logger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""No script or style but our own files: what slipped through the escaping would still not run."""


def greet(unasked: Container[object]) -> Middleware:
    """Find out who comes, but not at the doors of `unasked`: what watches us is answered without
    the database, cookie or not, and so is the style sheet of the page that tells of it."""

    @web.middleware
    async def at_the_door(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.match_info.handler in unasked:
            request[VISIT] = Visit(_guest_reader(request), None, "")
            return await handler(request)
        return await _greet(request, handler)

    return at_the_door


async def _greet(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A guest gets a token of his own for the login form."""
    built = services(request)
    secure = built.settings.http.secure
    token = sessions.session_token(request, secure=secure)
    agent = await built.sessions.find(token) if token else None
    if agent is not None:
        reads = "text/html" in request.headers.get("Accept", "")  # a refused form is a page, too
        counts = await count_late(built.storage, built.clock, agent) if reads else {}
        request[VISIT] = Visit(reader_of(agent), agent, token, counts)
        return await handler(request)
    known = sessions.guest_token(request, secure=secure)
    guest = known or sessions.new_guest_token()
    request[VISIT] = Visit(_guest_reader(request), None, guest)
    response = await handler(request)
    if not known and not response.prepared and response.content_type == "text/html":
        sessions.set_cookie(response, sessions.GUEST, guest, secure=secure, lasting=False)
    return response


@web.middleware
async def explain(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what went wrong into a page (or JSON) that says what to do."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return errors.of_http(request, error)
    except errors.EXPECTED as error:
        return errors.of_refusal(request, error)
    except (CrmError, TelephonyError) as error:
        return errors.of_refusal(request, error)
    except Exception as error:
        if is_out_of_reach(error):
            log.warning("request_without_database", path=request.path, error=str(error))
            return _safely(request, errors.of_database)
        call_id = request.match_info.get("call_id")
        log.exception("request_failed", method=request.method, path=request.path, call_id=call_id)
        return _safely(request, errors.of_fault)


def _safely(
    request: web.Request, told: Callable[[web.Request], web.StreamResponse]
) -> web.StreamResponse:
    """A page about what went wrong, even if it is the page's own frame that fails."""
    try:
        return told(request)
    except Exception:
        log.exception("error_page_failed", path=request.path)
        return errors.without_a_frame(request)


async def protect(request: web.Request, response: web.StreamResponse) -> None:
    """Headers of every answer; what is behind the login is never kept by a cache."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), payment=(), usb=()")
    headers.setdefault("Cache-Control", "no-store")
    if services(request).settings.http.secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def reader_of(agent: Agent) -> Reader:
    """How this person reads."""
    return Reader(known_language(agent.language), agent.time_zone, agent.theme)


def _guest_reader(request: web.Request) -> Reader:
    office = services(request).settings.office
    wanted = request.headers.get("Accept-Language", "")
    return Reader(language_of_header(wanted, office.language), office.time_zone)
