"""Which of the blocks that the exchange said are about one call (pure).

Asterisk's own ids decide, not our tracker: an export must also tell of a call that the tracker
misunderstood. Channels named together in one event, or together in a bridge that is no waiting
place, are one call, transitively. A block that also names a channel of somebody else is left out.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from telephony.blocks import GREETING, shedding
from telephony.resync import CHANNELS_END
from telephony.wire import WANTED, WANTED_VARIABLES

TOLD: Final = WANTED | {
    "AgentComplete",
    "AgentConnect",
    "AgentRingNoAnswer",
    "BridgeCreate",
    "LocalOptimizationBegin",
    "LocalOptimizationEnd",
    "MusicOnHoldStart",
    "MusicOnHoldStop",
    "SoftHangupRequest",
}
"""The events of an export: those we read, and some that help a person to. Free text of a dialplan
(Newexten, UserEvent, other variables) and the digits that callers press are none of them."""

_LIST_ITEMS: Final = frozenset(
    (b"CoreShowChannel", b"Status", b"BridgeListItem", b"BridgeInfoChannel", b"QueueEntry")
)
_OF_THE_LINK: Final = frozenset(
    name.encode() for name in WANTED if name.endswith("Complete") or name == "FullyBooted"
)
_LISTS_BEGIN: Final = CHANNELS_END.encode()
_OF_MEMBERS: Final = frozenset(
    name.encode() for name in WANTED if name.startswith(("QueueMember", "DeviceState"))
)
_SPIES: Final = frozenset((b"ChanSpyStart", b"ChanSpyStop"))
_is_noise: Final = shedding(TOLD, WANTED_VARIABLES)
_IDS = re.compile(rb"\n(\w*?)([Uu]nique[Ii][Dd]|[Ll]inked[Ii][Dd]|BridgeI[Dd]): ([^\r\n]+)")
_CHANNELS = re.compile(rb"(?im)^(?:\w*channel|newname): ([^\r\n]+)-[0-9a-f]{8}(?:;[12])?\r?$")
_MEMBERS = re.compile(rb"(?im)^(?:interface|stateinterface|location|device): ([^\r\n]+)")
_HOLDING: Final = (b"BridgeTechnology: holding_bridge", b"BridgeType: parking")
_TIME = re.compile(rb"\n(?:Timestamp|Received): ([\d.]+)")


def name_of(block: bytes) -> bytes:
    """The event's name, b"" for what is none."""
    if not block.startswith(b"Event: "):
        return b""
    end = block.find(b"\r\n", 7)
    return block[7:end] if end > 0 else block[7:]


def is_told(block: bytes) -> bool:
    """Whether the block may be part of an export at all."""
    if not block.startswith(b"Event: "):
        return block.startswith(GREETING)
    return not _is_noise(block)


@dataclass(slots=True)
class _Ids:
    """The channels, their linkedids and the bridges that one block names."""

    channels: set[bytes] = field(default_factory=set)
    linkedids: set[bytes] = field(default_factory=set)
    bridges: set[bytes] = field(default_factory=set)

    @staticmethod
    def of(block: bytes) -> "_Ids":
        ids = _Ids()
        for prefix, kind, value in _IDS.findall(block):
            if kind[:1] == b"B" or prefix[-6:] == b"Bridge":
                ids.bridges.add(value)
            elif kind[:1] in b"Ll":
                ids.linkedids.add(value)
            elif value != b"<null>":
                ids.channels.add(value)
        return ids


class Kinship:
    """Which channels belong together. Feed it every block with `hear`, then ask `of`."""

    def __init__(self) -> None:
        self._beside: defaultdict[bytes, set[bytes]] = defaultdict(set)
        self._inside: defaultdict[bytes, set[bytes]] = defaultdict(set)
        self._holding: set[bytes] = set()

    def hear(self, block: bytes) -> None:
        name, ids = name_of(block), _Ids.of(block)
        if any(word in block for word in _HOLDING):
            self._holding |= ids.bridges
        if name in _SPIES or name in _OF_THE_LINK:
            return
        self._join(ids.channels | ids.linkedids)
        for channel in ids.channels:
            for bridge in ids.bridges:
                self._inside[channel].add(bridge)
                self._inside[bridge].add(channel)

    def of(self, seeds: Iterable[str], strangers: Iterable[str] = ()) -> frozenset[str]:
        """The ids of all channels that are one call with the `seeds`, and of their bridges.
        `strangers` are channels known to be of another call: they lead no further."""
        closed = {one.encode() for one in strangers}
        todo = [one.encode() for one in seeds]
        ours: set[bytes] = set()
        while todo:
            one = todo.pop()
            if one in ours or one in closed:
                continue
            ours.add(one)
            todo += self._beside.get(one, ())
            if one not in self._holding:
                todo += self._inside.get(one, ())
        return frozenset(one.decode("utf-8", "replace") for one in ours)

    def _join(self, ids: set[bytes]) -> None:
        if len(ids) > 1:
            for one in ids:
                self._beside[one] |= ids


def select(blocks: Iterable[bytes], ids: frozenset[str]) -> Iterator[bytes]:
    """The blocks of the call whose channels are `ids`, in order, from its first to its last.

    A new link in between is part of the story, and so is the one at which a call was found going
    on, with the ends of its lists; before a call of which everything was heard stands the greeting.
    """
    selection = _Selection(ids)
    for block in blocks:
        yield from selection.hear(block)
    yield from selection.end()


class _Selection:
    def __init__(self, ids: frozenset[str]) -> None:
        self._ids = {one.encode() for one in ids}
        self._has_begun = False
        self._interfaces: set[bytes] = set()
        self._greeting: list[bytes] = []
        self._link: list[bytes] = []
        self._heard_at = b""

    def hear(self, block: bytes) -> Iterator[bytes]:
        """What is to be written now that `block` has been said."""
        name = name_of(block)
        if block.startswith(GREETING):
            self._meet(block)
        elif name in _OF_THE_LINK:
            if name == _LISTS_BEGIN and not self._has_begun:
                self._link = self._link[:1]  # of many rounds of lists the last one counts
            self._link.append(block)
        elif self._is_ours(block, name):
            yield from self._take(block, name)
        self._heard_at = _time_of(block) or self._heard_at

    def end(self) -> Iterator[bytes]:
        if self._has_begun:
            yield from self._link
            yield from _moment(self._heard_at)

    def _meet(self, greeting: bytes) -> None:
        if self._has_begun:
            self._link += [*_moment(self._heard_at), greeting]
        else:
            self._greeting, self._link = [greeting], []

    def _take(self, block: bytes, name: bytes) -> Iterator[bytes]:
        if not self._has_begun:
            yield from self._greeting
        if self._has_begun or name in _LIST_ITEMS:
            yield from self._link
        self._has_begun, self._link = True, []
        self._interfaces.update(_CHANNELS.findall(block))
        yield block

    def _is_ours(self, block: bytes, name: bytes) -> bool:
        if name in _OF_MEMBERS:
            return not self._interfaces.isdisjoint(_MEMBERS.findall(block))
        if not any(one in block for one in self._ids):
            return False
        named = _Ids.of(block)
        if named.channels:
            return named.channels <= self._ids
        return bool(named.bridges) and named.bridges <= self._ids


def _time_of(block: bytes) -> bytes:
    found = _TIME.search(block)
    return found[1] if found else b""


def _moment(time: bytes) -> list[bytes]:
    """Somebody else's last word, without the word: until then the exchange was heard."""
    return [b"Response: Success\r\nPing: Pong\r\nTimestamp: " + time] if time else []
