"""From a fact to what a screen is told: at once, complete, and never kept by a slow database."""

import asyncio
from collections.abc import Callable

import pytest

from crm_core import events as business
from crm_core.agents.sessions import SessionsClosed
from crm_core.clients.dossier import Dossier, Known, Person
from crm_core.clock import ManualClock
from crm_core.tasks.audience import Audience
from screenpop.board import Board
from screenpop.cards import Card, Phase, WrapUp
from screenpop.hub import EVERYONE, Hub, workplace_of
from screenpop.live import LiveCall
from screenpop.messages import Message, Notice, Put, Refresh, Remove
from screenpop.outbox import Closing, Outbox
from screenpop.presenter import OpenWrapUp, Presenter
from screenpop.settings import ScreenpopSettings
from telephony.events import ExchangeLost, OfferResult
from tests.screenpop import scenes

ROMASHKA = Dossier(Known.ONE, "8 916", number=scenes.IVANS_NUMBER, client=Person(7, "Romashka"))


class Memory:
    """Records by heart; `slow` keeps dossiers until it is set, `broken` loses them."""

    def __init__(self) -> None:
        self.known = ROMASHKA
        self.ready = asyncio.Event()
        self.ready.set()
        self.broken = False
        self.reads = self.asked = 0
        self.owed: tuple[OpenWrapUp, ...] = ()
        self.calls: dict[str, LiveCall] = {}
        self.concerned = Audience((scenes.ANNA,), 7, "")

    async def dossier(self, call: LiveCall) -> Dossier:
        self.reads += 1
        await self.ready.wait()
        if self.broken:
            raise OSError("the database is gone")
        return self.known

    async def call(self, call_id: str) -> LiveCall | None:
        return self.calls.get(call_id)

    async def wrap_up_rule(self, call_id: str, agent_id: int) -> WrapUp:
        self.asked += 1
        if self.broken:
            raise OSError("the database is gone")
        return WrapUp(scenes.at(120))

    async def open_wrap_ups(self) -> tuple[OpenWrapUp, ...]:
        return self.owed

    async def audience(self, task_id: int) -> Audience:
        return self.concerned


class Stage:
    """A presenter with one open tab for Anna and one for Boris."""

    def __init__(self) -> None:
        self.memory, self.clock, self.hub = Memory(), ManualClock(), Hub()
        self.presenter = Presenter(
            Board(scenes.Office()), self.hub, self.memory, self.clock, ScreenpopSettings()
        )
        self.tabs = {who: Outbox(who, f"session-{who}") for who in (scenes.ANNA, scenes.BORIS)}
        for who, tab in self.tabs.items():
            self.hub.join(tab, [workplace_of(who), EVERYONE])

    async def open(self) -> None:
        for tab in self.tabs.values():
            await tab.take()

    async def hear(self, *facts: object) -> None:
        handlers = self.presenter.handlers()
        for fact in facts:
            await handlers[type(fact)](fact)
        await asyncio.sleep(0)  # what was begun in the background has begun

    async def told(self, who: int = scenes.ANNA) -> tuple[Message, ...]:
        tab = self.tabs[who]
        return (await tab.take()).messages if tab.depth else ()

    async def cards(self, who: int = scenes.ANNA) -> list[Card]:
        puts = [each for each in await self.told(who) if isinstance(each, Put)]
        return [put.data for put in puts if isinstance(put.data, Card)]


@pytest.fixture
async def stage() -> Stage:
    set_up = Stage()
    await set_up.open()
    return set_up


async def test_a_ring_after_the_story_was_read_is_one_complete_card(stage: Stage) -> None:
    await stage.hear(scenes.started())
    await stage.presenter.settled()
    await stage.hear(scenes.offered(scenes.ANNAS_PHONE))
    (card,) = await stage.cards()
    assert card.dossier == ROMASHKA
    assert stage.memory.reads == 1


async def test_a_ring_waits_for_its_story_only_for_a_moment(stage: Stage) -> None:
    stage.memory.ready.clear()
    await stage.hear(scenes.started(), scenes.offered(scenes.ANNAS_PHONE))
    assert await stage.cards() == []
    await stage.clock.advance(0.2)
    (thin,) = await stage.cards()
    assert (thin.dossier.known, thin.number) == (Known.UNREAD, scenes.IVANS_NUMBER)
    stage.memory.ready.set()
    await stage.presenter.settled()
    (whole,) = await stage.cards()
    assert whole.dossier == ROMASHKA


