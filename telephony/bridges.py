"""Who is in one bridge with whom, seen through the Local channels between bridges."""

from dataclasses import dataclass, field

from telephony.ids import Uniqueid
from telephony.legs import Channel


@dataclass(slots=True, eq=False)
class Bridge:
    """A meeting point of channels; in a `holding` one nobody hears another."""

    uniqueid: str
    holding: bool
    members: dict[Uniqueid, Channel] = field(default_factory=dict)


@dataclass(slots=True)
class Bridges:
    """All bridges that have somebody in them."""

    by_uniqueid: dict[str, Bridge] = field(default_factory=dict)

    def enter(self, channel: Channel, uniqueid: str, holding: bool) -> Bridge:
        """Put the channel into the bridge, and out of the one it was in."""
        if channel.bridge is not None and channel.bridge.uniqueid != uniqueid:
            self.leave(channel)
        bridge = self.by_uniqueid.get(uniqueid)
        if bridge is None:
            bridge = self.by_uniqueid[uniqueid] = Bridge(uniqueid, holding)
        bridge.holding = holding
        bridge.members[channel.uniqueid] = channel
        channel.bridge = bridge
        return bridge

    def leave(self, channel: Channel) -> None:
        bridge = channel.bridge
        if bridge is None:
            return
        channel.bridge = None
        bridge.members.pop(channel.uniqueid, None)
        if not bridge.members:
            self.by_uniqueid.pop(bridge.uniqueid, None)

    def destroy(self, uniqueid: str) -> list[Channel]:
        """The bridge is gone; who was still in it."""
        bridge = self.by_uniqueid.pop(uniqueid, None)
        if bridge is None:
            return []
        left = list(bridge.members.values())
        bridge.members.clear()
        for channel in left:
            channel.bridge = None
        return left


def together(channel: Channel) -> list[Channel]:
    """Everyone who hears this channel, itself included; empty if it is in no real bridge.

    A Local half in the bridge stands for the bridge that its other half is in.
    """
    if channel.bridge is None or channel.bridge.holding:
        return []
    bridges = [channel.bridge]
    found: list[Channel] = []
    for bridge in bridges:
        for member in bridge.members.values():
            found.append(member)
            beyond = member.other_half.bridge if member.other_half else None
            if beyond is not None and not beyond.holding and beyond not in bridges:
                bridges.append(beyond)
    return found
