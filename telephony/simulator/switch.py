"""The switch: makes channels, rings, bridges, ends them, and tells each step as Asterisk does."""

import random
from collections.abc import Callable, Iterable
from uuid import UUID

from telephony.ids import is_local
from telephony.simulator.channels import Bridge, Channel, State
from telephony.simulator.timetable import Timetable
from telephony.simulator.truth import Told
from telephony.simulator.wire_format import Header, event

CAUSES = {
    0: "Unknown",
    1: "Unallocated (unassigned) number",
    16: "Normal Clearing",
    17: "User busy",
    18: "No user responding",
    19: "User alerting, no answer",
    21: "Call Rejected",
    26: "Answered elsewhere",
    34: "Circuit/channel congestion",
    127: "Interworking, unspecified",
}
_SIP_ANSWERS = {1: 404, 17: 486, 21: 603, 34: 503, 19: 480, 127: 487}


class Switch:
    """Channels and bridges. `say` is given each event's bytes, in order."""

    def __init__(
        self, timetable: Timetable, say: Callable[[bytes], None], dice: random.Random
    ) -> None:
        self.timetable = timetable
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, Bridge] = {}
        self.on_device: Callable[[str, str], None] = lambda interface, state: None
        self._devices: dict[str, str] = {}
        self._say = say
        self._dice = dice
        self._serial = 0
        self._locals = 0

    def say(self, name: str, headers: Iterable[Header]) -> None:
        self._say(event(name, self.timetable.now, headers))

    def create(
        self,
        interface: str,
        told: Told,
        *,
        context: str,
        exten: str,
        state: State = State.DOWN,
        number: str = "",
        caller_name: str = "",
        linkedid: str = "",
        uniqueid: str = "",
    ) -> Channel:
        """A new channel; without `linkedid` it begins a conversation of its own."""
        name = f"{interface}-{self._serial & 0xFFFFFFFF:08x}"
        channel = self._create(name, told, context, exten, linkedid, uniqueid)
        channel.state, channel.number, channel.caller_name = state, number, caller_name
        channel.dialled = exten
        self._born(channel)
        return channel

    def create_locals(self, exten: str, context: str, of: Channel) -> tuple[Channel, Channel]:
        """The two halves of `Local/exten@context` in the conversation of channel `of`."""
        name = f"Local/{exten}@{context}-{self._locals & 0xFFFFFFFF:08x}"
        self._locals += 1
        one = self._create(f"{name};1", of.told, context, exten, of.linkedid, "")
        two = self._create(f"{name};2", of.told, context, exten, of.linkedid, "")
        one.pair, two.pair, two.state = two, one, State.RING
        self._born(one)
        self._born(two)
        return one, two

    def _create(
        self, name: str, told: Told, context: str, exten: str, linkedid: str, uniqueid: str
    ) -> Channel:
        now = self.timetable.now
        own = uniqueid or f"{int(now.timestamp())}.{self._serial}"
        self._serial += 1
        return Channel(name, own, linkedid or own, context, exten, now, told)

    def _born(self, channel: Channel) -> None:
        channel.told.linkedid = channel.told.linkedid or channel.linkedid
        channel.told.alive += 1
        self.channels[channel.name] = channel
        self.say("Newchannel", channel.headers())

    def execute(self, channel: Channel, application: str, data: str) -> None:
        """The channel runs an application of the dialplan."""
        channel.application, channel.data = application, data
        extra = [("Extension", channel.exten), ("Application", application), ("AppData", data)]
        self.say("Newexten", channel.headers() + extra)

    def variable(self, channel: Channel, name: str, value: str = "") -> None:
        self.say("VarSet", [*channel.headers(), ("Variable", name), ("Value", value)])

    def connected_line(self, channel: Channel, other: Channel) -> None:
        channel.connected_number, channel.connected_name = other.number, other.caller_name
        self.say("NewConnectedLine", channel.headers())

    def caller_id(self, channel: Channel, number: str, name: str) -> None:
        channel.number, channel.caller_name = number, name
        presentation = ("CID-CallingPres", "0 (Presentation Allowed, Not Screened)")
        self.say("NewCallerid", [*channel.headers(), presentation])

    def turn(self, channel: Channel, state: State) -> None:
        """The channel's state changes; no news if it is there already."""
        if channel.state == state or channel.gone:
            return
        channel.state = state
        if state is State.UP:
            channel.answered_at = self.timetable.now
        self.say("Newstate", channel.headers())
        self.device_changed(channel)

    def dial_began(self, caller: Channel | None, leg: Channel, dial_string: str) -> None:
        self._dial("DialBegin", caller, leg, [("DialString", dial_string)])

    def dial_rings(self, caller: Channel | None, leg: Channel) -> None:
        """The far end says it rings."""
        self.turn(leg, State.RINGING)
        self._dial("DialState", caller, leg, [("DialStatus", "RINGING")])

    def dial_ended(self, caller: Channel | None, leg: Channel, status: str) -> None:
        self._dial("DialEnd", caller, leg, [("DialStatus", status)])

    def _dial(self, name: str, caller: Channel | None, leg: Channel, extra: list[Header]) -> None:
        source = [] if caller is None else caller.headers()
        self.say(name, source + leg.headers("Dest") + extra)

    def bridge(self, *channels: Channel, technology: str = "simple_bridge") -> Bridge:
        """A new bridge that the channels enter in the order given."""
        new = Bridge(str(UUID(int=self._dice.getrandbits(128), version=4)), technology)
        self.bridges[new.uniqueid] = new
        self.say("BridgeCreate", new.headers())
        for channel in channels:
            self.enter(channel, new)
        return new

    def enter(self, channel: Channel, bridge: Bridge) -> None:
        bridge.channels.append(channel)
        channel.bridge = bridge
        self.say("BridgeEnter", bridge.headers() + channel.headers())
        self._same_linkedid(bridge)

    def _same_linkedid(self, bridge: Bridge) -> None:
        """Channels that meet take the oldest one's Linkedid; in a waiting place nobody meets."""
        if bridge.technology == "holding_bridge":
            return
        oldest = min(bridge.channels, key=lambda channel: channel.born)
        for channel in bridge.channels:
            channel.linkedid = oldest.linkedid

    def leave(self, channel: Channel) -> Bridge | None:
        """The channel leaves its bridge; the bridge is destroyed with its last channel."""
        bridge = channel.bridge
        if bridge is None:
            return None
        bridge.channels.remove(channel)
        channel.bridge = None
        self.say("BridgeLeave", bridge.headers() + channel.headers())
        if not bridge.channels:
            self.destroy(bridge)
        return bridge

    def destroy(self, bridge: Bridge) -> None:
        if self.bridges.pop(bridge.uniqueid, None) is not None:
            self.say("BridgeDestroy", bridge.headers())

    def asked_to_hang_up(self, channel: Channel, cause: int, *, soft: bool = False) -> None:
        name = "SoftHangupRequest" if soft else "HangupRequest"
        why = [("Cause", str(cause)), *_tech(cause)] if cause else []
        self.say(name, [*channel.headers(), *why])

    def end(self, channel: Channel, cause: int) -> None:
        """The channel's last event. It must have left its bridge before."""
        if channel.gone:
            return
        channel.gone, channel.app, channel.ringer = True, None, None
        del self.channels[channel.name]
        said = [("Cause", str(cause)), ("Cause-txt", CAUSES.get(cause, "Unknown")), *_tech(cause)]
        self.say("Hangup", channel.headers() + said)
        channel.told.alive -= 1
        if channel.told.alive == 0:
            channel.told.over(self.timetable.now)
        self.device_changed(channel)

    def of_interface(self, interface: str) -> list[Channel]:
        return [channel for channel in self.channels.values() if channel.interface == interface]

    def device_state(self, interface: str) -> str:
        """Asterisk's word for the device: NOT_INUSE, RINGING, INUSE or ONHOLD."""
        own = self.of_interface(interface)
        if not own:
            return "NOT_INUSE"
        if any(channel.on_hold for channel in own):
            return "ONHOLD"
        if any(channel.state in (State.UP, State.RING) for channel in own):
            return "INUSE"
        ringing = any(channel.state is State.RINGING for channel in own)
        return "RINGING" if ringing else "NOT_INUSE"

    def device_changed(self, channel: Channel) -> None:
        """Tell the device's state if it is not what was last told."""
        interface = channel.interface
        if is_local(channel.name):
            return
        state = self.device_state(interface)
        if self._devices.get(interface, "NOT_INUSE") == state:
            return
        self._devices[interface] = state
        self.say("DeviceStateChange", [("Device", interface), ("State", state)])
        self.on_device(interface, state)


def _tech(cause: int) -> list[Header]:
    answer = _SIP_ANSWERS.get(cause)
    return [] if answer is None else [("TechCause", str(answer))]
