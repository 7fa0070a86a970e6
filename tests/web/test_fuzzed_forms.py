"""Every form and every address under fire: whatever is sent, the service answers and stays itself.

The routes and the names of their fields are found in the product's own sources, so that a new form
is tried from the day it is written.
"""

import logging
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_from_bytes

import pytest
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from crm_core.agents.people import Agent
from crm_core.agents.roles import Role
from crm_core.clock import ManualClock
from crm_core.storage.migrate import migrate
from tests.cast import settle_in
from tests.web.conftest import Office
from tests.web.nastiness import GOOD, NASTY, fields_of, written
from tests.web.raw_http import RawAnswer, send
from tests.web.shift import ANNAS, Shift, at_work
from web.app import MOST_BYTES, make_app
from web.csrf import token_for
from web.guarding import ANYBODY, Route
from web.routes import ROUTES
from web.settings import DatabaseSettings, Settings
from web.wiring import build, close

FORMS: Final = [route for route in ROUTES if route.method == "POST"]
PAGES: Final = [route for route in ROUTES if route.method == "GET"]
ENDS_A_SESSION: Final = frozenset({"/login", "/logout"})
EXCHANGE_AWAY: Final = frozenset({502, 503})  # no exchange is connected, and the answer says so
URLENCODED: Final = b"application/x-www-form-urlencoded"
BOUNDARY: Final = b"----perezvon"

VALUES = st.one_of(
    st.sampled_from(NASTY),
    st.binary(max_size=40),
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.integers().map(lambda number: b"%d" % number),
)
IDS = st.sampled_from((b"1", b"2", b"3", b"0", b"2147483648", b"999999999999999"))


@dataclass(frozen=True, slots=True)
class Trick:
    """`values` are laid over the fields of each form in turn; `good` is a bit mask of the fields
    that are filled in as they should be; `shape` is how it all is put on the wire."""

    values: tuple[bytes, ...]
    good: int
    shape: str
    record_id: bytes

    def fields(self, route: Route) -> list[tuple[bytes, bytes]]:
        return [
            (name.encode(), self._value(place, name)) for place, name in enumerate(fields_of(route))
        ]

    def _value(self, place: int, name: str) -> bytes:
        if name in GOOD and self.good >> place % 16 & 1:
            return GOOD[name]
        return self.values[place % len(self.values)]


SHAPES: Final = (
    "form",
    "form",
    "form",
    "repeated",
    "half",
    "multipart",
    "upload",
    "truncated multipart",
    "nested multipart",
    "json",
    "deep json",
    "strange charset",
    "wide charset",
    "no type",
    "short",
)
TRICKS = st.builds(
    Trick,
    values=st.tuples(*[VALUES] * 5),
    good=st.integers(0, 2**16 - 1),
    shape=st.sampled_from(SHAPES),
    record_id=IDS,
)


