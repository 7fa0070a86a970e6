"""Dial: one channel rings one other until it answers, refuses, or the time is up."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from telephony.simulator.channels import Channel, State
from telephony.simulator.moods import Reply
from telephony.simulator.timetable import Appointment

if TYPE_CHECKING:
    from telephony.simulator.exchange import Exchange

_DIAL_END_OF_CAUSE = {17: "BUSY", 34: "CONGESTION"}
"""What DialEnd says; DIALSTATUS knows more."""
_STATUS_OF_CAUSE = {**_DIAL_END_OF_CAUSE, 1: "CHANUNAVAIL", 21: "CHANUNAVAIL"}
_OUTCOME = {
    "BUSY": "busy",
    "NOANSWER": "no_answer",
    "CONGESTION": "congestion",
    "CHANUNAVAIL": "failed",
}
_RESULT_OF_CAUSE = {17: "busy", 21: "refused", 26: "answered_elsewhere"}
_VARIABLES = (
    "DIALSTATUS",
    "DIALEDPEERNUMBER",
    "DIALEDPEERNAME",
    "ANSWEREDTIME",
    "ANSWEREDTIME_MS",
    "DIALEDTIME",
    "DIALEDTIME_MS",
    "RINGTIME",
    "RINGTIME_MS",
)


def result_of(cause: int) -> str:
    """The word of `OfferResult` for a refusal's cause."""
    return _RESULT_OF_CAUSE.get(cause, "failed")


class DialApp:
    """`caller` dials `target` (`PJSIP/101`, or `PJSIP/7916...@trunk`).

    `then` is given the DIALSTATUS and cause of a dial that nobody answered; `rang` and `answered`
    tell a consulting transfer how it goes.
    """

    def __init__(
        self,
        exchange: "Exchange",
        caller: Channel,
        target: str,
        *,
        timeout_seconds: float,
        then: Callable[[str, int], None],
        reply: Reply | None = None,
        rang: Callable[[Channel], None] | None = None,
        answered: Callable[[Channel], None] | None = None,
    ) -> None:
        self.exchange, self.caller, self.target = exchange, caller, target
        self.timeout_seconds, self.then, self.reply = timeout_seconds, then, reply
        self.rang, self.answered = rang, answered
        self.leg: Channel | None = None
        self._timer: Appointment | None = None
        self._refused_by = "system"
        self._number, at, trunk = target.partition("/")[2].partition("@")
        self._interface = f"PJSIP/{trunk}" if at else target
        self._outside = bool(at)

    def start(self) -> None:
        """Make the leg and ring it. The phone itself says what becomes of it."""
        switch, caller = self.exchange.switch, self.caller
        caller.app = self
        switch.execute(caller, "Dial", f"{self.target},{self.timeout_seconds:.0f},tT")
        for name in _VARIABLES:
            switch.variable(caller, name)
        busy = not self._outside and switch.of_interface(self._interface)
        self.leg = leg = self._make_leg()
        switch.dial_began(caller, leg, self.target.partition("/")[2])
        if not caller.local or self._outside:
            switch.connected_line(caller, leg)
        if not self._outside:
            caller.told.offered(leg.interface, switch.timetable.now)
        self._timer = switch.timetable.after(self.timeout_seconds, self._timed_out)
        self._let_ring(leg, Reply("busy", 0.05) if busy else self.reply)

    def _make_leg(self) -> Channel:
        switch, caller = self.exchange.switch, self.caller
        leg = switch.create(
            self._interface,
            caller.told,
            context="from-trunk" if self._outside else "from-internal",
            exten="s",
            linkedid=caller.linkedid,
            number="" if self._outside else self._number,
            caller_name="" if self._outside else self.exchange.name_of(self._interface),
        )
        leg.exten, leg.ringer = caller.exten, self
        switch.variable(leg, "DIALEDPEERNUMBER", self.target.partition("/")[2])
        if self._outside:
            switch.caller_id(leg, self._number, "")
        switch.execute(leg, "AppDial", "(Outgoing Line)")
        switch.connected_line(leg, caller)
        return leg

    def _let_ring(self, leg: Channel, reply: Reply | None) -> None:
        if reply is None:
            reply = self.exchange.reply_of(leg)
        if reply.doing not in ("busy", "unreachable"):
            self.exchange.switch.dial_rings(self.caller, leg)
            self.exchange.switch.variable(self.caller, "RINGTIME_MS", "3")
            if self.rang is not None:
                self.rang(leg)
        self.exchange.obey(leg, reply)

    def leg_answered(self, leg: Channel) -> None:
        switch, caller = self.exchange.switch, self.caller
        self._settle(leg)
        switch.turn(leg, State.UP)
        leg.exten = ""
        switch.dial_ended(caller, leg, "ANSWER")
        caller.told.offer_ended(leg.interface, "answered")
        switch.turn(caller, State.UP)
        switch.variable(caller, "DIALSTATUS", "ANSWER")
        switch.execute(leg, "AppDial", "(Outgoing Line)")
        if self.answered is not None:
            self.answered(leg)
        else:
            switch.bridge(leg, caller)
            self.exchange.talk_begins(caller, leg)

    def leg_refused(self, leg: Channel, cause: int) -> None:
        switch = self.exchange.switch
        self._settle(leg)
        status = _STATUS_OF_CAUSE.get(cause, "NOANSWER")
        switch.asked_to_hang_up(leg, cause)
        switch.dial_ended(self.caller, leg, _DIAL_END_OF_CAUSE.get(cause, "NOANSWER"))
        self.caller.told.offer_ended(leg.interface, result_of(cause))
        if status != "CONGESTION":
            self._refused_by = "client" if self._outside else "agent"
        self._finish(leg, status, cause, cause)

    def _timed_out(self) -> None:
        leg = self.leg
        assert leg is not None
        self._settle(leg)
        self.exchange.switch.dial_ended(self.caller, leg, "NOANSWER")
        self.caller.told.offer_ended(leg.interface, "no_answer")
        self._finish(leg, "NOANSWER", 0, 16)

    def _finish(self, leg: Channel, status: str, leg_cause: int, cause: int) -> None:
        switch, caller = self.exchange.switch, self.caller
        switch.variable(caller, "DIALSTATUS", status)
        caller.told.turned_out(_OUTCOME[status])
        if not (caller.local or caller.told.answered_by):
            caller.told.left_by(self._refused_by)
        caller.app = None
        switch.end(leg, leg_cause)
        caller.priority += 1
        self.then(status, cause)

    def stop(self) -> None:
        """The caller left. A leg that still rings is cancelled; one that talks is not ours."""
        leg = self.leg
        if leg is None or leg.gone or leg.ringer is not self:
            return
        self._settle(leg)
        switch = self.exchange.switch
        switch.dial_ended(self.caller, leg, "CANCEL")
        switch.variable(self.caller, "DIALSTATUS", "CANCEL")
        self.caller.told.offer_ended(leg.interface, "abandoned")
        switch.end(leg, 127)

    def _settle(self, leg: Channel) -> None:
        leg.ringer = None
        if self._timer is not None:
            self._timer.cancel()
