"""Administration of rights: what each role may do, with whose records of which kind."""

from typing import Final

from aiohttp import web

from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.agents.role_rights import list_rights
from crm_core.agents.roles import Role
from crm_core.errors import NotFound
from web.forms import read_form
from web.visits import go, page, person, services

CHANGEABLE: Final = tuple(role for role in Role if role is not Role.ADMINISTRATOR)


async def index(request: web.Request) -> web.Response:
    """One table for each role."""
    async with services(request).storage.read() as connection:
        rights = await list_rights(connection)
    return page(
        request,
        "rights/index.html",
        rights={role: rights[role] for role in CHANGEABLE},
        kinds=tuple(RecordKind),
        actions=tuple(Action),
        scopes=tuple(Scope),
    )


async def save(request: web.Request) -> web.Response:
    """Keep what was chosen for one role; what the form does not hold stays."""
    form, role = await read_form(request), _role(request)
    scopes = {}
    for kind in RecordKind:
        for action in Action:
            name = f"{kind}_{action}"
            if name in form.written:
                scopes[kind, action] = form.choice(name, Scope)
    form.demand()
    await services(request).role_rights.change(person(request), role, scopes)
    return go("/admin/rights", told="rights_saved")


async def reset(request: web.Request) -> web.Response:
    """Back to what the role came with."""
    await services(request).role_rights.reset(person(request), _role(request))
    return go("/admin/rights", told="rights_saved")


def _role(request: web.Request) -> Role:
    try:
        return Role(request.match_info["role"])
    except ValueError:
        raise NotFound(role=request.match_info["role"]) from None
