"""The supervisors' live floor: who does what, which calls go on, who waits. Pure state and changes.

Each row is an element; its template is the edge's: `floor/_agent.html`, `floor/_call.html`,
`floor/_waiting.html`. A snapshot and all later changes make what a fresh snapshot shows (tested).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from crm_core.events import AgentStateChanged
from screenpop.live import Seating
from screenpop.messages import Put, Remove, Snapshot
from telephony import events
from telephony.events import Direction

AGENTS, CALLS, WAITING = "floor-agents", "floor-calls", "floor-waiting"
AREAS = (AGENTS, CALLS, WAITING)


@dataclass(frozen=True, slots=True)
class FloorAgent:
    """A person at a phone: the state's word, its reason, since when."""

    agent_id: int
    name: str
    state: str
    reason: str | None
    since: datetime
    extension: str | None
    call_id: str | None


@dataclass(frozen=True, slots=True)
class FloorCall:
    """A call that goes on. `agents` talk in it, `ringing` are being rung; names, in order.
    `client` is whom we know the outside party to be, "" if nobody: a caller's name is his own say.
    """

    call_id: str
    direction: Direction
    number: str
    caller_name: str
    queue: str
    started_at: datetime
    answered_at: datetime | None = None
    agents: tuple[str, ...] = ()
    ringing: tuple[str, ...] = ()
    held: bool = False
    client: str = ""


@dataclass(frozen=True, slots=True)
class FloorCaller:
    """Somebody who stands in a queue."""

    queue: str
    uniqueid: str
    position: int
    number: str
    name: str
    since: datetime
    client: str = ""


FloorChange = Put | Remove


