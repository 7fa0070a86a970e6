"""What went wrong, told in the person's language: a page, or JSON where a script asks."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aiohttp import web

from crm_core.errors import Conflict, CrmError, Forbidden, Invalid, NotFound
from telephony.errors import ActionRefused, NotConnected, TelephonyError
from web.doorkeeper import TooManyLogins
from web.formats import lasting
from web.guarding import LoginNeeded
from web.i18n import N_, SOURCE_LANGUAGE, Reader, language_of_header
from web.sentences import sentence
from web.visits import VISIT, Visit, page, services, visit, wants_json

EXPECTED = (LoginNeeded, TooManyLogins)
AGAIN_SECONDS = 5  # as often as the service itself tries at the longest

TITLES = {
    400: N_("This request cannot be understood"),
    401: N_("You are not logged in"),
    403: N_("This is not allowed"),
    404: N_("There is nothing here"),
    405: N_("This is not allowed"),
    409: N_("Somebody was faster"),
    413: N_("This is too much to send at once"),
    422: N_("This value cannot be accepted"),
    429: N_("Too many attempts"),
    500: N_("Something went wrong on our side"),
    502: N_("The exchange could not do this"),
    503: N_("There is no link to the exchange"),
}
HINTS = {
    400: N_("Go back, reload the page and try again."),
    403: N_("If you need it for your work, ask an administrator for the role."),
    404: N_("The address may be mistyped, or the record is gone or not yours to see."),
    413: N_("Send less at once."),
    500: N_(
        "Try again. If it happens again, tell an administrator when it was: the log knows more."
    ),
}


def of_refusal(request: web.Request, error: Exception) -> web.StreamResponse:
    """What a floor below, or the door itself, refused."""
    if isinstance(error, LoginNeeded):
        return _login_needed(request)
    if isinstance(error, TooManyLogins):
        wait = lasting(_reader(request), error.seconds)
        response = _answer(request, 429, "too_many_logins", {"wait": wait})
        response.headers["Retry-After"] = str(error.seconds)
        return response
    if isinstance(error, CrmError):
        field = error.field if isinstance(error, Invalid) else None
        return _answer(request, _status_of(error), error.code, error.values, field=field)
    assert isinstance(error, TelephonyError)
    values = {"message": error.message} if isinstance(error, ActionRefused) else {}
    status = 503 if isinstance(error, NotConnected) else 502
    return _answer(request, status, error.code, values)


def of_http(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    """A refusal of aiohttp's own: no such address, too large, wrong method."""
    code = {404: "not_found", 413: "too_large_request"}.get(error.status, "refused")
    response = _answer(request, error.status, code, {})
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def of_fault(request: web.Request) -> web.StreamResponse:
    """A fault of ours: it is in the log, the person learns what to do."""
    return _answer(request, 500, "fault", {})


def of_database(request: web.Request) -> web.StreamResponse:
    """The database is away or held by somebody: nobody's fault, and it passes."""
    response = _answer(request, 503, "database_away", {}, title=N_("This is not possible just now"))
    response.headers["Retry-After"] = str(AGAIN_SECONDS)
    return response


def without_a_frame(request: web.Request) -> web.Response:
    """The same in plain text, for when the templates themselves are at fault."""
    reader = _reader(request)
    texts = (reader.gettext(TITLES[500]) + ".", reader.gettext(HINTS[500]))
    return web.Response(status=500, text="\n".join(texts))


def _status_of(error: CrmError) -> int:
    by_kind = {NotFound: 404, Forbidden: 403, Conflict: 409}
    return next((status for kind, status in by_kind.items() if isinstance(error, kind)), 422)


def _answer(
    request: web.Request,
    status: int,
    code: str,
    values: Mapping[str, Any],
    *,
    field: str | None = None,
    title: str = "",
) -> web.Response:
    reader = _reader(request)
    if wants_json(request):
        told: dict[str, Any] = {"code": code, "message": sentence(reader, code, values)}
        if field is not None:
            told["field"] = field
        return web.json_response({"error": told}, status=status)
    usual = TITLES.get(status, TITLES[500] if status >= 500 else TITLES[400])
    title = reader.gettext(title or usual)
    said = [HINTS[status]] if status in HINTS else []
    texts = [sentence(reader, code, values)] if code not in ("fault", "not_found") else []
    texts += [reader.gettext(hint) for hint in said]
    return page(request, "errors/show.html", status=status, title=title, texts=texts, code=status)


def _login_needed(request: web.Request) -> web.StreamResponse:
    is_socket = request.headers.get("Upgrade", "").lower() == "websocket"
    if is_socket or wants_json(request) or request.method not in ("GET", "HEAD"):
        return _answer(request, 401, "login_needed", {})
    wanted = request.path_qs
    to = "/login" if wanted == "/" else f"/login?next={quote(wanted, safe='')}"
    return web.Response(status=303, headers={"Location": to})


def _reader(request: web.Request) -> Reader:
    """The visitor's; before he was greeted (the database may be down) the browser's wish."""
    if VISIT not in request:
        office = services(request).settings.office
        accepted = request.headers.get("Accept-Language", "")
        language = language_of_header(accepted, office.language or SOURCE_LANGUAGE)
        request[VISIT] = Visit(Reader(language, office.time_zone), None, "")
    return visit(request).reader
