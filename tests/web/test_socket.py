"""The socket over the real application: snapshot, updates, slow tabs, sessions that end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from sqlalchemy import update
from websockets.asyncio.client import connect

from crm_core.agents.tables import sessions
from screenpop.hub import workplace_of
from screenpop.messages import Put
from screenpop.presenter import OperatorStatus
from tests.web.browsing import Visitor
from tests.web.conftest import ClientAs, Office
from tests.web.shift import ANNAS, BORISS, IVAN, Shift, at_work
from web.views.socket import SESSION_CHECK_SECONDS


@pytest.fixture
async def shift(office: Office) -> AsyncIterator[Shift]:
    async with at_work(office) as working:
        await working.sit("anna", "desk_101")
        await working.sit("boris", "desk_102")
        yield working


class Tab:
    """A connection that keeps what the page would show: element id -> HTML."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.shown: dict[str, str] = {}

    async def take(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            frame: dict[str, Any] = await self.socket.receive_json()
        if frame["type"] == "snapshot":
            self.shown = {each["id"]: each["html"] for each in frame["elements"]}
        for op in frame.get("ops", ()):
            if op["op"] == "put":
                self.shown[op["id"]] = op["html"]
            elif op["op"] == "remove":
                self.shown.pop(op["id"], None)
        return frame

    async def until(self, text: str) -> str:
        """Take frames until an element says `text`; that element's HTML."""
        while True:
            for html in self.shown.values():
                if text in html:
                    return html
            await self.take()

    async def until_gone(self, element_id: str) -> None:
        while element_id in self.shown:
            await self.take()


async def tab_of(visitor: Visitor, query: str = "") -> Tab:
    origin = {"Origin": str(visitor.base.origin())}
    tab = Tab(await visitor.session.ws_connect(f"/socket{query}", headers=origin))
    assert (await tab.take())["type"] == "snapshot"
    return tab


async def test_a_snapshot_comes_first_and_names_its_version(
    shift: Shift, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    origin = {"Origin": str(anna.base.origin())}
    tab = Tab(await anna.session.ws_connect("/socket", headers=origin))
    frame = await tab.take()
    assert (frame["v"], frame["type"]) == (1, "snapshot")
    assert frame["build"] == shift.office.services.assets.hash
    assert "status" in tab.shown


async def test_the_trace_of_a_hidden_number_is_in_the_readers_words(
    shift: Shift, client_as: ClientAs
) -> None:
    anna = await tab_of(await client_as("anna"))
    await shift.ring(ANNAS, BORISS, caller="anonymous", name="Anonymous")
    await anna.until("Incoming call")
    await shift.answer(BORISS, ANNAS)
    removed: list[str] = []
    while not removed:
        ops = (await anna.take()).get("ops", ())
        removed = [op["html"] for op in ops if op["op"] == "remove" and op.get("html")]
    assert "Hidden number: answered by" in removed[0]


async def test_the_card_is_there_while_the_phone_rings_and_goes_when_another_answers(
    shift: Shift, client_as: ClientAs
) -> None:
    anna, boris = await tab_of(await client_as("anna")), await tab_of(await client_as("boris"))
    await shift.ring(ANNAS, BORISS)
    html = await anna.until("Incoming call")
    assert "Иван Петров" in html
    assert "8 (916) 123-45-67" in html
    await boris.until("Incoming call")
    await shift.answer(BORISS, ANNAS)
    await boris.until("You are talking")
    await anna.until_gone("card-1.1")


async def test_every_tab_gets_the_same_card(shift: Shift, client_as: ClientAs) -> None:
    anna = await client_as("anna")
    first, second = await tab_of(anna), await tab_of(anna)
    await shift.ring(ANNAS)
    assert await first.until("Иван Петров") == await second.until("Иван Петров")


async def test_a_new_connection_in_the_middle_of_a_call_has_the_card_at_once(
    shift: Shift, client_as: ClientAs
) -> None:
    await shift.ring(ANNAS)
    await shift.answer(ANNAS)
    tab = await tab_of(await client_as("anna"))
    assert "You are talking" in tab.shown["card-1.1"]


async def test_a_tab_that_slept_asks_for_all_of_it_again(shift: Shift, client_as: ClientAs) -> None:
    tab = await tab_of(await client_as("anna"))
    await tab.socket.send_str("fresh")
    assert (await tab.take())["type"] == "snapshot"


async def test_the_card_is_drawn_in_the_persons_language(shift: Shift, client_as: ClientAs) -> None:
    await shift.office.services.accounts.set_preferences(
        shift.office.cast.anna, language="ru", time_zone="Europe/Moscow", theme="auto"
    )
    tab = await tab_of(await client_as("anna"))
    await shift.ring(ANNAS)
    assert "Входящий звонок" in await tab.until("Иван Петров")


async def test_hostile_names_and_numbers_are_only_text(shift: Shift, client_as: ClientAs) -> None:
    tab = await tab_of(await client_as("anna"))
    await shift.ring(ANNAS, caller="<b>'\"1", name="<script>alert(1)</script>")
    html = await tab.until("Incoming call")
    assert "<script" not in html
    assert "<b>'" not in html


async def test_a_program_gets_the_data_instead_of_its_picture(
    shift: Shift, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    headers = {
        "Origin": str(anna.base.origin()),
        "Cookie": f"perezvon={anna.token}",
    }
    url = str(anna.base.with_scheme("ws").with_path("/socket").with_query(format="json"))
    async with connect(url, additional_headers=headers) as socket:
        await socket.recv()
        await shift.ring(ANNAS)
        text = ""
        async with asyncio.timeout(10):
            while '"phase":"ringing"' not in text:
                text = str(await socket.recv(decode=True))
    assert f'"number":"{IVAN}"' in text
    assert "<article" not in text


async def test_a_closed_session_shuts_its_sockets_with_a_code(
    shift: Shift, client_as: ClientAs
) -> None:
    tab = await tab_of(await client_as("anna"))
    await shift.office.services.sessions.close_all(shift.office.cast.anna.id)
    async with asyncio.timeout(10):
        while (await tab.socket.receive()).type != aiohttp.WSMsgType.CLOSE:
            pass
    assert tab.socket.close_code == 4401


async def test_a_session_that_ran_out_by_itself_shuts_its_sockets_too(
    shift: Shift, client_as: ClientAs
) -> None:
    tab = await tab_of(await client_as("anna"))
    async with shift.office.services.storage.write() as tx:
        await tx.execute(update(sessions).values(expires_at=shift.office.clock.now()))
    await shift.advance(SESSION_CHECK_SECONDS + 1)
    async with asyncio.timeout(10):
        while (await tab.socket.receive()).type != aiohttp.WSMsgType.CLOSE:
            pass
    assert tab.socket.close_code == 4401


async def test_a_restart_is_told_in_the_persons_language_before_it_comes(
    shift: Shift, client_as: ClientAs
) -> None:
    await shift.office.services.accounts.set_preferences(
        shift.office.cast.anna, language="ru", time_zone="Europe/Moscow", theme="auto"
    )
    tab = await tab_of(await client_as("anna"))
    await shift.office.services.screens.close()
    assert "перезапускается" in await tab.until("Perezvon")
    assert (await tab.socket.receive()).type == aiohttp.WSMsgType.CLOSE
    assert tab.socket.close_code == 1012


async def test_the_first_snapshot_after_a_restart_takes_its_banner_away(
    shift: Shift, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    origin = {"Origin": str(anna.base.origin())}
    tab = Tab(await anna.session.ws_connect("/socket", headers=origin))
    frame = await tab.take()
    assert "service" in frame["areas"]
    assert "restarting" not in tab.shown


async def test_a_restart_asks_the_tabs_to_come_back(shift: Shift, client_as: ClientAs) -> None:
    tab = await tab_of(await client_as("anna"))
    await shift.office.services.screens.close()
    async with asyncio.timeout(10):
        while (await tab.socket.receive()).type != aiohttp.WSMsgType.CLOSE:
            pass
    assert tab.socket.close_code == 1012


async def test_a_tab_that_reads_nothing_delays_nobody_and_costs_a_bounded_amount(
    shift: Shift, client_as: ClientAs
) -> None:
    hub = shift.office.services.screens.hub
    anna = await client_as("anna")
    sleeping, awake = await tab_of(anna), await tab_of(anna)
    _stop_reading(sleeping)
    for number in range(100):  # 20 MB: more than the buffers of a socket take
        hub.send(workplace_of(shift.office.cast.anna.id), _large(number))
        await awake.until(f">{number} xxx")
    assert 1 <= hub.deepest <= shift.office.services.screens.settings.outbox_limit


async def test_a_tab_that_takes_nothing_for_too_long_is_dropped(
    shift: Shift, client_as: ClientAs
) -> None:
    screens = shift.office.services.screens
    object.__setattr__(screens.settings, "stall_seconds", 0.2)
    sleeping = await tab_of(await client_as("anna"))
    _stop_reading(sleeping)
    async with asyncio.timeout(20):
        number = 0
        while len(screens.hub):
            screens.hub.send(workplace_of(shift.office.cast.anna.id), _large(number))
            number += 1
            await asyncio.sleep(0.01)


def _stop_reading(tab: Tab) -> None:
    """The browser hangs: what arrives stays in the network's buffers."""
    transport = tab.socket.get_extra_info("socket") and tab.socket._conn.transport  # type: ignore[union-attr]
    assert transport is not None
    transport.pause_reading()


def _large(number: int) -> Put:
    """A state chip of 200 KB; all are one element, so only the newest waits."""
    status = OperatorStatus(1, "ready", extension=f"{number} " + "x" * 200_000)
    return Put("status", "status", "workplace/_status.html", status)


async def test_another_sites_page_cannot_open_the_socket(shift: Shift, client_as: ClientAs) -> None:
    anna = await client_as("anna")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await anna.session.ws_connect("/socket", headers={"Origin": "https://evil.example"})
    assert refused.value.status == 403


async def test_an_operator_does_not_get_the_floor_by_asking(
    shift: Shift, client_as: ClientAs
) -> None:
    tab = await tab_of(await client_as("anna"), "?topics=floor")
    assert not any(element.startswith("floor-") for element in tab.shown)
