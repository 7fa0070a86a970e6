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


_CLIENT = "/clients/{client_id:\\d{1,15}}"
BY_RIGHTS = frozenset(f"{_CLIENT}/{what}" for what in ("delete", "data", "data.zip", "erase"))
"""Where the rights that an office gives each role decide, and not the address: the client is there,
and this role may not do that with him as it comes. See test_record_rights.py."""


@pytest.mark.parametrize("role", Role)
async def test_each_role_is_let_in_where_it_belongs_and_nowhere_else(
    role: Role, office: Office, client_as: ClientAs
) -> None:
    wrong = []
    for route in FOR_ROLES:
        visitor = await client_as(PEOPLE[role])
        status = await _ask(visitor, route)
        allowed = isinstance(route.roles, frozenset) and role in route.roles
        if status == 403 and route.path in BY_RIGHTS:
            continue
        if allowed and status in (401, 403, 405, 500, 501, 502):
            wrong.append((route.method, route.path, status, "should be let in"))
        if not allowed and status != 403:
            wrong.append((route.method, route.path, status, "should be refused"))
    assert wrong == []


def _somebody_of(route: Route) -> str:
    """Whoever may use it: a door that is closed to everybody would prove nothing."""
    roles = route.roles if isinstance(route.roles, frozenset) else frozenset(PEOPLE)
    return next(login for role, login in PEOPLE.items() if role in roles)


async def test_no_form_is_accepted_without_its_token(client_as: ClientAs) -> None:
    people = {login: await client_as(login) for login in PEOPLE.values()}
    for route in ROUTES:
        if route.is_socket or route.method == "GET":
            continue
        visitor = people[_somebody_of(route)]
        for token in ("", "0" * 64, "нет"):
            headers = {"X-CSRF-Token": token} if token else {}
            answer = await visitor.request(route.method, _path(route), headers=headers)
            assert answer.status == 403, route
            assert "Reload it and try again" in answer.words, route


async def test_no_form_and_no_socket_is_taken_from_another_site(client_as: ClientAs) -> None:
    people = {login: await client_as(login) for login in PEOPLE.values()}
    tokens = {login: await visitor.csrf() for login, visitor in people.items()}
    for route in ROUTES:
        login = _somebody_of(route)
        if route.is_socket:
            for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
                with pytest.raises(WSServerHandshakeError) as refused:
                    await people[login].session.ws_connect(_path(route), headers=headers)
                assert refused.value.status == 403, route
        elif route.method != "GET":
            for origin in ("https://evil.example", "null", str(people[login].base) + "x"):
                foreign = {"Origin": origin, "X-CSRF-Token": tokens[login]}
                answer = await people[login].request(route.method, _path(route), headers=foreign)
                assert (answer.status, "another site" in answer.words) == (403, True), route


async def test_no_address_does_anything_when_it_is_only_looked_at(client_as: ClientAs) -> None:
    """What changes something is asked for by POST: a picture elsewhere must not be able to."""
    dina = await client_as("dina")
    for route in ROUTES:
        if route.method == "POST":
            answer = await dina.request("GET", _path(route))
            known = any(each.method == "GET" and each.path == route.path for each in ROUTES)
            assert known or answer.status in (404, 405), route
