"""The queues' seats, the callers who wait, and the phones' device states (pure)."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from telephony import said
from telephony.events import (
    CallerStoppedWaiting,
    CallerWaiting,
    Fact,
    MemberPaused,
    MemberRemoved,
    MemberSeen,
    MemberUnpaused,
    PhoneStateChanged,
)
from telephony.ids import Interface, Uniqueid
from telephony.resync import QUEUES_END
from telephony.said import Wire

Seat = tuple[str, Interface]


class QueueBoard:
    """Feed it in order; it tells changes only. A list from Asterisk (QueueStatus) is the whole
    truth about the queues that it names: who is not in it has gone."""

    def __init__(self) -> None:
        self._seats: dict[Seat, said.MemberState] = {}
        self._waiting: dict[Uniqueid, CallerWaiting] = {}
        self._states: dict[Interface, str] = {}
        self._listed: set[str] = set()
        self._listed_seats: set[Seat] = set()
        self._listed_callers: set[Uniqueid] = set()
        self._whole = False

    def feed(self, wire: Wire) -> list[Fact]:
        """The facts that follow from one thing Asterisk said."""
        handler = _HANDLERS.get(type(wire))
        return [] if handler is None else handler(self, wire)

    def link_up(self) -> None:
        """The next list names all queues that there are."""
        self._forget_list()
        self._whole = True

    def waiting(self) -> tuple[CallerWaiting, ...]:
        """Who stands in a queue now, the longest wait first."""
        return tuple(sorted(self._waiting.values(), key=lambda caller: caller.since))

    # --- members ---------------------------------------------------------------------------------

    def _on_member(self, wire: said.MemberState) -> list[Fact]:
        seat = (wire.queue, wire.interface)
        if wire.listed:
            self._listed_seats.add(seat)
        before = self._seats.get(seat)
        self._seats[seat] = wire
        facts = self._state(wire.at, wire.interface, wire.device_state)
        if before is None or _standing(before) != _standing(wire):
            facts.append(_seen(wire))
        elif before.paused != wire.paused or (wire.paused and before.reason != wire.reason):
            facts.append(_pause(wire))
        return facts

    def _on_member_gone(self, wire: said.MemberGone) -> list[Fact]:
        return self._remove((wire.queue, wire.interface), wire.at)

    def _remove(self, seat: Seat, at: datetime) -> list[Fact]:
        if self._seats.pop(seat, None) is None:
            return []
        return [MemberRemoved(at=at, queue=seat[0], interface=seat[1])]

    # --- callers ---------------------------------------------------------------------------------

    def _on_joined(self, wire: said.QueueJoined) -> list[Fact]:
        chan = wire.chan
        return self._wait(
            CallerWaiting(
                at=wire.at,
                queue=wire.queue,
                uniqueid=chan.uniqueid,
                position=wire.position,
                number=chan.number,
                name=chan.name,
                since=wire.at,
            )
        )

    def _on_entry(self, wire: said.EntryListed) -> list[Fact]:
        self._listed_callers.add(wire.uniqueid)
        known = self._waiting.get(wire.uniqueid)
        listed_since = wire.at - timedelta(seconds=wire.wait_seconds)
        return self._wait(
            CallerWaiting(
                at=wire.at,
                queue=wire.queue,
                uniqueid=wire.uniqueid,
                position=wire.position,
                number=wire.number,
                name=wire.name,
                since=known.since if known and known.queue == wire.queue else listed_since,
            )
        )

    def _wait(self, caller: CallerWaiting) -> list[Fact]:
        before = self._waiting.get(caller.uniqueid)
        self._waiting[caller.uniqueid] = caller
        if before is not None and before.queue == caller.queue:
            return [] if before.position == caller.position else [caller]
        gone: list[Fact] = [] if before is None else [_stopped(before, caller.at)]
        return [*gone, caller]

    def _on_left(self, wire: said.QueueLeft) -> list[Fact]:
        return self._stop(wire.chan.uniqueid, wire.at)

    def _on_gone(self, wire: said.ChannelGone) -> list[Fact]:
        return self._stop(wire.chan.uniqueid, wire.at)

    def _stop(self, uniqueid: Uniqueid, at: datetime) -> list[Fact]:
        caller = self._waiting.pop(uniqueid, None)
        return [] if caller is None else [_stopped(caller, at)]

    # --- phones ----------------------------------------------------------------------------------

    def _on_device(self, wire: said.DeviceState) -> list[Fact]:
        return self._state(wire.at, wire.interface, wire.state)

    def _state(self, at: datetime, interface: Interface, state: str) -> list[Fact]:
        if self._states.get(interface) == state:
            return []
        self._states[interface] = state
        return [PhoneStateChanged(at=at, interface=interface, state=state)]

    # --- lists -----------------------------------------------------------------------------------

    def _on_queue(self, wire: said.QueueListed) -> list[Fact]:
        self._listed.add(wire.queue)
        return []

    def _on_list_ended(self, wire: said.ListEnded) -> list[Fact]:
        if wire.name != QUEUES_END:
            return []
        facts: list[Fact] = []
        for seat in [seat for seat in self._seats if self._has_gone(seat[0])]:
            if seat not in self._listed_seats:
                facts += self._remove(seat, wire.at)
        for caller in [one for one in self._waiting.values() if self._has_gone(one.queue)]:
            if caller.uniqueid not in self._listed_callers:
                facts += self._stop(caller.uniqueid, wire.at)
        self._forget_list()
        return facts

    def _has_gone(self, queue: str) -> bool:
        """Whether the list spoke of this queue, so that its silence means something."""
        return self._whole or queue in self._listed

    def _forget_list(self) -> None:
        self._listed.clear()
        self._listed_seats.clear()
        self._listed_callers.clear()
        self._whole = False


def _standing(wire: said.MemberState) -> tuple[str, bool, int, bool]:
    """What of a seat is told by `MemberSeen` alone."""
    return wire.name, wire.in_call, wire.penalty, wire.dynamic


def _seen(wire: said.MemberState) -> Fact:
    return MemberSeen(
        at=wire.at,
        queue=wire.queue,
        interface=wire.interface,
        name=wire.name,
        paused=wire.paused,
        pause_reason=wire.reason,
        in_call=wire.in_call,
        penalty=wire.penalty,
        dynamic=wire.dynamic,
    )


def _pause(wire: said.MemberState) -> Fact:
    if not wire.paused:
        return MemberUnpaused(at=wire.at, queue=wire.queue, interface=wire.interface)
    return MemberPaused(at=wire.at, queue=wire.queue, interface=wire.interface, reason=wire.reason)


def _stopped(caller: CallerWaiting, at: datetime) -> Fact:
    return CallerStoppedWaiting(at=at, queue=caller.queue, uniqueid=caller.uniqueid)


_HANDLERS: Mapping[type[Wire], Callable[[QueueBoard, Any], list[Fact]]] = MappingProxyType(
    {
        said.MemberState: QueueBoard._on_member,
        said.MemberGone: QueueBoard._on_member_gone,
        said.QueueJoined: QueueBoard._on_joined,
        said.QueueLeft: QueueBoard._on_left,
        said.EntryListed: QueueBoard._on_entry,
        said.ChannelGone: QueueBoard._on_gone,
        said.DeviceState: QueueBoard._on_device,
        said.QueueListed: QueueBoard._on_queue,
        said.ListEnded: QueueBoard._on_list_ended,
    }
)
