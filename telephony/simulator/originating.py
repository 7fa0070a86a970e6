"""Click-to-call: AMI Originate rings a phone and, when it answers, sends it on."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from telephony.simulator.channels import Channel, State
from telephony.simulator.exchange import INSIDE
from telephony.simulator.timetable import Appointment
from telephony.simulator.wire_format import Header

if TYPE_CHECKING:
    from telephony.simulator.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Order:
    """One Originate: either to `exten` in `context`, or to `application`(`data`)."""

    interface: str
    action_id: str = ""
    channel_id: str = ""
    context: str = INSIDE
    exten: str = ""
    application: str = ""
    data: str = ""
    timeout_seconds: float = 30.0
    caller_number: str = ""
    caller_name: str = ""
    variables: tuple[tuple[str, str], ...] = field(default=())

    def dialled(self) -> str:
        """The number that is meant to be reached in the end; of a parked call its space."""
        if self.application == "Dial":
            return self.data.partition(",")[0].partition("/")[2].partition("@")[0]
        if self.application == "ParkedCall":
            return self.data.partition(",")[2]
        return self.exten


class Originating:
    """A Ringer for one order."""

    def __init__(self, exchange: "Exchange", order: Order) -> None:
        self.exchange, self.order = exchange, order
        self._timer: Appointment | None = None

    def start(self) -> None:
        """Ring the phone; a channel id that is taken dials nothing, as in Asterisk."""
        exchange, order, switch = self.exchange, self.order, self.exchange.switch
        living = [each.uniqueid for each in switch.channels.values()]
        if order.channel_id and order.channel_id in living:
            self._respond("Failure", 0, order.interface, order.channel_id)
            return
        if order.interface not in exchange.phones:
            self._respond("Failure", 0, order.interface, "<null>")
            return
        told = exchange.open_originated(order.interface, order.dialled())
        busy = bool(switch.of_interface(order.interface))
        leg = switch.create(
            order.interface,
            told,
            context=INSIDE,
            exten="s",
            number=order.interface.partition("/")[2],
            caller_name=exchange.name_of(order.interface),
            uniqueid=order.channel_id,
        )
        self._describe(leg)
        leg.ringer = self
        switch.dial_began(None, leg, order.interface.partition("/")[2])
        if busy:
            exchange.timetable.after(0.05, lambda: self.leg_refused(leg, 17))
            return
        switch.dial_rings(None, leg)
        self._timer = exchange.timetable.after(order.timeout_seconds, lambda: self._late(leg))
        exchange.obey(leg, exchange.reply_of(leg))

    def _describe(self, leg: Channel) -> None:
        switch, order = self.exchange.switch, self.order
        for name, value in order.variables:
            if name == "CONNECTEDLINE(num,i)":
                leg.connected_number = value
            elif name == "CONNECTEDLINE(name,i)":
                leg.connected_name = value
            elif name == "CALLERID(num)":
                leg.number = value
            else:
                switch.variable(leg, name, value)
        switch.execute(leg, "AppDial2", "(Outgoing Line)")
        if order.caller_number:
            switch.caller_id(leg, order.caller_number, order.caller_name)
            leg.connected_number, leg.connected_name = order.caller_number, order.caller_name
        switch.say("NewConnectedLine", leg.headers())

    def leg_answered(self, leg: Channel) -> None:
        exchange, order, switch = self.exchange, self.order, self.exchange.switch
        self._settle(leg)
        switch.turn(leg, State.UP)
        switch.dial_ended(None, leg, "ANSWER")
        leg.context, leg.exten = order.context, order.exten or "s"
        self._respond("Success", 4, leg.name, leg.uniqueid)
        if order.application == "ParkedCall":
            self._fetch(leg)
        elif order.application == "Dial":
            leg.exten = order.dialled()
            exchange.enter(leg)
        elif order.application:
            exchange.hang_up(leg, who="system")
        else:
            exchange.enter(leg)

    def _fetch(self, leg: Channel) -> None:
        parked = self.exchange.parked.get(self.order.dialled())
        if parked is None:
            self.exchange.hang_up(leg, who="system")
        else:
            self.exchange.switch.execute(leg, "ParkedCall", self.order.data)
            parked.fetched(leg)

    def leg_refused(self, leg: Channel, cause: int) -> None:
        if leg.gone:
            return
        self._settle(leg)
        switch = self.exchange.switch
        switch.asked_to_hang_up(leg, cause)
        switch.dial_ended(None, leg, "BUSY" if cause == 17 else "NOANSWER")
        self._fail(leg, 0, cause)

    def _late(self, leg: Channel) -> None:
        if not leg.gone and leg.ringer is self:
            self._settle(leg)
            self._fail(leg, 3, 19)

    def _fail(self, leg: Channel, reason: int, cause: int) -> None:
        leg.told.turned_out("no_answer")
        leg.told.left_by("agent" if cause == 21 else "system")
        self._respond("Failure", reason, self.order.interface, leg.uniqueid, leg)
        self.exchange.switch.end(leg, cause)

    def _settle(self, leg: Channel) -> None:
        leg.ringer = None
        if self._timer is not None:
            self._timer.cancel()

    def _respond(
        self, word: str, reason: int, channel: str, uniqueid: str, leg: Channel | None = None
    ) -> None:
        order = self.order
        target: list[Header] = [("Context", order.context), ("Exten", order.exten)]
        if order.application:
            target = [("Application", order.application), ("Data", order.data)]
        head = [("ActionID", order.action_id)] if order.action_id else []
        self.exchange.switch.say(
            "OriginateResponse",
            [
                *head,
                ("Response", word),
                ("Channel", channel),
                *target,
                ("Reason", str(reason)),
                ("Uniqueid", uniqueid),
                ("CallerIDNum", order.caller_number or (leg.number if leg else "<unknown>")),
                ("CallerIDName", order.caller_name or "<unknown>"),
            ],
        )
