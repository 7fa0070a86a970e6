"""One's own settings: language, time zone, colours, password, sessions."""

from aiohttp import web

from crm_core.errors import CrmError, Invalid
from web.forms import Form, read_form
from web.i18n import LANGUAGES, THEMES, time_zones
from web.visits import go, page, person, services, visit


async def show(request: web.Request) -> web.Response:
    """The page with what is set now."""
    return _page(request, _settings_form(request), Form.of())


async def save(request: web.Request) -> web.Response:
    """Keep language, time zone and colours."""
    form = await read_form(request)
    try:
        await services(request).accounts.set_preferences(
            person(request),
            language=form.text("language", required=True),
            time_zone=form.text("time_zone", required=True),
            theme=form.text("theme", required=True),
        )
    except Invalid as refused:
        form.refused_by(refused)
        return _page(request, form, Form.of(), status=422)
    return go("/me", told="profile_saved")


async def change_password(request: web.Request) -> web.Response:
    """A new password, for whoever knows the old one; all other sessions are closed."""
    form = await read_form(request)
    current, new, again = form.secret("current"), form.secret("password"), form.secret("again")
    agent, accounts = person(request), services(request).accounts
    login = {"login": agent.login}
    for objection in await accounts.objections(login, password=new, agent_id=agent.id):
        form.refused_by(objection)
    if again and new != again:
        form.refuse("again", "passwords_differ")
    if not form.ok and current and await accounts.verify(agent.login, current) is None:
        form.refuse("current", "password_wrong")  # told beside the rest; else it is asked below
    if form.ok:
        try:
            await accounts.set_password(
                agent, agent.id, new, current=current, keep_token=visit(request).secret
            )
        except CrmError as refused:
            form.refused_by(refused)
    if not form.ok:
        return _page(request, _settings_form(request), form, status=422)
    return go("/me", told="password_changed")


async def close_sessions(request: web.Request) -> web.Response:
    """Log out everywhere but here."""
    seen = visit(request)
    await services(request).sessions.close_all(person(request).id, but=seen.secret)
    return go("/me", told="sessions_closed")


def _settings_form(request: web.Request) -> Form:
    agent = person(request)
    return Form.of(language=agent.language, time_zone=agent.time_zone, theme=agent.theme)


def _page(request: web.Request, form: Form, password: Form, *, status: int = 200) -> web.Response:
    return page(
        request,
        "me/show.html",
        status=status,
        form=form,
        password_form=password,
        languages=LANGUAGES,
        themes=THEMES,
        zones=time_zones(),
    )
