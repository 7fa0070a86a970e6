"""Channels and bridges of the simulated exchange, with the headers that Asterisk gives them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Protocol

from telephony.ids import Interface, interface_of, is_local
from telephony.simulator.truth import Told
from telephony.simulator.wire_format import Header

UNKNOWN = "<unknown>"


class State(IntEnum):
    """Asterisk's channel states that occur here."""

    DOWN = 0
    RING = 4
    RINGING = 5
    UP = 6


_WORDS = {State.DOWN: "Down", State.RING: "Ring", State.RINGING: "Ringing", State.UP: "Up"}


class App(Protocol):
    """What a channel is doing in the dialplan."""

    def stop(self) -> None:
        """The channel leaves: hung up or sent elsewhere. What the app began is undone."""


class Ringer(Protocol):
    """An app that rings other channels and waits for one of them to answer."""

    def leg_answered(self, leg: "Channel") -> None: ...

    def leg_refused(self, leg: "Channel", cause: int) -> None: ...


@dataclass(slots=True, eq=False)
class Bridge:
    uniqueid: str
    technology: str = "simple_bridge"
    channels: list["Channel"] = field(default_factory=list)

    def headers(self, prefix: str = "", *, count: int | None = None) -> list[Header]:
        number = len(self.channels) if count is None else count
        return [
            (f"{prefix}BridgeUniqueid", self.uniqueid),
            (f"{prefix}BridgeType", "base" if self.technology == "holding_bridge" else "basic"),
            (f"{prefix}BridgeTechnology", self.technology),
            (f"{prefix}BridgeCreator", UNKNOWN),
            (f"{prefix}BridgeName", UNKNOWN),
            (f"{prefix}BridgeNumChannels", str(number)),
            (f"{prefix}BridgeVideoSourceMode", "none"),
        ]


@dataclass(slots=True, eq=False)
class Channel:
    """One channel; `told` is the conversation it belongs to in the exchange's own mind."""

    name: str
    uniqueid: str
    linkedid: str
    context: str
    exten: str
    born: datetime
    told: Told
    number: str = ""
    caller_name: str = ""
    connected_number: str = ""
    connected_name: str = ""
    state: State = State.DOWN
    priority: int = 1
    application: str = ""
    data: str = ""
    dialled: str = ""
    answered_at: datetime | None = None
    bridge: Bridge | None = None
    app: App | None = None
    ringer: Ringer | None = None
    pair: "Channel | None" = None
    on_hold: bool = False
    gone: bool = False

    @property
    def interface(self) -> Interface:
        return interface_of(self.name)

    @property
    def local(self) -> bool:
        return is_local(self.name)

    def peer(self) -> "Channel | None":
        """The other channel of its bridge, if there is exactly one."""
        others = (
            [channel for channel in self.bridge.channels if channel is not self]
            if (self.bridge)
            else []
        )
        return others[0] if len(others) == 1 else None

    def headers(self, prefix: str = "") -> list[Header]:
        """The channel snapshot that nearly every event carries."""
        pairs = (
            ("Channel", self.name),
            ("ChannelState", str(int(self.state))),
            ("ChannelStateDesc", _WORDS[self.state]),
            ("CallerIDNum", self.number or UNKNOWN),
            ("CallerIDName", self.caller_name or UNKNOWN),
            ("ConnectedLineNum", self.connected_number or UNKNOWN),
            ("ConnectedLineName", self.connected_name or UNKNOWN),
            ("Language", "ru"),
            ("AccountCode", ""),
            ("Context", self.context),
            ("Exten", self.exten),
            ("Priority", str(self.priority)),
            ("Uniqueid", self.uniqueid),
            ("Linkedid", self.linkedid),
        )
        return [(prefix + key, value) for key, value in pairs] if prefix else list(pairs)
