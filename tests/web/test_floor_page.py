"""The live floor: painted by the server, kept by the socket, for those who may watch."""

import asyncio
import json

import pytest

from crm_core.agents.roles import Role
from crm_core.events import CallbackEscalated
from telephony.events import CallerWaiting, CallStarted, Direction
from telephony.ids import CallId, Interface, Linkedid, Uniqueid
from tests.web.call_log import NINE, add_task, at
from tests.web.conftest import ClientAs, Office
from tests.web.shift import ANNAS, IVAN, at_work


async def ring(office: Office) -> None:
    """A call that begins, and its caller in the queue."""
    started = CallStarted(
        at=NINE,
        call_id=CallId("1.1"),
        linkedid=Linkedid("1.1"),
        direction=Direction.INBOUND,
        caller="89991112233",
        caller_name="Ivan <b>",
        dialled="74950000000",
        interface=Interface("PJSIP/trunk"),
    )
    waiting = CallerWaiting(
        at=NINE,
        queue="sales",
        uniqueid=Uniqueid("1.1"),
        position=1,
        number="89991112233",
        name="Ivan <b>",
        since=NINE,
    )
    office.services.bus.publish_all([started, waiting])
    await office.settled()
    await office.services.screens.presenter.settled()


async def test_the_first_paint_shows_the_floor_as_it_is(
    office: Office, client_as: ClientAs
) -> None:
    await office.services.screens.start()
    await office.services.roster.log_in(office.cast.anna, office.cast.desk_101)
    await office.settled()
    await ring(office)
    vera = await client_as("vera")
    page = await vera.get("/floor")
    assert f'id="floor-agent-{office.cast.anna.id}"' in page.text
    assert "Anna Orlova Ready" in page.words
    assert page.words.count("Ivan <b>") == 2
    assert "<b>Ivan <b>" not in page.text
    assert "8 (999) 111-22-33" in page.words
    assert "Sales" in page.words


async def test_a_caller_we_know_is_named_as_we_know_him(
    office: Office, client_as: ClientAs
) -> None:
    async with at_work(office) as shift:
        await shift.ring(ANNAS, caller=IVAN, name="Nobody in particular")
        page = await (await client_as("vera")).get("/floor")
    assert "Ромашка" in page.words
    assert "Nobody in particular" not in page.words


async def test_an_empty_floor_says_so(client_as: ClientAs) -> None:
    vera = await client_as("vera")
    page = await vera.get("/floor")
    for said in ("Nobody is at a phone", "Nobody waits in a queue", "No call goes on"):
        assert said in page.words


async def test_operators_do_not_watch(client_as: ClientAs) -> None:
    anna = await client_as("anna")
    assert (await anna.get("/floor")).status == 403
    assert (await anna.get("/floor/callbacks")).status == 403


@pytest.mark.parametrize("who", ["vera", "grigory", "dina"])
async def test_the_socket_brings_the_same_rows(
    office: Office, client_as: ClientAs, who: str
) -> None:
    visitor = await client_as(who)
    origin = {"Origin": str(visitor.base.origin())}
    async with visitor.session.ws_connect("/socket?topics=floor", headers=origin) as socket:
        first = json.loads((await socket.receive()).data)
        assert {"floor-agents", "floor-calls", "floor-waiting"} <= set(first["areas"])
        await ring(office)
        seen = ""
        async with asyncio.timeout(5):
            while "floor-waiting-sales" not in seen or "floor-call-1.1" not in seen:
                seen += str((await socket.receive()).data)
    assert "<b>Ivan <b>" not in seen


async def test_late_callbacks_stand_there_until_they_are_done(
    office: Office, client_as: ClientAs
) -> None:
    late = {"kind": "callback", "number": "+74951112233", "call_count": 2, "due_at": at(-60)}
    late |= {"queue": "sales", "assignee_agent_id": None}
    task_id = await add_task(office, "", **late)
    await add_task(office, "", **{**late, "number": "+74951112234", "due_at": at(60)})
    vera = await client_as("vera")
    panel = await vera.get("/floor/callbacks")
    assert "Late callbacks 1" in panel.words
    assert "8 (495) 111-22-33" in panel.words
    assert "Sales" in panel.words
    assert "sales" not in panel.words
    done = await vera.post(f"/tasks/{task_id}/done", {"back": "/floor"})
    assert done.url.path == "/floor"
    assert "Everybody was called back in time" in (await vera.get("/floor/callbacks")).words


async def test_a_change_of_a_task_has_the_panel_fetched_anew(
    office: Office, client_as: ClientAs
) -> None:
    vera = await client_as("vera")
    origin = {"Origin": str(vera.base.origin())}
    async with vera.session.ws_connect("/socket?topics=floor", headers=origin) as socket:
        await socket.receive()
        office.services.bus.publish_all([CallbackEscalated(task_id=1)])
        async with asyncio.timeout(5):
            while "floor-callbacks" not in str((await socket.receive()).data):
                pass


async def test_who_sat_there_before_a_restart_is_on_the_floor(office: Office) -> None:
    await office.services.roster.log_in(office.cast.anna, office.cast.desk_101)
    (seat,) = office.services.screens.seats()
    assert (seat.agent_id, seat.extension) == (office.cast.anna.id, "101")
    assert office.cast.anna.role is Role.OPERATOR
