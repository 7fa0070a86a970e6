"""Sockets on bad days: junk, a stopped reader, a thousand at once, rights that go, idle cuts."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from yarl import URL

from crm_core.agents.roles import Role
from crm_core.agents.tables import sessions as session_rows
from screenpop.hub import workplace_of
from screenpop.messages import Put
from screenpop.presenter import OperatorStatus
from tests.web.browsing import Visitor
from tests.web.conftest import ClientAs, Office
from tests.web.raw_http import send
from tests.web.shift import ANNAS, Shift, at_work
from tests.web.test_socket import Tab, tab_of
from web.frames import KEPT_BYTES, Format
from web.i18n import Reader
from web.views.socket import SESSION_CHECK_SECONDS

TABS = 1_000
PATIENCE_SECONDS = 60.0


@pytest.fixture
async def shift(office: Office) -> AsyncIterator[Shift]:
    async with at_work(office) as working:
        await working.sit("anna", "desk_101")
        await working.sit("boris", "desk_102")
        yield working


async def _closed(tab: Tab) -> int | None:
    """The code that the server closes with."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await tab.socket.receive()).type not in (
            aiohttp.WSMsgType.CLOSE,
            aiohttp.WSMsgType.CLOSED,
        ):
            pass
    return tab.socket.close_code


