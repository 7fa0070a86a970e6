"""Passing a call on: blind, by redirect, attended (through Local channels, as Atxfer), parking."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from telephony.simulator.channels import Bridge, Channel, State
from telephony.simulator.dialling import DialApp
from telephony.simulator.machines import PARKED_SECONDS, ParkedApp
from telephony.simulator.wire_format import Header

if TYPE_CHECKING:
    from telephony.simulator.exchange import Exchange

INSIDE = "from-internal"
FIRST_SPACE = 701
SURPRISE_SECONDS = 1.0  # until the transferer sees that his client has gone


@dataclass(slots=True, eq=False)
class Consultation:
    """The transferer asks `target` in `room` while `held` waits in `home`."""

    transferer: Channel
    held: Channel
    home: Bridge
    to: str
    room: Bridge | None = None
    one: Channel | None = None
    two: Channel | None = None
    target: Channel | None = None


class Transfers:
    def __init__(self, exchange: "Exchange") -> None:
        self.exchange = exchange
        self._open: list[Consultation] = []

    def holds(self, channel: Channel) -> bool:
        """Whether the channel waits alone for its transferer."""
        return any(each.held is channel for each in self._open)

    def _of(self, transferer: Channel) -> Consultation | None:
        return next((each for each in self._open if each.transferer is transferer), None)

    # -- at once -----------------------------------------------------------------------------

    def blind(self, transferer: Channel, exten: str) -> bool:
        """The peer of `transferer` goes to `exten`, the transferer out. False: nobody to send."""
        peer, bridge = transferer.peer(), transferer.bridge
        if peer is None or bridge is None or self._of(transferer) is not None:
            return False
        switch = self.exchange.switch
        if not transferer.on_hold:
            switch.say("Unhold", transferer.headers())
        self.exchange.unhold(transferer)
        target = [("IsExternal", "Yes"), ("Context", INSIDE), ("Extension", exten)]
        who = transferer.headers("Transferer") + peer.headers("Transferee")
        result = [("Result", "Success")]
        switch.say("BlindTransfer", result + who + bridge.headers() + target)
        self._note("blind", transferer, exten)
        self.exchange.complete_queue(transferer, "transfer")
        self._out(transferer)
        self._send(peer, exten)
        return True

    def redirect(self, channel: Channel, context: str, exten: str) -> None:
        """AMI Redirect: the channel goes elsewhere, whoever was with it is left and ends."""
        peer = channel.peer()
        if peer is not None:
            self._note("blind", peer, exten)
            self.exchange.complete_queue(channel, "transfer")
        app, channel.app = channel.app, None
        if app is not None:
            app.stop()
        if channel.bridge is not None:
            self.exchange.switch.leave(channel)
        if peer is not None:
            self._out(peer)
        self._send(channel, exten, context)

    def _note(self, kind: str, transferer: Channel, exten: str) -> None:
        phone = f"PJSIP/{exten}"
        to = phone if kind == "attended" and phone in self.exchange.phones else exten
        transferer.told.transfers.append((kind, transferer.interface, to))

    def _out(self, channel: Channel) -> None:
        """The channel leaves the conversation without ending it for the others."""
        channel.app = None
        channel.on_hold = False
        self.exchange.switch.leave(channel)
        self.exchange.switch.end(channel, 16)
        self.exchange.refresh(channel.told)

    def _send(self, channel: Channel, exten: str, context: str = INSIDE) -> None:
        if channel.gone:
            return
        channel.app = None
        channel.context, channel.exten, channel.priority = context, exten, 1
        self.exchange.switch.leave(channel)
        self.exchange.refresh(channel.told)
        self.exchange.enter(channel)

    # -- attended ----------------------------------------------------------------------------

    def consult(self, transferer: Channel, exten: str) -> bool:
        """Atxfer: the peer is held; once the number is keyed, `exten` rings. False: no peer."""
        peer, bridge = transferer.peer(), transferer.bridge
        if peer is None or bridge is None or self._of(transferer) is not None:
            return False
        consultation = Consultation(transferer, peer, bridge, exten)
        self._open.append(consultation)
        self.exchange.hold(transferer)
        self.exchange.timetable.after(
            self.exchange.plan.keying_seconds, lambda: self._dial(consultation)
        )
        return True

    def _dial(self, consultation: Consultation) -> None:
        transferer, switch = consultation.transferer, self.exchange.switch
        if consultation not in self._open or transferer.gone:
            return
        one, two = switch.create_locals(consultation.to, INSIDE, transferer)
        consultation.one, consultation.two = one, two
        consultation.room = room = switch.bridge()
        switch.caller_id(two, transferer.number, transferer.caller_name)
        switch.say("LocalBridge", self._locals(one, two, consultation.to))
        switch.connected_line(one, transferer)
        switch.enter(one, room)
        switch.leave(transferer)
        switch.enter(transferer, room)
        if f"PJSIP/{consultation.to}" in self.exchange.phones:
            target = f"PJSIP/{consultation.to}"
        elif self.exchange.is_inside(consultation.to):
            self._back(consultation)
            return
        else:
            target = f"PJSIP/{consultation.to}@trunk"
        DialApp(
            self.exchange,
            two,
            target,
            timeout_seconds=self.exchange.plan.ring_seconds,
            then=lambda status, cause: self._failed(consultation),
            rang=lambda leg: self._target_rings(consultation, leg),
            answered=lambda leg: self._target_answers(consultation, leg),
        ).start()

    def _locals(self, one: Channel, two: Channel, exten: str) -> list[Header]:
        where = [("Context", INSIDE), ("Exten", exten), ("LocalOptimization", "No")]
        return one.headers("LocalOne") + two.headers("LocalTwo") + where

    def _target_rings(self, consultation: Consultation, leg: Channel) -> None:
        consultation.target = leg
        assert consultation.one is not None
        self.exchange.switch.turn(consultation.one, State.RINGING)
        self.exchange.switch.caller_id(consultation.one, leg.number, leg.caller_name)

    def _target_answers(self, consultation: Consultation, leg: Channel) -> None:
        one, two, switch = consultation.one, consultation.two, self.exchange.switch
        assert one is not None
        assert two is not None
        consultation.target = leg
        switch.bridge(leg, two)
        switch.turn(one, State.UP)
        switch.dial_ended(None, one, "ANSWER")
        self.exchange.refresh(leg.told)
        if consultation not in self._open and not consultation.held.gone:  # completed before
            self.exchange.script.begin(consultation.held, leg)

    def _failed(self, consultation: Consultation) -> None:
        """The target cannot be had: back to the held party, or the end if the transferer left."""
        if consultation in self._open:
            self._back(consultation)
        elif consultation.two is not None:
            consultation.two.told.left_by("system")
            self.exchange.drop(consultation.two)

    def transferer_leaves(self, channel: Channel, *, far: bool) -> bool:
        """A transferer hangs up: that completes. True if it did, and the channel has gone."""
        consultation = self._of(channel)
        if consultation is None or consultation.one is None or consultation.held.gone:
            if consultation is not None:
                self._open.remove(consultation)
            return False
        if far:
            self.exchange.switch.asked_to_hang_up(channel, 16)
        self.complete(channel)
        return True

    def complete(self, transferer: Channel) -> bool:
        """The held party and the target are put together; the transferer is out."""
        consultation = self._of(transferer)
        if consultation is None or consultation.one is None or consultation.room is None:
            return False
        self._open.remove(consultation)
        switch, one, room = self.exchange.switch, consultation.one, consultation.room
        held, home = consultation.held, consultation.home
        switch.say("BridgeMerge", home.headers("To") + room.headers("From"))
        switch.leave(one)
        switch.enter(one, home)
        switch.connected_line(held, one)
        switch.connected_line(one, held)
        switch.say("AttendedTransfer", self._completed(consultation))
        self._note("attended", transferer, consultation.to)
        self.exchange.complete_queue(held, "transfer")
        if held.app is not None:
            held.app = None
        self._out(transferer)
        self.exchange.refresh(held.told)
        target = consultation.target
        if target is not None and target.state is State.UP:
            self.exchange.script.begin(held, target)
        return True

    def _completed(self, consultation: Consultation) -> list[Header]:
        transferer, one = consultation.transferer, consultation.one
        assert one is not None
        assert consultation.room is not None
        return [
            ("Result", "Success"),
            *transferer.headers("OrigTransferer"),
            *consultation.home.headers("Orig"),
            *transferer.headers("SecondTransferer"),
            *consultation.room.headers("Second"),
            *consultation.held.headers("Transferee"),
            *one.headers("TransferTarget"),
            ("IsExternal", "No"),
            ("DestType", "Bridge"),
            ("DestBridgeUniqueid", consultation.home.uniqueid),
        ]

    def cancel(self, transferer: Channel) -> bool:
        """CancelAtxfer: the target is dropped, the transferer is back with the held party."""
        consultation = self._of(transferer)
        if consultation is None:
            return False
        self._back(consultation)
        return True

    def _back(self, consultation: Consultation) -> None:
        if consultation not in self._open:
            return
        self._open.remove(consultation)
        transferer, switch = consultation.transferer, self.exchange.switch
        if consultation.room is not None and not consultation.held.gone:
            switch.leave(transferer)
            switch.enter(transferer, consultation.home)
        self.exchange.unhold(transferer)
        if consultation.target is not None:
            transferer.told.offer_ended(consultation.target.interface, "no_answer")
        if consultation.one is not None:
            self.exchange.drop(consultation.one)
        self.exchange.refresh(transferer.told)

    def channel_gone(self, channel: Channel) -> None:
        """Somebody of an open consultation has gone: the rest is put in order."""
        for consultation in tuple(self._open):
            if channel in (consultation.target, consultation.one, consultation.two):
                self._back(consultation)
            elif channel is consultation.held:
                self._open.remove(consultation)
                transferer = consultation.transferer
                transferer.on_hold = False
                if not transferer.gone:
                    hang_up = partial(self.exchange.put_down, transferer)
                    self.exchange.timetable.after(SURPRISE_SECONDS, hang_up)

    # -- parking -----------------------------------------------------------------------------

    def park(self, channel: Channel, *, parked_for: str, seconds: float = PARKED_SECONDS) -> str:
        """Put the channel into a free space, whose number is returned; its peer goes."""
        exchange, switch = self.exchange, self.exchange.switch
        space = next(
            str(number)
            for number in range(FIRST_SPACE, FIRST_SPACE + 10_000)
            if str(number) not in exchange.parked
        )
        peer = channel.peer()
        exchange.complete_queue(channel, "transfer")
        app, channel.app = channel.app, None
        if app is not None:
            app.stop()
        exchange.parking_bridge()
        switch.leave(channel)
        ParkedApp(exchange, channel, space, parked_for, seconds).start()
        if peer is not None:
            peer.app = None
            exchange.timetable.after(0.002, lambda: self._leave_parker(peer))
        exchange.script.forget(channel.told)
        exchange.refresh(channel.told)
        return space

    def _leave_parker(self, peer: Channel) -> None:
        if not peer.gone and peer.peer() is None:
            self._out(peer)
