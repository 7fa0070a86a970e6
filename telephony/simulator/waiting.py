"""Queue: a caller waits, members are rung by the queue's strategy, one of them answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from telephony.simulator.channels import Channel, State
from telephony.simulator.dialling import result_of
from telephony.simulator.members import Member, Queue
from telephony.simulator.timetable import Appointment
from telephony.simulator.wire_format import Header

if TYPE_CHECKING:
    from telephony.simulator.exchange import Exchange

_VARIABLES = ("ANSWEREDTIME", "ANSWEREDTIME_MS", "DIALEDTIME", "DIALEDTIME_MS", "QUEUEWAIT")


@dataclass(slots=True, eq=False)
class Rung:
    member: Member
    leg: Channel
    since: datetime


@dataclass(slots=True, eq=False)
class Served:
    """A caller of a queue with the member who took him, until one of them goes."""

    queue: Queue
    member: Member
    leg: Channel
    hold_seconds: int
    since: datetime


class QueueApp:
    """`caller` in `queue`; `then` when nobody took him within `timeout_seconds`."""

    def __init__(
        self,
        exchange: "Exchange",
        caller: Channel,
        queue: Queue,
        *,
        timeout_seconds: float,
        then: Callable[[], None],
    ) -> None:
        self.exchange, self.caller, self.queue, self.then = exchange, caller, queue, then
        self.switch, self.members = exchange.switch, exchange.members
        self.timeout_seconds = timeout_seconds
        self.rung: list[Rung] = []
        self.joined_at = self.switch.timetable.now
        self.original_position = 0
        self.served: Served | None = None
        self._timers: list[Appointment] = []

    @property
    def position(self) -> int:
        return self.queue.waiting.index(self) + 1

    def start(self) -> None:
        caller, queue = self.caller, self.queue
        caller.app = self
        caller.told.queue = queue.name
        self.switch.execute(caller, "Queue", f"{queue.name},tT,,,{self.timeout_seconds:.0f}")
        for name in _VARIABLES:
            self.switch.variable(caller, name)
        queue.waiting.append(self)
        self.original_position = self.position
        self._tell_device()
        count = str(len(queue.waiting))
        self._say("QueueCallerJoin", [("Position", str(self.position)), ("Count", count)])
        self.switch.say("MusicOnHoldStart", [*caller.headers(), ("Class", "default")])
        self._timers.append(self.switch.timetable.after(self.timeout_seconds, self._gave_up))
        self._ring_somebody()

    def _ring_somebody(self) -> None:
        """Ring who may be rung if it is this caller's turn; else try again a little later."""
        if self.served is not None or self.caller.gone or self not in self.queue.waiting:
            return
        ahead = self.queue.waiting[: self.queue.waiting.index(self)]
        free = [] if any(not app.rung for app in ahead) else self.members.available(self.queue)
        if not free:
            self._later(self.queue.retry_seconds, self._ring_somebody)
            return
        chosen = free if self.queue.strategy == "ringall" else [self._next(free)]
        now = self.switch.timetable.now
        self.rung = [Rung(member, self._make_leg(member), now) for member in chosen]
        for rung in self.rung:
            self._announce(rung)
        self._later(self.queue.timeout_seconds, self._ring_timed_out)
        for rung in tuple(self.rung):
            self.exchange.obey(rung.leg, self.exchange.reply_of(rung.leg))

    def _next(self, free: list[Member]) -> Member:
        """Round robin with memory: the first free one at or after the turn."""
        order = list(self.queue.members.values())
        turn = self.queue.turn % len(order)
        chosen = next(member for member in order[turn:] + order[:turn] if member in free)
        self.queue.turn = order.index(chosen) + 1
        return chosen

    def _make_leg(self, member: Member) -> Channel:
        leg = self.switch.create(
            member.interface,
            self.caller.told,
            context="from-internal",
            exten="s",
            linkedid=self.caller.linkedid,
            number=member.interface.partition("/")[2],
            caller_name=self.exchange.name_of(member.interface),
        )
        leg.ringer = self
        return leg

    def _announce(self, rung: Rung) -> None:
        caller, leg = self.caller, rung.leg
        self.switch.variable(leg, "DIALEDPEERNUMBER", leg.number)
        leg.connected_number, leg.connected_name = caller.number, caller.caller_name
        leg.exten = caller.exten
        self._say("AgentCalled", self._member(rung.member), leg)
        self.switch.dial_began(caller, leg, rung.member.interface)
        if self.queue.strategy != "ringall":
            self.switch.connected_line(caller, leg)
        caller.told.offered(leg.interface, self.switch.timetable.now)
        self.switch.turn(leg, State.RINGING)
        self.switch.execute(leg, "AppQueue", "(Outgoing Line)")
        self.switch.connected_line(leg, caller)
        self.switch.dial_rings(caller, leg)

    def leg_answered(self, leg: Channel) -> None:
        """The call is this member's; the others' phones fall silent."""
        caller, told = self.caller, self.caller.told
        winner = next(rung for rung in self.rung if rung.leg is leg)
        losers = [rung for rung in self.rung if rung.leg is not leg]
        self._clear()
        self.switch.turn(leg, State.UP)
        self.switch.dial_ended(caller, leg, "ANSWER")
        told.offer_ended(leg.interface, "answered")
        for rung in losers:
            self.switch.dial_ended(caller, rung.leg, "CANCEL")
        self.switch.connected_line(caller, leg)
        self._connect(winner)
        self.switch.turn(caller, State.UP)
        for rung in losers:
            told.offer_ended(rung.leg.interface, "answered_elsewhere")
            self.switch.dial_ended(caller, rung.leg, "CANCEL")
            self.switch.end(rung.leg, 26)
        self.switch.bridge(leg, caller)
        self.exchange.talk_begins(caller, leg)

    def _connect(self, winner: Rung) -> None:
        now = self.switch.timetable.now
        hold = round((now - self.joined_at).total_seconds())
        ring = int((now - winner.since).total_seconds())
        self._leave_queue()
        times = [("HoldTime", str(hold)), ("RingTime", str(ring))]
        self._say("AgentConnect", self._member(winner.member) + times, winner.leg)
        winner.member.in_call = True
        self.queue.hold_time = round((self.queue.hold_time * 3 + hold) / 4)
        self.served = Served(self.queue, winner.member, winner.leg, hold, now)

    def leg_refused(self, leg: Channel, cause: int) -> None:
        """One member declined; if nobody rings any more the next round begins at once."""
        rung = next(rung for rung in self.rung if rung.leg is leg)
        self.rung.remove(rung)
        leg.ringer = None
        self.switch.asked_to_hang_up(leg, cause)
        self.switch.dial_ended(self.caller, leg, "BUSY" if cause == 17 else "NOANSWER")
        self._ring_no_answer(rung)
        self.caller.told.offer_ended(leg.interface, result_of(cause))
        self.switch.end(leg, cause)
        if not self.rung:
            self._clear(keep_deadline=True)
            self._later(0.5, self._ring_somebody)

    def _ring_timed_out(self) -> None:
        self._silence("no_answer")
        self._later(self.queue.retry_seconds, self._ring_somebody)

    def _silence(self, result: str) -> None:
        """All phones stop ringing."""
        for rung in tuple(self.rung):
            if result == "no_answer":
                self._ring_no_answer(rung)
            self.switch.dial_ended(
                self.caller, rung.leg, "NOANSWER" if result == "no_answer" else "CANCEL"
            )
            self.switch.dial_ended(self.caller, rung.leg, "CANCEL")
            self.caller.told.offer_ended(rung.leg.interface, result)
            rung.leg.ringer = None
            self.switch.end(rung.leg, 0)
        self.rung = []

    def _ring_no_answer(self, rung: Rung) -> None:
        seconds = (self.switch.timetable.now - rung.since).total_seconds()
        ring_time = ("RingTime", str(round(seconds) * 1000))
        self._say("AgentRingNoAnswer", [*self._member(rung.member), ring_time], rung.leg)

    def _gave_up(self) -> None:
        """The caller's time in the queue is up: on to what the dialplan says next."""
        self._silence("no_answer")
        self._abandoned()
        self.switch.variable(self.caller, "QUEUESTATUS", "TIMEOUT")
        self._clear()
        self.caller.app = None
        self.caller.told.turned_out("no_answer")
        self.caller.priority += 1
        self.then()

    def stop(self) -> None:
        """The caller hung up or was sent elsewhere while he waited."""
        if self.served is None and self in self.queue.waiting:
            self._silence("abandoned")
            self._abandoned()
            self._clear()

    def _abandoned(self) -> None:
        hold = str(round((self.switch.timetable.now - self.joined_at).total_seconds()))
        where = [
            ("Position", str(self.position)),
            ("OriginalPosition", str(self.original_position)),
            ("HoldTime", hold),
        ]
        self.switch.variable(self.caller, "ABANDONED", "TRUE")
        self._say("QueueCallerAbandon", where)
        self.queue.abandoned += 1
        self._leave_queue()

    def _leave_queue(self) -> None:
        position = self.position
        self.switch.say("MusicOnHoldStop", self.caller.headers())
        self.queue.waiting.remove(self)
        self._tell_device()
        count = str(len(self.queue.waiting))
        self._say("QueueCallerLeave", [("Position", str(position)), ("Count", count)])

    def complete(self, reason: str) -> None:
        """The talk with the member is over; once. `reason`: caller, agent or transfer."""
        served, self.served = self.served, None
        if served is None:
            return
        talk = int((self.switch.timetable.now - served.since).total_seconds())
        said = [
            *self._member(served.member),
            ("HoldTime", str(served.hold_seconds)),
            ("TalkTime", str(talk)),
            ("Reason", reason),
        ]
        self._say("AgentComplete", said, served.leg)
        self.members.took_call(served.queue, served.member.interface)

    def _member(self, member: Member) -> list[Header]:
        return [("Interface", member.interface), ("MemberName", member.name)]

    def _say(self, name: str, extra: list[Header], leg: Channel | None = None) -> None:
        dest = [] if leg is None else leg.headers("Dest")
        queue = ("Queue", self.queue.name)
        self.switch.say(name, [*self.caller.headers(), *dest, queue, *extra])

    def _tell_device(self) -> None:
        state = "RINGING" if self.queue.waiting else "NOT_INUSE"
        device = f"Queue:{self.queue.name}"
        self.switch.say("DeviceStateChange", [("Device", device), ("State", state)])

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        self._timers.append(self.switch.timetable.after(seconds, do))

    def _clear(self, *, keep_deadline: bool = False) -> None:
        """Forget the timers and, unless only the round is over, the caller's deadline."""
        first = 1 if keep_deadline else 0
        for timer in self._timers[first:]:
            timer.cancel()
        del self._timers[first:]
        for rung in self.rung:
            rung.leg.ringer = None
        self.rung = []