def _body(trick: Trick, route: Route) -> tuple[bytes, bytes, int | None]:
    """Content type, body, and the length that is claimed where it is a lie."""
    fields = trick.fields(route)
    plain = b"&".join(b"%s=%s" % (name, written(value)) for name, value in fields)
    parts = b"".join(_part(name, value) for name, value in fields)
    multipart = b"multipart/form-data; boundary=" + BOUNDARY
    end = b"--" + BOUNDARY + b"--\r\n"
    match trick.shape:
        case "form":
            return URLENCODED, plain, None
        case "repeated":
            return URLENCODED, b"&".join([plain] * 5), None
        case "half":
            return URLENCODED, plain.replace(b"%", b"%%")[: len(plain) // 2] + b"=&&=&%", None
        case "multipart":
            return multipart, parts + end, None
        case "upload":
            files = parts.replace(b'"\r\n\r\n', b'"; filename="../x\r\n.py"\r\n\r\n')
            return multipart, files + end, None
        case "truncated multipart":
            return multipart, parts[: len(parts) * 2 // 3], None
        case "nested multipart":
            nested = parts.replace(b"\r\n\r\n", b"\r\nContent-Type: " + multipart + b"\r\n\r\n")
            return multipart, nested + end, None
        case "json":
            return b"application/json", b'{"name": ["x"], "csrf": null}', None
        case "deep json":
            return b"application/json", b"[" * 50_000, None
        case "strange charset":
            return URLENCODED + b"; charset=x-\xff", plain, None
        case "wide charset":
            return URLENCODED + b"; charset=utf-16", plain, None
        case "no type":
            return b"", plain, None
        case _:
            return URLENCODED, plain, len(plain) + 100


def _part(name: bytes, value: bytes) -> bytes:
    return b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (
        BOUNDARY,
        name,
        value,
    )


class Siege:
    """An office with a call on Anna's phone, and every door of it tried by whoever may enter."""

    def __init__(self, shift: Shift) -> None:
        self.shift = shift
        self.office = shift.office
        self.tokens: dict[str, str] = {}
        self.wrong: list[str] = []

    async def next_call(self) -> None:
        await self.shift.hang_up(ANNAS)
        self.shift.next_call()
        await self.shift.ring(ANNAS)
        await self.shift.answer(ANNAS)

    async def post(self, route: Route, trick: Trick) -> None:
        kind, body, length = _body(trick, route)
        token = await self._token(route)
        headers = [(b"Cookie", b"perezvon=" + token), (b"X-CSRF-Token", _csrf(token))]
        if kind:
            headers.append((b"Content-Type", kind))
        target = self._target(route, trick)
        answer = await send(self.office.url, "POST", target, *headers, body=body, length=length)
        cut_off = length is not None and answer.status == 0
        await self._judge(route, f"{trick.shape} {body[:200]!r}", answer, cut_off=cut_off)

    async def get(self, route: Route, trick: Trick) -> None:
        token = await self._token(route)
        query = b"&".join(b"%s=%s" % (name, written(value)) for name, value in trick.fields(route))
        target = self._target(route, trick) + b"?" + query[:7_000]  # a line may have 8 KB
        headers = [(b"Cookie", b"perezvon=" + token), (b"Accept", b"text/html")]
        answer = await send(self.office.url, "GET", target, *headers)
        await self._judge(route, repr(target[:200]), answer)

    def _target(self, route: Route, trick: Trick) -> bytes:
        path = route.path.replace("{call_id}", self.shift.call_id)
        path = path.replace("{format}", "csv").replace("{hash}", "0").replace("{list}", "leads")
        path = path.replace("{key}", f"task-{trick.record_id.decode()}")
        path = re.sub(r"{kind:[^}]*}", "client", path).replace("{role:[a-z_]+}", "operator")
        path = path.replace("{profile:[a-z0-9_-]+}", "ru")
        odd = quote_from_bytes(trick.values[0][:300], safe="") or "x"
        path = path.replace("{name:.+}", odd)
        if route.path.startswith("/admin/people/") and trick.record_id in b"12345":
            # Whoever is let go or given another password is logged out: that is Boris.
            path = path.replace("{agent_id:\\d{1,15}}", str(self.office.cast.boris.id))
        while "{" in path:
            before, _, rest = path.partition("{")
            path = before + trick.record_id.decode() + rest.partition("}}")[2]
        return path.encode()

    async def _judge(
        self, route: Route, sent: str, answer: RawAnswer, *, cut_off: bool = False
    ) -> None:
        about = f"{route.method} {route.path} <- {sent}: {answer.status}"
        fits = 200 <= answer.status < 500 or answer.status in EXCHANGE_AWAY
        if not fits and not cut_off:
            self.wrong.append(about)
        if b"Traceback" in answer.body:
            self.wrong.append(f"{about} shows a traceback")
        for place in answer.all("location"):
            if not place.startswith("/") or place.startswith("//"):
                self.wrong.append(f"{about} leads to {place}")
        if route.path in ENDS_A_SESSION:
            self.tokens.clear()
            return
        if any(cookie.startswith("perezvon=") for cookie in answer.all("set-cookie")):
            self.wrong.append(f"{about} changed the session")
        login = _login_for(route)
        found = await self.office.services.sessions.find(self.tokens[login])
        if found is None or found.role is not self._agent(login).role:
            self.wrong.append(f"{about} ended the session or changed whose it is")
            self.tokens.clear()

    async def _token(self, route: Route) -> bytes:
        login = _login_for(route)
        if login not in self.tokens:
            agent = self._agent(login)
            self.tokens[login] = await self.office.services.sessions.open(agent.id)
        return self.tokens[login].encode()

    def _agent(self, login: str) -> Agent:
        agent: Agent = getattr(self.office.cast, login)
        return agent


def _login_for(route: Route) -> str:
    """Whoever may, the least mighty first."""
    people = {
        Role.OPERATOR: "anna",
        Role.SUPERVISOR: "vera",
        Role.HEAD_OF_SALES: "grigory",
        Role.ADMINISTRATOR: "dina",
    }
    roles = people if route.roles is ANYBODY else route.roles
    assert not isinstance(roles, type(ANYBODY))
    return next(login for role, login in people.items() if role in roles)


def _csrf(token: bytes) -> bytes:
    return token_for(token.decode()).encode()


@asynccontextmanager
async def besieged(url: str) -> AsyncIterator[Siege]:
    clock = ManualClock()
    services = build(Settings(database=DatabaseSettings(url)), clock)
    await migrate(services.storage)
    cast = await settle_in(services.storage, clock)
    server = TestServer(make_app(services))
    await server.start_server()
    try:
        office = Office(server.make_url("/"), services, cast, clock, server)
        async with at_work(office) as shift:
            await shift.sit("anna", "desk_101")
            await shift.ring(ANNAS)
            yield Siege(shift)
    finally:
        await server.close()
        await close(services)


@pytest.fixture
async def siege(tmp_path: Any) -> AsyncIterator[Siege]:
    async with besieged(f"sqlite:///{tmp_path}/perezvon.db") as running:
        yield running


@pytest.fixture
async def siege_on_postgres(postgres_url: str) -> AsyncIterator[Siege]:
    async with besieged(postgres_url) as running:
        yield running


@pytest.fixture(autouse=True)
def quiet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No traceback and no error may be logged, by us or by the libraries."""
    with capture_logs() as ours:
        yield
    loud = [entry for entry in ours if entry["log_level"] in ("error", "critical")]
    assert loud == []
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


async def _try_everywhere(siege: Siege, trick: Trick) -> None:
    await siege.next_call()
    for route in FORMS:
        await siege.post(route, trick)
    for route in PAGES:
        await siege.get(route, trick)
    assert siege.wrong == []


_TIRELESS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=10,
    suppress_health_check=list(HealthCheck),
)


@_TIRELESS
@given(trick=TRICKS)
async def test_no_form_and_no_address_breaks_whatever_is_written_into_it(
    siege: Siege, trick: Trick
) -> None:
    await _try_everywhere(siege, trick)


@pytest.mark.postgres
@pytest.mark.parametrize("record_id", [b"1", b"2147483648"])
async def test_postgres_takes_no_offence_either(siege_on_postgres: Siege, record_id: bytes) -> None:
    """Its text knows no NUL, its integers end at 2^31, and it believes every date it is given."""
    values = (
        b"a\0b",
        b"999999999999999",
        b"9999-12-31T23:59",
        b"\xed\xa0\x80",
        b"agent:2147483648",
    )
    await _try_everywhere(siege_on_postgres, Trick(values, 0x5A5A, "form", record_id))


async def test_each_nasty_value_is_tried_in_each_field(siege: Siege) -> None:
    """Field by field among good ones, where what is drawn by lot may never reach."""
    await siege.next_call()
    for turn, value in enumerate(NASTY):
        for route in FORMS:
            if (turn + len(route.path)) % 4 == 0:
                place = turn // 4 % max(1, len(fields_of(route)))
                good = (2**16 - 1) ^ (1 << place % 16)
                await siege.post(route, Trick((value,), good, "form", b"1"))
    assert siege.wrong == []


async def test_a_form_beyond_the_limit_is_refused_everywhere(siege: Siege) -> None:
    body = b"note=" + b"x" * (MOST_BYTES + 1)
    for route in FORMS:
        token = await siege._token(route)
        answer = await send(
            siege.office.url,
            "POST",
            siege._target(route, Trick((b"x",), 0, "form", b"1")),
            (b"Cookie", b"perezvon=" + token),
            (b"Content-Type", URLENCODED),
            body=body,
        )
        # A form so long is read for its token, and not even that far.
        assert answer.status in (0, 413), route
