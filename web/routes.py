"""The whole map: every address of the product, and who may use it."""

from crm_core.agents.roles import Role
from web.guarding import ALL_ROLES, ANYBODY, Route
from web.views import health, help, home, login, me, static  # noqa: A004 - the page is called help

O, S, H, A = Role.OPERATOR, Role.SUPERVISOR, Role.HEAD_OF_SALES, Role.ADMINISTRATOR  # noqa: E741

ROUTES: tuple[Route, ...] = (
    # the door
    Route("GET", "/login", login.show, ANYBODY),
    Route("POST", "/login", login.enter, ANYBODY),
    Route("POST", "/logout", login.leave, ALL_ROLES),
    # oneself
    Route("GET", "/", home.show, ALL_ROLES),
    Route("GET", "/me", me.show, ALL_ROLES),
    Route("POST", "/me", me.save, ALL_ROLES),
    Route("POST", "/me/password", me.change_password, ALL_ROLES),
    Route("POST", "/me/sessions/close", me.close_sessions, ALL_ROLES),
    # for everybody
    Route("GET", "/help/connect", help.connect, ANYBODY),
    Route("GET", "/healthz", health.show, ANYBODY),
    Route("GET", "/favicon.ico", static.favicon, ANYBODY),
    Route("GET", "/static/{hash}/{name:.+}", static.show, ANYBODY),
)
