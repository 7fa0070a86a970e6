"""Queues and their members, told as app_queue tells them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from telephony.simulator.switch import Switch
from telephony.simulator.wire_format import Header, epoch

if TYPE_CHECKING:
    from telephony.simulator.waiting import QueueApp

Strategy = Literal["ringall", "rrmemory"]

_STATUS = {"NOT_INUSE": "1", "INUSE": "2", "RINGING": "6", "ONHOLD": "8"}


@dataclass(slots=True, eq=False)
class Member:
    interface: str
    name: str
    login: datetime
    dynamic: bool = True
    penalty: int = 0
    paused: bool = False
    reason: str = ""
    in_call: bool = False
    calls_taken: int = 0
    last_call: datetime | None = None
    last_pause: datetime | None = None


@dataclass(slots=True, eq=False)
class Queue:
    """`timeout_seconds` is how long one member rings, `retry_seconds` the rest between rounds."""

    name: str
    strategy: Strategy
    timeout_seconds: float = 15.0
    retry_seconds: float = 1.0
    members: dict[str, Member] = field(default_factory=dict)
    waiting: list["QueueApp"] = field(default_factory=list)
    turn: int = 0
    completed: int = 0
    abandoned: int = 0
    hold_time: int = 0


class Members:
    """Who sits in which queue: add, remove, pause, and the news of it."""

    def __init__(self, switch: Switch, queues: Iterable[Queue]) -> None:
        self.switch = switch
        self.queues = {queue.name: queue for queue in queues}
        switch.on_device = self._device_changed

    def available(self, queue: Queue) -> list[Member]:
        """Members that may be rung now, the least penalty only, in the order of their turn."""
        free = [
            member
            for member in queue.members.values()
            if not member.paused and self.switch.device_state(member.interface) == "NOT_INUSE"
        ]
        least = min((member.penalty for member in free), default=0)
        return [member for member in free if member.penalty == least]

    def add(self, queue: Queue, member: Member) -> bool:
        if member.interface in queue.members:
            return False
        queue.members[member.interface] = member
        self._tell("QueueMemberAdded", queue, member)
        return True

    def remove(self, queue: Queue, interface: str) -> bool:
        member = queue.members.pop(interface, None)
        if member is not None:
            self._tell("QueueMemberRemoved", queue, member)
        return member is not None

    def pause(self, interface: str, paused: bool, reason: str, only: Queue | None) -> bool:
        """Pause in `only`, or wherever the interface sits; False if that is nowhere."""
        found = False
        for queue in self.queues.values() if only is None else [only]:
            member = queue.members.get(interface)
            if member is None:
                continue
            found = True
            member.paused, member.reason = paused, reason if paused else ""
            if paused:
                member.last_pause = self.switch.timetable.now
            state = "INUSE" if paused else "NOT_INUSE"
            device = f"Queue:{queue.name}_pause_{interface}"
            self.switch.say("DeviceStateChange", [("Device", device), ("State", state)])
            self._tell("QueueMemberPause", queue, member)
        return found

    def set_penalty(self, interface: str, penalty: int, only: Queue | None) -> bool:
        found = False
        for queue in self.queues.values() if only is None else [only]:
            member = queue.members.get(interface)
            if member is not None:
                found, member.penalty = True, penalty
                self._tell("QueueMemberPenalty", queue, member)
        return found

    def took_call(self, queue: Queue, interface: str) -> None:
        """Book a finished call to the member in every queue it sits in (shared_lastcall)."""
        queue.completed += 1
        for each in self.queues.values():
            member = each.members.get(interface)
            if member is not None:
                member.in_call = False
                member.calls_taken += 1
                member.last_call = self.switch.timetable.now

    def _device_changed(self, interface: str, state: str) -> None:
        for queue in self.queues.values():
            member = queue.members.get(interface)
            if member is not None:
                self._tell("QueueMemberStatus", queue, member)

    def _tell(self, name: str, queue: Queue, member: Member) -> None:
        head = [
            ("Queue", queue.name),
            ("MemberName", member.name),
            ("Interface", member.interface),
        ]
        ring_in_use = ("Ringinuse", "0")
        told = [*self.facts(member), ring_in_use, ("Wrapuptime", "0")]
        self.switch.say(name, head + told)

    def facts(self, member: Member) -> list[Header]:
        """What events and lists say of a member alike."""
        status = _STATUS.get(self.switch.device_state(member.interface), "1")
        return [
            ("StateInterface", member.interface),
            ("Membership", "dynamic" if member.dynamic else "static"),
            ("Penalty", str(member.penalty)),
            ("CallsTaken", str(member.calls_taken)),
            ("LastCall", epoch(member.last_call)),
            ("LastPause", epoch(member.last_pause)),
            ("LoginTime", epoch(member.login)),
            ("InCall", str(int(member.in_call))),
            ("Status", status),
            ("Paused", str(int(member.paused))),
            ("PausedReason", member.reason),
        ]
