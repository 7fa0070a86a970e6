"""Brings facts to screens: board first, then the client's story, then everybody who looks.

A ring never waits for the database beyond a moment: when the story is late the card pops without it
and is completed afterwards. Reading begins when the call appears, mostly long before a phone rings.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ParamSpec, Protocol, TypeVar

import structlog

from crm_core import events as business
from crm_core.agents.sessions import SessionsClosed
from crm_core.clients.dossier import Dossier, Known, Note
from crm_core.clock import Clock
from crm_core.storage.trouble import persistently
from crm_core.tasks.audience import Audience
from screenpop.board import Board
from screenpop.cards import Card, Phase, WrapUp
from screenpop.hub import EVERYONE, Hub, workplace_of
from screenpop.live import BoardChange, CardGone, CardPut, LiveCall, rank_of
from screenpop.messages import Notice, Put, Refresh, Remove, Snapshot
from screenpop.outbox import Closing
from screenpop.settings import ScreenpopSettings
from telephony import events

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

CARDS, STATUS, BANNER, SERVICE = "cards", "status", "banner", "service"
WORKPLACE_AREAS = (SERVICE, BANNER, STATUS, CARDS)


@dataclass(frozen=True, slots=True)
class OpenWrapUp:
    """A form that is still owed, as the database remembers it."""

    call: LiveCall
    agent_id: int
    since: datetime
    rule: WrapUp


class Records(Protocol):
    """What the screens read of the memory; each is one short read."""

    async def dossier(self, call: LiveCall) -> Dossier: ...

    async def call(self, call_id: str) -> LiveCall | None: ...

    async def wrap_up_rule(self, call_id: str, agent_id: int) -> WrapUp: ...

    async def open_wrap_ups(self) -> tuple[OpenWrapUp, ...]: ...

    async def audience(self, task_id: int) -> Audience: ...


@dataclass(frozen=True, slots=True)
class OperatorStatus:
    """The state chip: what the agent does, why, since when, at which phone."""

    agent_id: int
    state: str = "offline"
    reason: str | None = None
    since: datetime | None = None
    extension: str | None = None
    pending: str | None = None


@dataclass(frozen=True, slots=True)
class ExchangeBanner:
    """The banner over everything: whether the exchange is heard; `reason` is a code."""

    connected: bool
    simulated: bool
    reason: str = ""

    @property
    def is_down(self) -> bool:
        return not self.connected


class Presenter:
    """Listens to the bus and keeps every workplace right. Wire `handlers()` as one subscriber.
    `on_story` hears of each call whose client's story was read."""

    def __init__(
        self,
        board: Board,
        hub: Hub,
        records: Records,
        clock: Clock,
        settings: ScreenpopSettings,
        status_of: Callable[[int], OperatorStatus | None] = lambda agent_id: None,
        on_story: Callable[[str], None] = lambda call_id: None,
    ) -> None:
        self.board = board
        self._hub = hub
        self._records = records
        self._clock = clock
        self._settings = settings
        self._puts: dict[tuple[int, str], Put] = {}
        self._status_of = status_of
        self._on_story = on_story
        self._statuses: dict[int, Put] = {}
        self._banner: Put | None = None
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._impatient: set[str] = set()
        self._read_for: dict[str, str] = {}
        self._background: set[asyncio.Task[None]] = set()

    def handlers(self) -> Mapping[type, Callable[[Any], Awaitable[None]]]:
        """The table event -> handler for the bus."""
        heard = (fact for fact in events.FACTS if issubclass(fact, events.CallFact))
        calls: dict[type, Callable[[Any], Awaitable[None]]] = dict.fromkeys(
            heard, self.on_call_fact
        )
        return calls | {
            events.ExchangeConnected: self.on_exchange_connected,
            events.ExchangeLost: self.on_exchange_lost,
            business.AgentStateChanged: self.on_agent_state_changed,
            business.WrapUpStarted: self.on_wrap_up_started,
            business.WrapUpFinished: self.on_wrap_up_finished,
            business.NoteSaved: self.on_note_saved,
            business.ClientCreated: self.on_client_created,
            business.ClientChanged: self.on_client_changed,
            business.ClientChosen: self.on_client_chosen,
            business.CallLinked: self.on_call_linked,
            business.TaskChanged: self.on_task_changed,
            business.TaskDone: self.on_task_changed,
            business.CallbackEscalated: self.on_task_changed,
            SessionsClosed: self.on_sessions_closed,
        }

    async def restore(self) -> None:
        """After a start: the forms still owed stand on their screens again; calls come as facts."""
        for owed in await self._records.open_wrap_ups():
            self._publish(self.board.begin_wrap_up(owed.call, owed.agent_id, owed.since, owed.rule))
            self._read(owed.call.call_id)

    def snapshot(self, agent_id: int) -> Snapshot:
        """Everything on one agent's workplace at this instant."""
        cards = (self._put_of(card) for card in self.board.cards_of(agent_id))
        status = self._status_of(agent_id) or OperatorStatus(agent_id)
        fixed = (
            [self._put_status(status)]
            if self._banner is None
            else [self._banner, self._put_status(status)]
        )
        return Snapshot(WORKPLACE_AREAS, (*fixed, *cards))

    async def settled(self) -> None:
        """Return when no dossier is being read."""
        while self._reading:
            await asyncio.gather(*self._reading.values(), return_exceptions=True)

    async def close(self) -> None:
        """Stop reading; the hub's connections are closed by their owner."""
        tasks = [*self._reading.values(), *self._background]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- telephone --------------------------------------------------------------------------------

    async def on_call_fact(self, fact: events.CallFact) -> None:
        changes = self.board.apply(fact)
        self._read_if_new(fact.call_id)
        self._publish(changes)
        self._forget_if_gone(fact.call_id)
        if isinstance(fact, events.CallsJoined):
            self._forget_if_gone(fact.absorbed_id)

    async def on_exchange_connected(self, fact: events.ExchangeConnected) -> None:
        self._show_banner(ExchangeBanner(True, fact.simulated))

    async def on_exchange_lost(self, fact: events.ExchangeLost) -> None:
        self._show_banner(ExchangeBanner(False, False, fact.reason))

    # -- business ---------------------------------------------------------------------------------

    async def on_agent_state_changed(self, fact: business.AgentStateChanged) -> None:
        status = OperatorStatus(
            fact.agent_id, fact.state, fact.reason, fact.since, fact.extension, fact.pending
        )
        self._hub.send(workplace_of(fact.agent_id), self._put_status(status))
        if fact.extension is None:
            self._publish(self.board.stand_up(fact.agent_id))
        elif fact.call_id and fact.state in _PHASES:
            await self._adopt(fact.call_id, fact.agent_id, _PHASES[fact.state], fact.since)

    async def on_wrap_up_started(self, fact: business.WrapUpStarted) -> None:
        rule = await self._told(self._records.wrap_up_rule, fact.call_id, fact.agent_id)
        call = await self._call(fact.call_id)
        if call is None:
            log.warning("wrap_up_of_unknown_call", call_id=fact.call_id)
            return
        self._publish(self.board.begin_wrap_up(call, fact.agent_id, self._clock.now(), rule))
        self._read(fact.call_id)

    async def on_wrap_up_finished(self, fact: business.WrapUpFinished) -> None:
        self._publish(self.board.finish_wrap_up(fact.call_id, fact.agent_id, fact.ending))

    async def on_note_saved(self, fact: business.NoteSaved) -> None:
        name = self.board.seating.name_of(fact.agent_id)
        self._publish(self.board.note(fact.call_id, Note(fact.agent_id, name, fact.note)))

    async def on_client_created(self, fact: business.ClientCreated) -> None:
        self._reread(lambda dossier: dossier.known == Known.NONE)

    async def on_client_changed(self, fact: business.ClientChanged) -> None:
        self._reread(
            lambda dossier: fact.client_id in dossier.client_ids or dossier.known == Known.NONE
        )

    async def on_client_chosen(self, fact: business.ClientChosen) -> None:
        await self.on_client_changed(business.ClientChanged(client_id=fact.client_id))

    async def on_call_linked(self, fact: business.CallLinked) -> None:
        if fact.call_id in self.board.calls:
            self._read(fact.call_id)

    async def on_task_changed(
        self, fact: business.TaskChanged | business.TaskDone | business.CallbackEscalated
    ) -> None:
        if not len(self._hub) and not self.board.calls:
            return
        audience = await self._told(self._records.audience, fact.task_id)
        for agent_id in audience.agent_ids:
            self._hub.send(workplace_of(agent_id), Refresh("tasks"))
        self._reread(lambda dossier: _concerns(dossier, fact.task_id, audience))

    async def on_sessions_closed(self, fact: SessionsClosed) -> None:
        self._hub.close_sessions(fact.session_ids, Closing.SESSION_OVER)

    def consult(self, call_id: str, agent_id: int, whom: str) -> None:
        """Show that the agent asks `whom` before he hands the client over ("": no longer)."""
        self._publish(self.board.consult(call_id, agent_id, whom))
        if whom:
            self._spawn(self._expect_hold(call_id, agent_id, whom))

    async def _expect_hold(self, call_id: str, agent_id: int, whom: str) -> None:
        """The exchange says yes in any case; that the client waits is what shows it."""
        await self._clock.sleep(self._settings.consult_seconds)
        card = self.board.card(call_id, agent_id)
        if card is not None and card.consulting == whom and not card.held:
            self._publish(self.board.consult(call_id, agent_id, ""))
            self.notice(agent_id, "consult_not_possible")

    def notice(self, agent_id: int, code: str, **values: object) -> None:
        """Tell one agent something once, on all his tabs."""
        self._hub.send(workplace_of(agent_id), Notice(code, values))

    # -- from the board to the screens ------------------------------------------------------------

    def _publish(self, changes: Iterable[BoardChange]) -> None:
        for change in changes:
            topic = workplace_of(change.agent_id)
            if isinstance(change, CardGone):
                self._puts.pop((change.agent_id, change.call_id), None)
                self._forget_if_gone(change.call_id)
                self._hub.send(topic, _remove(change))
            elif self._may_wait(change.card):
                self._be_patient(change.card.call_id)
            else:
                self._hub.send(topic, self._put_of(change.card))

    def _put_status(self, status: OperatorStatus) -> Put:
        known = self._statuses.get(status.agent_id)
        if known is None or known.data != status:
            known = Put("status", STATUS, "workplace/_status.html", status)
            self._statuses[status.agent_id] = known
        return known

    def _put_of(self, card: Card) -> Put:
        """The message that shows `card`: the same object while it is equal, so the same bytes."""
        known = self._puts.get((card.agent_id, card.call_id))
        if known is None or known.data != card:
            known = Put(card.element_id, CARDS, "cards/_card.html", card, rank_of(card))
            self._puts[card.agent_id, card.call_id] = known
        return known

    def _may_wait(self, card: Card) -> bool:
        unread = card.dossier.known == Known.UNREAD
        return unread and card.call_id in self._reading and card.call_id not in self._impatient

    def _be_patient(self, call_id: str) -> None:
        self._spawn(self._lose_patience(call_id))

    async def _lose_patience(self, call_id: str) -> None:
        await self._clock.sleep(self._settings.card_patience_seconds)
        if call_id in self._reading:
            self._impatient.add(call_id)
            self._show_all(call_id)

    def _show_all(self, call_id: str) -> None:
        self._publish(CardPut(card) for card in self.board.cards_of_call(call_id))

    def _show_banner(self, banner: ExchangeBanner) -> None:
        self._banner = Put("exchange-banner", BANNER, "workplace/_banner.html", banner)
        self._hub.send(EVERYONE, self._banner)

    async def _adopt(self, call_id: str, agent_id: int, phase: Phase, at: datetime) -> None:
        if self.board.card(call_id, agent_id):
            return
        call = await self._call(call_id)
        if call is None or call.ended:
            return
        changes = self.board.adopt(call, agent_id, phase, at)
        self._read_if_new(call_id)
        self._publish(changes)

    # -- reading the client's story ---------------------------------------------------------------

    def _read_if_new(self, call_id: str) -> None:
        call = self.board.calls.get(call_id)
        if call is None or call.ended or not (call.direction and call.started_at):
            return
        party = f"{call.direction}:{call.outside_number}"
        if self._read_for.get(call_id) != party:
            self._read(call_id)
            self._read_for[call_id] = party

    async def _call(self, call_id: str) -> LiveCall | None:
        return self.board.calls.get(call_id) or await self._told(self._records.call, call_id)

    async def _told(
        self, question: Callable[P, Awaitable[T]], *about: P.args, **how: P.kwargs
    ) -> T:
        """The answer of the records, when the database is there: a fact is not told twice."""
        return await persistently(self._clock, lambda: question(*about, **how))

    def _forget_if_gone(self, call_id: str) -> None:
        if call_id not in self.board.calls:
            self._read_for.pop(call_id, None)

    def _reread(self, concerned: Callable[[Dossier], bool]) -> None:
        for call in tuple(self.board.calls.values()):
            if concerned(call.dossier):
                self._read(call.call_id)

    def _read(self, call_id: str) -> None:
        if call_id in self._reading:
            self._again.add(call_id)
            return
        self._reading[call_id] = asyncio.create_task(self._read_until_fresh(call_id))

    async def _read_until_fresh(self, call_id: str) -> None:
        try:
            while True:
                self._again.discard(call_id)
                call = self.board.calls.get(call_id)
                if call is None:
                    return
                dossier = await persistently(
                    self._clock,
                    partial(self._records.dossier, call),
                    partial(self._show_unread, call_id),
                )
                self._publish(self.board.read_dossier(call_id, dossier))
                self._on_story(call_id)
                if call_id not in self._again:
                    return
        except Exception:
            log.exception("dossier_failed", call_id=call_id)
            self._impatient.add(call_id)
            self._show_all(call_id)
        finally:
            self._reading.pop(call_id, None)
            self._impatient.discard(call_id)

    def _show_unread(self, call_id: str, error: Exception) -> None:
        """The database is away: the card comes without what is known, which follows."""
        if call_id not in self._impatient:
            log.warning("dossier_waits_for_database", call_id=call_id, error=str(error))
            self._impatient.add(call_id)
            self._show_all(call_id)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


_PHASES = {"ringing": Phase.RINGING, "talking": Phase.TALKING}


def _remove(gone: CardGone) -> Remove:
    template = "cards/_trace.html" if gone.trace else None
    return Remove(f"card-{gone.call_id}", CARDS, template, gone.trace)


def _concerns(dossier: Dossier, task_id: int, audience: Audience) -> bool:
    if any(task.task_id == task_id for task in dossier.tasks):
        return True
    if audience.client_id is None:
        return bool(audience.number) and dossier.number == audience.number
    return audience.client_id in dossier.client_ids
