"""The course of a talk: holds, handovers and the good-bye, as the call's story has them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from telephony.simulator.channels import Channel
from telephony.simulator.moods import Reply
from telephony.simulator.stories import Handover, Outgoing, Talk
from telephony.simulator.timetable import Appointment
from telephony.simulator.truth import Told

if TYPE_CHECKING:
    from telephony.simulator.exchange import Exchange

AFTER_HANDOVER_SECONDS = 20.0


class Script:
    """Makes people do during a call what its story says; stops when the call has gone."""

    def __init__(self, exchange: "Exchange") -> None:
        self.exchange = exchange
        self._talks: dict[int, Talk] = {}
        self._due: dict[int, list[Appointment]] = {}

    def expect(self, told: Told, talk: Talk) -> None:
        """How the talk of this conversation will go once it begins."""
        self._talks[id(told)] = talk

    def forget(self, told: Told) -> None:
        self._talks.pop(id(told), None)
        for appointment in self._due.pop(id(told), []):
            appointment.cancel()

    def begin(self, caller: Channel, leg: Channel) -> None:
        """Two people have begun to talk; a first talk follows its story, later ones are short."""
        told = caller.told
        talk = self._talks.pop(id(told), None)
        if talk is None:
            talk = Talk(AFTER_HANDOVER_SECONDS if told.transfers else 30.0)
        self.forget(told)
        self._end_after(talk, caller, leg)
        phone = self._phone(caller, leg)
        if phone is None:
            return
        if talk.hold is not None:
            hold = talk.hold
            self._after(told, hold.after_seconds, lambda: self.exchange.hold(phone))
            until = hold.after_seconds + hold.for_seconds
            self._after(told, until, lambda: self.exchange.unhold(phone))
        if talk.handover is not None:
            handover = talk.handover
            self._after(told, handover.after_seconds, lambda: self._hand_over(phone, handover))

    def resume(self, one: Channel, other: Channel) -> None:
        """The same people, or others, go on after parking."""
        self.forget(one.told)
        self._end_after(Talk(AFTER_HANDOVER_SECONDS), one, other)

    def _end_after(self, talk: Talk, one: Channel, other: Channel) -> None:
        def end() -> None:
            side = [each for each in (one, other) if self.exchange.side(each) == talk.ender]
            alive = [each for each in (*side, one, other) if not each.gone]
            if alive:
                self.exchange.put_down(alive[0])

        self._after(one.told, talk.seconds, end)

    def _phone(self, one: Channel, other: Channel) -> Channel | None:
        """The phone that acts: the one beside the outside party, or the called one."""
        phones = [each for each in (other, one) if self.exchange.side(each) == "agent"]
        return phones[0] if phones else None

    def _hand_over(self, phone: Channel, handover: Handover) -> None:
        exchange, transfers = self.exchange, self.exchange.transfers
        peer = phone.peer()
        if phone.gone or peer is None or peer.interface in exchange.phones or peer.local:
            return
        told = phone.told
        if f"PJSIP/{handover.to}" == phone.interface:
            return
        if handover.kind == "blind":
            transfers.blind(phone, handover.to)
        elif handover.kind == "parked":
            space = transfers.park(peer, parked_for=phone.interface)
            self._after(told, handover.consult_seconds, lambda: self._fetch(space, handover.to))
        else:
            transfers.consult(phone, handover.to)
            leave = transfers.cancel if handover.kind == "cancelled" else transfers.complete
            seconds = 4.5 if handover.kind == "blonde" else 15.0 + handover.consult_seconds
            self._after(told, seconds, lambda: leave(phone))

    def _fetch(self, space: str, extension: str) -> None:
        if space in self.exchange.parked:
            self.exchange.outgoing(extension, Outgoing(space, Reply("answer")))

    def _after(self, told: Told, seconds: float, do: Callable[[], object]) -> None:
        due = self._due.setdefault(id(told), [])
        due.append(self.exchange.timetable.after(seconds, do))