class Floor:
    """Feed it every fact; each call gives the messages for those who watch. `client_of` tells the
    name of a call's client as far as it has been read; `recognise` when it has been."""

    def __init__(
        self, seating: Seating, client_of: Callable[[str], str] = lambda call_id: ""
    ) -> None:
        self._seating = seating
        self._client_of = client_of
        self._rows: dict[str, Put] = {}
        self._calls: dict[str, FloorCall] = {}

    def feed(self, fact: object) -> list[FloorChange]:
        """Take one fact; those that change no row change nothing."""
        handler = _HANDLERS.get(type(fact))
        return handler(self, fact) if handler else []

    def recognise(self, call_id: str) -> list[FloorChange]:
        """The call's client was read, perhaps anew: its row, and its caller's in a queue, say so.
        A queue knows a caller by his channel, which gives most calls their id."""
        client, changes = self._client_of(call_id), []
        call = self._calls.get(call_id)
        if call is not None:
            changes += self._show(replace(call, client=client))
        for put in tuple(self._rows.values()):
            row = put.data
            if isinstance(row, FloorCaller) and row.uniqueid == call_id:
                changes += self._put(
                    put.element_id, WAITING, put.template, replace(row, client=client), put.rank
                )
        return changes

    def snapshot(self) -> Snapshot:
        """All rows as they are now."""
        return Snapshot(AREAS, tuple(self._rows.values()))

    # -- people ------------------------------------------------------------------------------------

    def _on_agent(self, fact: AgentStateChanged) -> list[FloorChange]:
        element_id = f"floor-agent-{fact.agent_id}"
        if fact.extension is None:
            return self._remove(element_id, AGENTS)
        name = self._seating.name_of(fact.agent_id)
        row = FloorAgent(
            fact.agent_id, name, fact.state, fact.reason, fact.since, fact.extension, fact.call_id
        )
        return self._put(element_id, AGENTS, "floor/_agent.html", row, name)

    # -- callers who wait --------------------------------------------------------------------------

    def _on_waiting(self, fact: events.CallerWaiting) -> list[FloorChange]:
        row = FloorCaller(
            fact.queue,
            fact.uniqueid,
            fact.position,
            fact.number,
            fact.name,
            fact.since,
            self._client_of(fact.uniqueid),
        )
        rank = f"{fact.queue} {fact.position:06}"
        element_id = f"floor-waiting-{fact.queue}-{fact.uniqueid}"
        return self._put(element_id, WAITING, "floor/_waiting.html", row, rank)

    def _on_stopped(self, fact: events.CallerStoppedWaiting) -> list[FloorChange]:
        return self._remove(f"floor-waiting-{fact.queue}-{fact.uniqueid}", WAITING)

    # -- calls -------------------------------------------------------------------------------------

    def _on_started(self, fact: events.CallStarted) -> list[FloorChange]:
        known = self._calls.get(fact.call_id)
        outbound = fact.direction == Direction.OUTBOUND
        call = FloorCall(
            call_id=fact.call_id,
            direction=fact.direction,
            number=fact.dialled if outbound else fact.caller,
            caller_name=fact.caller_name,
            queue=known.queue if known else "",
            started_at=known.started_at if known else fact.at,
            client=self._client_of(fact.call_id),
        )
        return self._show(call if known is None else replace(known, **_parties(call)))

    def _on_described(self, fact: events.CallDescribed) -> list[FloorChange]:
        outbound = fact.direction == Direction.OUTBOUND
        return self._change(
            fact,
            direction=fact.direction,
            number=fact.dialled if outbound else fact.caller,
            caller_name=fact.caller_name,
        )

    def _on_joined(self, fact: events.CallsJoined) -> list[FloorChange]:
        absorbed = self._calls.get(fact.absorbed_id)
        if absorbed is None or fact.absorbed_id == fact.call_id:
            return []
        call = self._calls.get(fact.call_id)
        agents = _union(call.agents if call else (), absorbed.agents)
        gone = self._end(fact.absorbed_id)
        return gone + self._change(fact, agents=agents)

    def _on_queued(self, fact: events.CallQueued) -> list[FloorChange]:
        return self._change(fact, queue=fact.queue)

    def _on_offered(self, fact: events.CallOffered) -> list[FloorChange]:
        return self._with(fact, "ringing", fact.interface)

    def _on_offer_ended(self, fact: events.OfferEnded) -> list[FloorChange]:
        return self._without(fact, "ringing", fact.interface)

    def _on_answered(self, fact: events.CallAnswered) -> list[FloorChange]:
        changes = self._without(fact, "ringing", fact.interface)
        changes += self._with(fact, "agents", fact.interface)
        call = self._calls.get(fact.call_id)
        if call and call.answered_at is None:
            changes += self._change(fact, answered_at=fact.at)
        return changes

    def _on_left(self, fact: events.CallLeft) -> list[FloorChange]:
        return self._without(fact, "agents", fact.interface)

    def _on_held(self, fact: events.CallHeld) -> list[FloorChange]:
        return self._change(fact, held=True)

    def _on_resumed(self, fact: events.CallResumed) -> list[FloorChange]:
        return self._change(fact, held=False)

    def _on_ended(self, fact: events.CallEnded) -> list[FloorChange]:
        return self._end(fact.call_id)

    # -- how it is kept ----------------------------------------------------------------------------

    def _name(self, interface: str) -> str:
        agent_id = self._seating.agent_at(interface)
        return self._seating.name_of(agent_id) if agent_id else interface.partition("/")[2]

    def _with(self, fact: events.CallFact, who: str, interface: str) -> list[FloorChange]:
        call = self._calls.get(fact.call_id)
        names: tuple[str, ...] = getattr(call, who) if call else ()
        return self._change(fact, **{who: _union(names, (self._name(interface),))})

    def _without(self, fact: events.CallFact, who: str, interface: str) -> list[FloorChange]:
        call, name = self._calls.get(fact.call_id), self._name(interface)
        if call is None:
            return []
        return self._change(fact, **{who: tuple(n for n in getattr(call, who) if n != name)})

    def _change(self, fact: events.CallFact, **values: Any) -> list[FloorChange]:
        call = self._calls.get(fact.call_id)
        return [] if call is None else self._show(replace(call, **values))

    def _show(self, call: FloorCall) -> list[FloorChange]:
        self._calls[call.call_id] = call
        rank = f"{call.started_at.timestamp():017.6f}"
        return self._put(f"floor-call-{call.call_id}", CALLS, "floor/_call.html", call, rank)

    def _end(self, call_id: str) -> list[FloorChange]:
        self._calls.pop(call_id, None)
        return self._remove(f"floor-call-{call_id}", CALLS)

    def _put(
        self, element_id: str, area: str, template: str, row: object, rank: str
    ) -> list[FloorChange]:
        known = self._rows.get(element_id)
        if known is not None and known.data == row:
            return []
        self._rows[element_id] = Put(element_id, area, template, row, rank)
        return [self._rows[element_id]]

    def _remove(self, element_id: str, area: str) -> list[FloorChange]:
        return [Remove(element_id, area)] if self._rows.pop(element_id, None) else []


def _parties(call: FloorCall) -> dict[str, Any]:
    return {
        "direction": call.direction,
        "number": call.number,
        "caller_name": call.caller_name,
    }


def _union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(first + second))


_HANDLERS: dict[type, Callable[[Floor, Any], list[FloorChange]]] = {
    AgentStateChanged: Floor._on_agent,
    events.CallerWaiting: Floor._on_waiting,
    events.CallerStoppedWaiting: Floor._on_stopped,
    events.CallStarted: Floor._on_started,
    events.CallDescribed: Floor._on_described,
    events.CallsJoined: Floor._on_joined,
    events.CallQueued: Floor._on_queued,
    events.CallOffered: Floor._on_offered,
    events.OfferEnded: Floor._on_offer_ended,
    events.CallAnswered: Floor._on_answered,
    events.CallLeft: Floor._on_left,
    events.CallHeld: Floor._on_held,
    events.CallResumed: Floor._on_resumed,
    events.CallEnded: Floor._on_ended,
}
HEARD: tuple[type, ...] = tuple(_HANDLERS)
"""The facts that the floor lives on."""
