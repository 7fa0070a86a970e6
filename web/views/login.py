"""The door: login and logout."""

from aiohttp import web

from web import sessions
from web.doorkeeper import TooManyLogins
from web.formats import lasting
from web.forms import GENERAL_FIELD, Form, read_form
from web.visits import go, page, services, visit


async def show(request: web.Request) -> web.Response:
    """The login form; somebody logged in already goes on."""
    wanted = safe_next(request.query.get("next", ""))
    if visit(request).agent is not None:
        return go(wanted)
    return page(request, "login/show.html", form=Form.of(next=wanted))


async def enter(request: web.Request) -> web.Response:
    """Check the password and open a new session; an older one of this browser is closed."""
    built = services(request)
    form = await read_form(request)
    login, password = form.text("login", required=True, most=200), form.secret("password")
    wanted = safe_next(form.value("next"))
    if not form.ok:
        return page(request, "login/show.html", status=422, form=form)
    address = request.remote or ""
    try:
        await built.doorkeeper.require_patience(login, address, built.clock.now())
    except TooManyLogins as refused:
        form.refuse(
            GENERAL_FIELD, "too_many_logins", wait=lasting(visit(request).reader, refused.seconds)
        )
        response = page(request, "login/show.html", status=429, form=form)
        response.headers["Retry-After"] = str(refused.seconds)
        return response
    agent = await built.accounts.verify(login, password)
    if agent is None:
        await built.doorkeeper.note_failure(login, address)
        form.refuse(GENERAL_FIELD, "login_failed")
        return page(request, "login/show.html", status=422, form=form)
    secure = built.settings.http.secure
    old = sessions.session_token(request, secure=secure)
    if old:
        await built.sessions.close(old)
    token = await built.sessions.open(agent.id, request.headers.get("User-Agent", ""))
    response = go(wanted)
    sessions.set_cookie(response, sessions.SESSION, token, secure=secure, lasting=True)
    return response


async def leave(request: web.Request) -> web.Response:
    """Close this session."""
    built = services(request)
    await built.sessions.close(visit(request).secret)
    response = go("/login", told="logged_out")
    sessions.drop_cookie(response, sessions.SESSION, secure=built.settings.http.secure)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def safe_next(wanted: str) -> str:
    """`wanted` when it is a path of ours, else "/": a login never sends anybody to another site."""
    ours = (
        wanted.startswith("/")
        and not wanted.startswith(("//", "/\\", "/login", "/logout"))
        and wanted.isprintable()
        and "\\" not in wanted
    )
    return wanted[:2000] if ours else "/"