async def _until_empty(office: Office) -> None:
    """Return when no connection is left."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(office.services.screens.hub):  # noqa: ASYNC110 - the hub tells nobody
            await asyncio.sleep(0.01)


# -- what a tab may say ------------------------------------------------------------------------


async def test_a_tab_may_talk_nonsense_and_still_gets_its_cards(
    shift: Shift, client_as: ClientAs
) -> None:
    tab = await tab_of(await client_as("anna"))
    for junk in ("", "null", '{"type": "fresh"}', "FRESH", "x" * 4_000, "\0\r\n", "[" * 2_000):
        await tab.socket.send_str(junk)
    for noise in (b"", b"fresh", b"\xff" * 4_000, os.urandom(2_000)):
        await tab.socket.send_bytes(noise)
    await tab.socket.ping(b"x" * 100)
    await shift.ring(ANNAS)
    await tab.until("Иван Петров")


async def test_thousands_of_small_messages_cost_nobody_his_card(
    shift: Shift, client_as: ClientAs
) -> None:
    hub = shift.office.services.screens.hub
    noisy, calm = await tab_of(await client_as("anna")), await tab_of(await client_as("anna"))
    for _ in range(2_000):
        await noisy.socket.send_str("fresh")
        await noisy.socket.send_str("?")
    await shift.ring(ANNAS)
    await calm.until("Иван Петров")
    await noisy.until("Иван Петров")
    assert hub.deepest <= shift.office.services.screens.settings.outbox_limit


async def test_a_message_of_a_megabyte_ends_its_own_connection_only(
    shift: Shift, client_as: ClientAs, caplog: pytest.LogCaptureFixture
) -> None:
    loud, calm = await tab_of(await client_as("anna")), await tab_of(await client_as("anna"))
    await loud.socket.send_str("x" * 1_000_000)
    assert await _closed(loud) == 1009  # too big
    await shift.ring(ANNAS)
    await calm.until("Иван Петров")
    assert [each for each in caplog.records if each.levelname == "ERROR"] == []


@pytest.mark.parametrize(
    "said",
    [
        b"\xff\xff\xff\xff",  # reserved bits and an opcode nobody knows
        b"\x81\x05hello",  # a browser masks what it says
        b"\x81\xff" + b"\xff" * 8 + b"abcd",  # 16 exabytes are announced
        b"\x89\xff\x00\x00\x00\x00\x00\x00\xff\xff" + b"\0" * 4,  # a ping too long
        b"\x00\x80abcd",  # the rest of a message that never began
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x81",
    ],
)
async def test_bytes_that_are_no_frames_end_the_connection_and_nothing_else(
    said: bytes, shift: Shift, caplog: pytest.LogCaptureFixture
) -> None:
    office = shift.office
    token = await office.services.sessions.open(office.cast.anna.id)
    answer = await send(
        office.url,
        "GET",
        b"/socket",
        (b"Upgrade", b"websocket"),
        (b"Connection", b"Upgrade"),
        (b"Sec-WebSocket-Version", b"13"),
        (b"Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
        (b"Origin", str(office.url.origin()).encode()),
        (b"Cookie", b"perezvon=" + token.encode()),
        after=said,
    )
    assert answer.status == 101
    await _until_empty(office)
    assert [each for each in caplog.records if each.levelname == "ERROR"] == []


# -- those who do not read ---------------------------------------------------------------------


async def test_a_browser_that_stops_reading_gets_a_snapshot_when_it_reads_again(
    shift: Shift, client_as: ClientAs
) -> None:
    screens, anna = shift.office.services.screens, await client_as("anna")
    stopped, awake = await tab_of(anna), await tab_of(anna)
    transport = stopped.socket._conn.transport  # type: ignore[union-attr]
    assert transport is not None
    transport.pause_reading()
    object.__setattr__(screens.settings, "stall_seconds", PATIENCE_SECONDS)  # not dropped yet
    topic, limit = workplace_of(shift.office.cast.anna.id), screens.settings.outbox_limit
    number = 0
    while not screens.hub.deepest:  # the buffers on the way are full
        screens.hub.send(topic, _element(number, 400_000))
        await awake.until(f">{number} xxx")
        number += 1
    for each in range(number, number + 2 * limit):
        screens.hub.send(topic, _element(each, 3))
        await awake.until(f">{each} xxx")
    assert screens.hub.overflows == 1
    assert screens.hub.deepest == 0  # nothing but a snapshot waits for it
    await shift.ring(ANNAS)
    await awake.until("Иван Петров")
    transport.resume_reading()
    types = [(await stopped.take())["type"]]
    while types[-1] != "snapshot":
        types.append((await stopped.take())["type"])
    await stopped.until("Иван Петров")


def _element(number: int, size: int) -> Put:
    """An element of its own: many of them do not fit into an outbox."""
    status = OperatorStatus(1, "ready", extension=f"{number} " + "x" * size)
    return Put(f"element-{number}", "status", "workplace/_status.html", status)


async def test_what_has_been_drawn_is_kept_for_other_tabs_but_not_without_end(
    shift: Shift,
) -> None:
    frames = shift.office.services.screens.frames
    for number in range(2 * KEPT_BYTES // 100_000):
        frames.updates((_element(number, 100_000),), Reader(), Format.HTML)
    assert 0 < frames._kept_bytes <= KEPT_BYTES
    assert frames._kept_bytes == sum(map(len, frames._kept.values()))


# -- everybody at once -------------------------------------------------------------------------


async def test_a_thousand_tabs_that_return_at_once_all_get_their_cards(
    shift: Shift, client_as: ClientAs
) -> None:
    office = shift.office
    hub = office.services.screens.hub
    await shift.ring(ANNAS)
    await shift.answer(ANNAS)
    visitor = await client_as("anna")
    headers = {"Origin": str(office.url.origin()), "Cookie": f"perezvon={visitor.token}"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as browser:

        async def come_back() -> aiohttp.ClientWebSocketResponse:
            return await browser.ws_connect(office.url / "socket", headers=headers, compress=0)

        async with asyncio.timeout(PATIENCE_SECONDS):
            coming = asyncio.gather(*(come_back() for _ in range(TABS)))
            while len(hub) < TABS // 10:  # noqa: ASYNC110 - the hub tells nobody
                await asyncio.sleep(0)
            assert (await visitor.get("/me")).status == 200  # the service still answers
            tabs = await coming
            firsts = await asyncio.gather(*(tab.receive_str() for tab in tabs))
        assert len(hub) == TABS
        for first in firsts:
            frame = json.loads(first)
            assert frame["type"] == "snapshot"
            assert "card-1.1" in [element["id"] for element in frame["elements"]]
        assert hub.deepest <= office.services.screens.settings.outbox_limit
        await asyncio.gather(*(tab.close() for tab in tabs))
    await _until_empty(office)
    assert not hub.is_watched(workplace_of(office.cast.anna.id))


# -- rights that go ----------------------------------------------------------------------------


async def test_a_role_that_is_taken_away_is_gone_from_open_sockets_and_pages_at_once(
    shift: Shift, client_as: ClientAs
) -> None:
    office = shift.office
    vera = await client_as("vera")
    tab = await tab_of(vera, "?topics=floor")
    assert any(element.startswith("floor-") for element in tab.shown)
    await office.services.accounts.edit(
        office.cast.dina, office.cast.vera.id, role=Role.OPERATOR.value
    )
    assert await _closed(tab) == 4403
    assert (await vera.get("/floor")).status == 403
    again = await tab_of(vera, "?topics=floor")
    assert not any(element.startswith("floor-") for element in again.shown)


async def test_another_name_closes_nobodys_socket(shift: Shift, client_as: ClientAs) -> None:
    office = shift.office
    tab = await tab_of(await client_as("anna"))
    await office.services.accounts.edit(office.cast.dina, office.cast.anna.id, name="Anna Petrova")
    await shift.ring(ANNAS)
    await tab.until("Иван Петров")


async def test_who_is_let_go_sees_nothing_more_from_that_moment(
    shift: Shift, client_as: ClientAs
) -> None:
    office = shift.office
    anna = await client_as("anna")
    tab = await tab_of(anna)
    await shift.ring(ANNAS)
    await tab.until("Иван Петров")
    await office.services.accounts.deactivate(office.cast.dina, office.cast.anna.id)
    assert await _closed(tab) == 4401
    assert (await anna.get("/me", follow=False)).status == 303
    origin = {"Origin": str(anna.base.origin())}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await anna.session.ws_connect("/socket", headers=origin)
    assert refused.value.status == 401


async def test_a_password_set_by_another_ends_every_tab_and_ones_own_change_only_the_others(
    shift: Shift, client_as: ClientAs
) -> None:
    office = shift.office
    here, elsewhere = await client_as("anna"), await client_as("anna")
    mine, other = await tab_of(here), await tab_of(elsewhere)
    accounts, anna = office.services.accounts, office.cast.anna
    await accounts.set_password(
        anna, anna.id, "correct horse battery", current="колокол-42", keep_token=here.token
    )
    assert await _closed(other) == 4401
    await shift.ring(ANNAS)
    await mine.until("Иван Петров")
    await accounts.set_password(office.cast.dina, anna.id, "another horse battery")
    assert await _closed(mine) == 4401
    assert (await here.get("/me", follow=False)).status == 303


async def test_a_session_that_ran_out_while_the_database_was_away_still_ends_its_socket(
    shift: Shift, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = shift.office
    sessions = type(office.services.sessions)
    tab = await tab_of(await client_as("anna"))
    asked = asyncio.Event()

    async def fail(*_: object) -> None:
        asked.set()
        raise OperationalError("select", {}, Exception("database is locked"))

    with monkeypatch.context() as away:
        away.setattr(sessions, "find", fail)
        await office.clock.advance(SESSION_CHECK_SECONDS + 1)
        await asyncio.wait_for(asked.wait(), PATIENCE_SECONDS)
    async with office.services.storage.write() as tx:
        await tx.execute(update(session_rows).values(expires_at=office.clock.now()))
    await office.clock.advance(SESSION_CHECK_SECONDS + 1)
    assert await _closed(tab) == 4401


# -- a proxy in between ------------------------------------------------------------------------


@dataclass
class Proxy:
    """Passes bytes on; cuts a connection that says nothing from either side for `idle_seconds`."""

    target: URL
    idle_seconds: float
    cuts: int = 0
    passing: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.passing.add(task)
        task.add_done_callback(self.passing.discard)
        inner_reader, inner = await asyncio.open_connection(self.target.host, self.target.port)
        heard = asyncio.Event()
        pumps = [
            asyncio.create_task(_pump(reader, inner, heard)),
            asyncio.create_task(_pump(inner_reader, writer, heard)),
        ]
        try:
            while not any(pump.done() for pump in pumps):
                heard.clear()
                async with asyncio.timeout(self.idle_seconds):
                    await heard.wait()
        except TimeoutError:
            self.cuts += 1
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for side in (writer, inner):
                side.transport.abort()


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: asyncio.Event
) -> None:
    try:
        while data := await reader.read(65536):
            heard.set()
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        heard.set()


@asynccontextmanager
async def _proxy(office: Office, idle_seconds: float) -> AsyncIterator[tuple[Proxy, URL]]:
    proxy = Proxy(office.url, idle_seconds)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        yield proxy, office.url.with_port(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in tuple(proxy.passing):
            task.cancel()
        await asyncio.gather(*proxy.passing, return_exceptions=True)


@pytest.mark.parametrize(("beat_seconds", "cut"), [(1.0, False), (60.0, True)])
async def test_the_heartbeat_keeps_a_quiet_socket_from_being_cut(
    beat_seconds: float, cut: bool, shift: Shift
) -> None:
    office = shift.office
    object.__setattr__(office.services.screens.settings, "beat_seconds", beat_seconds)
    token = await office.services.sessions.open(office.cast.anna.id)
    async with _proxy(office, idle_seconds=2.0) as (proxy, url), Visitor(url, token=token) as anna:
        tab = await tab_of(anna)
        try:
            async with asyncio.timeout(3.0):
                await tab.socket.receive()
            assert cut  # the proxy of the test does cut
        except TimeoutError:
            assert not cut
            await shift.ring(ANNAS)
            await tab.until("Иван Петров")
        assert bool(proxy.cuts) is cut
        await tab.socket.close()


@pytest.mark.browser
async def test_a_page_whose_line_is_cut_comes_back_and_one_that_is_over_says_so(
    chromium: Browser, shift: Shift
) -> None:
    office = shift.office
    object.__setattr__(office.services.screens.settings, "beat_seconds", 60.0)
    token = await office.services.sessions.open(office.cast.anna.id)
    async with _proxy(office, idle_seconds=1.0) as (proxy, url):
        context = await chromium.new_context(locale="en-GB")
        await context.add_cookies([{"name": "perezvon", "value": token, "url": str(url)}])
        page = await context.new_page()
        await page.goto(str(url / "workplace"))
        await expect(page.locator("#status .state")).to_have_text("Ready")
        await _until_empty(office)  # cut, and noticed
        proxy.idle_seconds = 600.0
        await shift.ring(ANNAS)  # while nobody listens
        await expect(page.locator(".card.ringing .card-name h2")).to_have_text("Иван Петров")
        await expect(page.locator("#link-state")).to_be_hidden()
        await office.services.sessions.close(token)
        await expect(page.locator("#link-state")).to_contain_text("You are logged out")
        await context.close()