async def test_a_database_that_is_away_keeps_no_card_from_the_screen(stage: Stage) -> None:
    """What is known of the caller follows when it is back."""
    stage.memory.broken = True
    await stage.hear(scenes.started(), scenes.offered(scenes.ANNAS_PHONE))
    (card,) = await stage.cards()
    assert (card.phase, card.dossier.known) == (Phase.RINGING, Known.UNREAD)
    stage.memory.broken = False
    await stage.clock.advance(1)
    await stage.presenter.settled()
    (card,) = await stage.cards()
    assert card.dossier == ROMASHKA


async def test_a_slow_story_of_one_call_delays_no_other_call(stage: Stage) -> None:
    stage.memory.ready.clear()
    await stage.hear(scenes.started(), scenes.offered(scenes.ANNAS_PHONE))
    await stage.hear(scenes.started("2.1"), scenes.offered(scenes.BORIS_PHONE, "2.1"))
    await stage.clock.advance(0.2)
    assert len(await stage.cards(scenes.BORIS)) == 1


async def test_one_story_is_read_for_all_whose_phones_ring(stage: Stage) -> None:
    await stage.hear(
        scenes.started(), scenes.offered(scenes.ANNAS_PHONE), scenes.offered(scenes.BORIS_PHONE)
    )
    await stage.presenter.settled()
    assert stage.memory.reads == 1
    assert len(await stage.cards(scenes.ANNA)) == len(await stage.cards(scenes.BORIS)) == 1


async def test_the_same_card_is_the_same_message_for_snapshot_and_update(stage: Stage) -> None:
    await stage.hear(scenes.started(), scenes.offered(scenes.ANNAS_PHONE))
    await stage.presenter.settled()
    (told,) = [each for each in await stage.told() if isinstance(each, Put)]
    again = stage.presenter.snapshot(scenes.ANNA).elements
    assert told.serial in {put.serial for put in again}


async def test_a_chosen_client_is_read_again_for_the_calls_it_concerns(stage: Stage) -> None:
    stage.memory.known = Dossier(
        Known.SEVERAL, "8 916", candidates=(Person(7, "R"), Person(8, "S"))
    )
    await stage.hear(scenes.started(), scenes.offered(scenes.ANNAS_PHONE))
    await stage.presenter.settled()
    await stage.cards()
    stage.memory.known = ROMASHKA
    await stage.hear(business.ClientChosen(number=scenes.IVANS_NUMBER, client_id=7))
    await stage.presenter.settled()
    (card,) = await stage.cards()
    assert card.dossier.client == Person(7, "Romashka")


@pytest.mark.parametrize(("client_id", "reads"), [(7, 2), (99, 1)])
async def test_a_change_of_another_client_reads_nothing(
    stage: Stage, client_id: int, reads: int
) -> None:
    await stage.hear(scenes.started(), scenes.offered(scenes.ANNAS_PHONE))
    await stage.presenter.settled()
    await stage.hear(business.ClientChanged(client_id=client_id))
    await stage.presenter.settled()
    assert stage.memory.reads == reads


async def test_a_changed_task_refreshes_the_lists_of_those_it_concerns(stage: Stage) -> None:
    await stage.hear(business.TaskChanged(task_id=1))
    assert [type(each) for each in await stage.told(scenes.ANNA)] == [Refresh]
    assert await stage.told(scenes.BORIS) == ()


async def test_a_withdrawn_card_is_removed_with_its_trace(stage: Stage) -> None:
    await stage.hear(
        scenes.started(),
        scenes.offered(scenes.ANNAS_PHONE),
        scenes.answered(scenes.BORIS_PHONE),
        scenes.offer_ended(scenes.ANNAS_PHONE, OfferResult.ANSWERED_ELSEWHERE),
    )
    await stage.presenter.settled()
    (removal,) = [each for each in await stage.told() if isinstance(each, Remove)]
    assert removal.template == "cards/_trace.html"


async def test_after_a_restart_the_forms_that_are_owed_stand_there_again(stage: Stage) -> None:
    call = LiveCall("1.1", caller=scenes.IVANS_NUMBER, started_at=scenes.at(0), ended=True)
    rule = WrapUp(scenes.at(120))
    stage.memory.owed = (OpenWrapUp(call, scenes.ANNA, scenes.at(60), rule),)
    await stage.presenter.restore()
    await stage.presenter.settled()
    data = [put.data for put in stage.presenter.snapshot(scenes.ANNA).elements]
    (card,) = [each for each in data if isinstance(each, Card)]
    assert (card.phase, card.wrap_up, card.dossier) == (Phase.WRAP_UP, rule, ROMASHKA)


