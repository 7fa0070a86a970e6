"""Callers alone with a machine: the menu, the mailbox, the parking space."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from telephony.simulator.channels import Channel, State
from telephony.simulator.timetable import Appointment
from telephony.simulator.wire_format import Header

if TYPE_CHECKING:
    from telephony.simulator.exchange import Exchange

MESSAGE_SECONDS = 12.0
PARKED_SECONDS = 45


class MenuApp:
    """An answered menu; after `seconds` the caller has chosen and `then` is called."""

    def __init__(
        self, exchange: "Exchange", caller: Channel, seconds: float, then: Callable[[], None]
    ) -> None:
        self.exchange, self.caller, self.seconds, self.then = exchange, caller, seconds, then
        self._timer: Appointment | None = None

    def start(self) -> None:
        self.caller.app = self
        switch = self.exchange.switch
        switch.execute(self.caller, "Answer", "")
        switch.turn(self.caller, State.UP)
        switch.execute(self.caller, "BackGround", "office-menu")
        self.caller.told.turned_out("abandoned")
        self._timer = switch.timetable.after(self.seconds, self._chosen)

    def _chosen(self) -> None:
        self.caller.app = None
        self.caller.priority += 1
        self.then()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class VoiceMailApp:
    """A mailbox: greeting, message, and the caller hangs up when he has spoken."""

    def __init__(self, exchange: "Exchange", caller: Channel) -> None:
        self.exchange, self.caller = exchange, caller
        self._timer: Appointment | None = None

    def start(self) -> None:
        self.caller.app = self
        switch = self.exchange.switch
        switch.execute(self.caller, "VoiceMail", "100@default,us")
        switch.turn(self.caller, State.UP)
        self.caller.told.turned_out("voicemail")
        self._timer = switch.timetable.after(MESSAGE_SECONDS, self._spoken)

    def _spoken(self) -> None:
        self.exchange.put_down(self.caller)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        waiting = [("Mailbox", "100@default"), ("Waiting", "1"), ("New", "1"), ("Old", "0")]
        self.exchange.switch.say("MessageWaiting", self.caller.headers() + waiting)
        self.exchange.switch.variable(self.caller, "VMSTATUS", "SUCCESS")


class ParkedApp:
    """A channel in a parking space until it is fetched, gives up, or rings back."""

    def __init__(
        self, exchange: "Exchange", caller: Channel, space: str, parked_for: str, seconds: float
    ) -> None:
        self.exchange, self.caller, self.space = exchange, caller, space
        self.parked_for, self.seconds = parked_for, seconds
        self._since = exchange.switch.timetable.now
        self._timer: Appointment | None = None

    def start(self) -> None:
        switch = self.exchange.switch
        self.caller.app = self
        self.exchange.parked[self.space] = self
        switch.say("ParkedCall", self.headers())
        switch.enter(self.caller, self.exchange.parking_bridge())
        self._timer = switch.timetable.after(self.seconds, self._rings_back)

    def headers(self, retriever: Sequence[Header] = ()) -> list[Header]:
        duration = int((self.exchange.switch.timetable.now - self._since).total_seconds())
        return [
            *self.caller.headers("Parkee"),
            *retriever,
            ("ParkerDialString", self.parked_for),
            ("Parkinglot", "default"),
            ("ParkingSpace", self.space),
            ("ParkingTimeout", str(max(0, int(self.seconds) - duration))),
            ("ParkingDuration", str(duration)),
        ]

    def fetched(self, by: Channel) -> None:
        """`by` dialled the space: the two are bridged."""
        switch = self.exchange.switch
        self._release()
        switch.say("UnParkedCall", self.headers(by.headers("Retriever")))
        switch.leave(self.caller)
        self.exchange.join(self.caller, by)
        switch.bridge(self.caller, by)
        switch.connected_line(by, self.caller)
        switch.connected_line(self.caller, by)
        self.exchange.talk_resumes(self.caller, by)

    def _rings_back(self) -> None:
        self._release()
        switch = self.exchange.switch
        switch.say("ParkedCallTimeOut", self.headers())
        switch.leave(self.caller)
        self.exchange.refresh(self.caller.told)
        self.exchange.dial_phone(self.caller, self.parked_for)

    def stop(self) -> None:
        """Hung up or sent elsewhere while parked."""
        if self._release():
            self.exchange.switch.say("ParkedCallGiveUp", self.headers())

    def _release(self) -> bool:
        if self._timer is not None:
            self._timer.cancel()
        self.caller.app = None
        return self.exchange.parked.pop(self.space, None) is not None
