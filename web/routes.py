"""The whole map: every address of the product, and who may use it."""

from crm_core.agents.roles import Role
from web.guarding import ALL_ROLES, ANYBODY, Route
from web.views import (
    cards,
    health,
    help,  # noqa: A004 - the page is called help
    home,
    login,
    me,
    socket,
    static,
    workplace,
)

O, S, H, A = Role.OPERATOR, Role.SUPERVISOR, Role.HEAD_OF_SALES, Role.ADMINISTRATOR  # noqa: E741
OFFICE = frozenset({O, S, H})

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
    # the workplace
    Route("SOCKET", "/socket", socket.show, ALL_ROLES),
    Route("GET", "/workplace", workplace.show, OFFICE),
    Route("GET", "/workplace/tasks", workplace.tasks, OFFICE),
    Route("POST", "/workplace/tasks/{task_id:\\d{1,15}}/done", workplace.finish_task, OFFICE),
    Route("POST", "/workplace/extension", workplace.log_in, OFFICE),
    Route("POST", "/workplace/leave", workplace.log_out, OFFICE),
    Route("POST", "/workplace/ready", workplace.ready, OFFICE),
    Route("POST", "/workplace/pause", workplace.pause, OFFICE),
    Route("POST", "/calls/dial", workplace.dial, ALL_ROLES),
    Route("POST", "/cards/{call_id}/note", cards.note, OFFICE),
    Route("POST", "/cards/{call_id}/client", cards.choose_client, OFFICE),
    Route("POST", "/cards/{call_id}/client/new", cards.create_client, OFFICE),
    Route("POST", "/cards/{call_id}/wrap-up", cards.finish, OFFICE),
    Route("POST", "/cards/{call_id}/skip", cards.skip, OFFICE),
    Route("POST", "/cards/{call_id}/hang-up", cards.hang_up, OFFICE),
    Route("POST", "/cards/{call_id}/hold", cards.hold, OFFICE),
    Route("POST", "/cards/{call_id}/resume", cards.resume, OFFICE),
    Route("POST", "/cards/{call_id}/transfer", cards.transfer, OFFICE),
    Route("POST", "/cards/{call_id}/transfer/connect", cards.connect, OFFICE),
    Route("POST", "/cards/{call_id}/transfer/back", cards.back, OFFICE),
    # for everybody
    Route("GET", "/help/connect", help.connect, ANYBODY),
    Route("GET", "/healthz", health.show, ANYBODY),
    Route("GET", "/favicon.ico", static.favicon, ANYBODY),
    Route("GET", "/static/{hash}/{name:.+}", static.show, ANYBODY),
)
