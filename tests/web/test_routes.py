"""Every address, as everybody: who may come in is what web/routes.py says, and nothing breaks."""

import re

import pytest
from aiohttp import WSServerHandshakeError

from crm_core.agents.roles import Role
from tests.web.browsing import Visitor
from tests.web.conftest import ClientAs, Office
from web.guarding import ANYBODY, Route
from web.routes import ROUTES

PEOPLE = {
    Role.OPERATOR: "anna",
    Role.SUPERVISOR: "vera",
    Role.HEAD_OF_SALES: "grigory",
    Role.ADMINISTRATOR: "dina",
}
FOR_ROLES = [route for route in ROUTES if route.roles is not ANYBODY]


_PLACE = re.compile(r"\{\w+(?::((?:[^{}]|\{[^{}]*\})+))?\}")


def _path(route: Route) -> str:
    """An address that fits the route's pattern; the record it names need not exist."""
    return _PLACE.sub(lambda found: "1" if "\\d" in (found[1] or "") else "x", route.path)


async def _ask(visitor: Visitor, route: Route) -> int:
    """The status of the answer to a well-meant request."""
    if route.is_socket:
        origin = {"Origin": str(visitor.base.origin())}
        try:
            socket = await visitor.session.ws_connect(_path(route), headers=origin)
        except WSServerHandshakeError as refused:
            return refused.status
        await socket.close()
        return 101
    if route.method == "GET":
        return (await visitor.get(_path(route), follow=False)).status
    token = await visitor.csrf()
    headers = {"X-CSRF-Token": token}
    return (await visitor.request(route.method, _path(route), headers=headers)).status


def test_no_address_is_given_twice() -> None:
    known = [(route.method, route.path) for route in ROUTES]
    assert len(known) == len(set(known))


async def test_a_guest_is_sent_to_the_login_and_does_nothing(client_as: ClientAs) -> None:
    guest = await client_as()
    wrong = []
    for route in FOR_ROLES:
        status = await _ask(guest, route)
        if status != (303 if route.method == "GET" else 401):
            wrong.append((route.method, route.path, status))
    assert wrong == []


async def test_what_is_for_anybody_needs_no_login(client_as: ClientAs) -> None:
    for route in ROUTES:
        if route.roles is ANYBODY:
            guest = await client_as()
            status = await _ask(guest, route)
            assert status not in (401, 403, 500), route


@pytest.mark.parametrize("role", Role)
async def test_each_role_is_let_in_where_it_belongs_and_nowhere_else(
    role: Role, office: Office, client_as: ClientAs
) -> None:
    wrong = []
    for route in FOR_ROLES:
        visitor = await client_as(PEOPLE[role])
        status = await _ask(visitor, route)
        allowed = isinstance(route.roles, frozenset) and role in route.roles
        if allowed and status in (401, 403, 405, 500, 501, 502):
            wrong.append((route.method, route.path, status, "should be let in"))
        if not allowed and status != 403:
            wrong.append((route.method, route.path, status, "should be refused"))
    assert wrong == []


async def test_no_form_is_accepted_without_its_token(client_as: ClientAs) -> None:
    dina = await client_as("dina")
    for route in ROUTES:
        if route.is_socket or route.method == "GET":
            continue
        if isinstance(route.roles, frozenset) and Role.ADMINISTRATOR not in route.roles:
            continue
        for token in ({}, {"X-CSRF-Token": "0" * 64}):
            answer = await dina.request(route.method, _path(route), headers=token)
            assert answer.status == 403, route
            assert "Reload it and try again" in answer.words, route


async def test_no_form_and_no_socket_is_taken_from_another_site(client_as: ClientAs) -> None:
    dina = await client_as("dina")
    foreign = {"Origin": "https://evil.example", "X-CSRF-Token": await dina.csrf()}
    for route in ROUTES:
        if isinstance(route.roles, frozenset) and Role.ADMINISTRATOR not in route.roles:
            continue
        if route.is_socket:
            for origin in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
                with pytest.raises(WSServerHandshakeError) as refused:
                    await dina.session.ws_connect(_path(route), headers=origin)
                assert refused.value.status == 403, route
        elif route.method != "GET":
            answer = await dina.request(route.method, _path(route), headers=foreign)
            assert (answer.status, "another site" in answer.words) == (403, True), route