async def test_a_form_for_a_call_the_screens_have_forgotten_is_found_in_the_log(
    stage: Stage,
) -> None:
    stage.memory.calls["1.1"] = LiveCall("1.1", started_at=scenes.at(0), ended=True)
    started = business.WrapUpStarted(
        call_id="1.1", agent_id=scenes.ANNA, deadline_at=scenes.at(120)
    )
    await stage.hear(started)
    await stage.presenter.settled()
    assert (await stage.cards())[-1].wrap_up == WrapUp(scenes.at(120))


async def test_a_form_owed_while_the_database_is_away_comes_when_it_is_back(stage: Stage) -> None:
    stage.memory.calls["1.1"] = LiveCall("1.1", started_at=scenes.at(0), ended=True)
    stage.memory.broken = True
    started = business.WrapUpStarted(
        call_id="1.1", agent_id=scenes.ANNA, deadline_at=scenes.at(120)
    )
    hearing = asyncio.create_task(stage.hear(started))
    while not stage.memory.asked:  # noqa: ASYNC110 - the task asks in its own time
        await asyncio.sleep(0)
    assert await stage.cards() == []
    stage.memory.broken = False
    await stage.clock.advance(1)
    await hearing
    await stage.presenter.settled()
    assert (await stage.cards())[-1].wrap_up == WrapUp(scenes.at(120))


async def test_who_sits_down_at_a_ringing_phone_sees_its_card(stage: Stage) -> None:
    await stage.hear(scenes.started())
    await stage.presenter.settled()
    state = business.AgentStateChanged(
        agent_id=scenes.ANNA,
        state="ringing",
        reason=None,
        since=scenes.at(1),
        extension="101",
        call_id="1.1",
    )
    await stage.hear(state)
    assert [card.phase for card in await stage.cards()] == [Phase.RINGING]


async def test_a_lost_exchange_is_told_to_everybody(stage: Stage) -> None:
    await stage.hear(ExchangeLost(at=scenes.NINE, reason="unreachable"))
    for who in (scenes.ANNA, scenes.BORIS):
        (banner,) = await stage.told(who)
        assert banner.key == "exchange-banner"


async def test_closed_sessions_close_their_own_connections_only(stage: Stage) -> None:
    await stage.hear(SessionsClosed(scenes.ANNA, ("session-1",)))
    assert (await stage.tabs[scenes.ANNA].take()).closing == Closing.SESSION_OVER
    assert stage.tabs[scenes.BORIS].depth == 0


async def test_nothing_is_kept_of_calls_that_are_over(stage: Stage) -> None:
    await stage.hear(scenes.started(), scenes.offered(scenes.ANNAS_PHONE), scenes.ended())
    await stage.presenter.settled()
    await stage.clock.advance(1)
    kept: Callable[[str], object] = lambda name: getattr(stage.presenter, name)  # noqa: E731
    assert stage.presenter.board.calls == {}
    assert not kept("_puts")
    assert not kept("_reading")
    assert not kept("_impatient")
    assert not kept("_read_for")


async def test_a_consultation_for_which_the_client_is_not_held_is_taken_back_and_told(
    stage: Stage,
) -> None:
    phone = scenes.ANNAS_PHONE
    await stage.hear(scenes.started(), scenes.offered(phone), scenes.answered(phone))
    await stage.presenter.settled()
    await stage.told()
    stage.presenter.consult("1.1", scenes.ANNA, "102")
    (asking,) = await stage.cards()
    assert asking.consulting == "102"
    await asyncio.sleep(0)
    await stage.clock.advance(5)
    messages = await stage.told()
    assert [each.code for each in messages if isinstance(each, Notice)] == ["consult_not_possible"]
    cards = [each.data for each in messages if isinstance(each, Put)]
    assert [card.consulting for card in cards if isinstance(card, Card)] == [""]


async def test_a_consultation_goes_on_while_the_client_is_held(stage: Stage) -> None:
    phone = scenes.ANNAS_PHONE
    await stage.hear(scenes.started(), scenes.offered(phone), scenes.answered(phone))
    await stage.presenter.settled()
    stage.presenter.consult("1.1", scenes.ANNA, "102")
    await stage.hear(scenes.held(phone))
    await stage.told()
    await stage.clock.advance(5)
    assert await stage.told() == ()
