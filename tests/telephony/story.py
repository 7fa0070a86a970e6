"""Small builders of AMI events: a story told line by line, and what the tracker makes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from telephony.events import CallEnded, CallRecord, Fact
from telephony.phones import phones_matching
from telephony.stream import AmiMessage
from telephony.tracker import CallTracker
from telephony.wire import parse

F = TypeVar("F", bound=Fact)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class Line:
    """A channel of the story."""

    uniqueid: str
    channel: str
    linkedid: str
    state: int
    number: str = ""
    name: str = ""
    exten: str = ""
    context: str = "from-internal"

    def headers(self, prefix: str = "") -> dict[str, str]:
        return {
            f"{prefix}uniqueid": self.uniqueid,
            f"{prefix}channel": self.channel,
            f"{prefix}linkedid": self.linkedid,
            f"{prefix}channelstate": str(self.state),
            f"{prefix}calleridnum": self.number or "<unknown>",
            f"{prefix}calleridname": self.name or "<unknown>",
            f"{prefix}context": self.context,
            f"{prefix}exten": self.exten,
        }


class Story:
    """Time stands still unless `wait` is called; everything said goes through the tracker."""

    def __init__(self, is_phone: Callable[[str], bool] | None = None) -> None:
        self.now = NOON
        self.tracker = CallTracker(is_phone or phones_matching(r"\d{2,5}"))
        self.facts: list[Fact] = []
        self._serial = 0

    def wait(self, seconds: float) -> "Story":
        self.now += timedelta(seconds=seconds)
        return self

    def say(self, name: str, *lines: dict[str, str], **headers: str) -> list[Fact]:
        """One event; the facts that follow."""
        merged = {key: value for line in lines for key, value in line.items()} | headers
        wire = parse(AmiMessage(name, merged, self.now, self.now))
        facts = [] if wire is None else self.tracker.feed(wire)
        self.facts += facts
        return facts

    def born(
        self,
        interface: str,
        *,
        exten: str = "s",
        number: str = "",
        name: str = "",
        state: int = 0,
        of: Line | None = None,
        suffix: str = "",
    ) -> Line:
        """A new channel: of a call of its own, or of the call of another."""
        self._serial += 1
        uniqueid = f"1795305600.{self._serial}"
        channel = f"{interface}-{self._serial:08x}{suffix}"
        linkedid = of.linkedid if of else uniqueid
        line = Line(uniqueid, channel, linkedid, state, number, name, exten)
        self.say("Newchannel", line.headers())
        return line

    def rings_in(self, number: str = "79161234567", exten: str = "74951000101") -> Line:
        """A client's call comes in."""
        return self.born("PJSIP/provider", number=number, exten=exten, state=4)

    def dials_out(self, interface: str = "PJSIP/101", exten: str = "79161234567") -> Line:
        """A phone of ours is off the hook and has dialled."""
        return self.born(interface, exten=exten, state=4, number="101")

    def dials(self, source: Line | None, interface: str, number: str = "") -> Line:
        """Somebody, or the exchange itself, rings an interface."""
        line = self.born(interface, of=source)
        headers = source.headers() if source else {}
        self.say("DialBegin", headers, line.headers("dest"), dialstring=number or interface[6:])
        return line

    def up(self, line: Line) -> None:
        line.state = 6
        self.say("Newstate", line.headers())

    def answers(self, source: Line, line: Line) -> None:
        self.up(line)
        self.say("DialEnd", source.headers(), line.headers("dest"), dialstatus="ANSWER")

    def bridged(self, *lines: Line, bridge: str = "b1", technology: str = "simple_bridge") -> None:
        for line in lines:
            self.say(
                "BridgeEnter",
                line.headers(),
                bridgeuniqueid=bridge,
                bridgetechnology=technology,
            )

    def unbridged(self, *lines: Line, bridge: str = "b1") -> None:
        for line in lines:
            self.say("BridgeLeave", line.headers(), bridgeuniqueid=bridge)

    def quits(self, line: Line) -> None:
        """The far end of the line hangs up."""
        self.say("HangupRequest", line.headers())

    def gone(self, *lines: Line, cause: int = 16) -> None:
        for line in lines:
            self.say("Hangup", line.headers(), cause=str(cause))

    def told(self, kind: type[F]) -> list[F]:
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def records(self) -> list[CallRecord]:
        return [fact.record for fact in self.told(CallEnded)]

    def record(self) -> CallRecord:
        (record,) = self.records()
        return record
