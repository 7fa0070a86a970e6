"""The rows of a log gathered into conversations, each given out once nothing more can come (pure).

Rows belong together when they share a linkedid, a channel, a talk's bridge, or name each other in a
transfer or pickup. A conversation is over when every channel in it has ended (a linkedid may end
while its channel lives on under another one). One that the log never ends was cut: by an exchange
that stopped (after which channel names begin anew), or it still goes on.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from telephony.catchup.rows import CelRow

HOLDING: Final = "holding_bridge"
_NAMED: Final = (
    "channel2_uniqueid",
    "transferee_channel_uniqueid",
    "transfer_target_channel_uniqueid",
    "pickup_channel_uniqueid",
)
_SERIAL: Final = re.compile(r"^([A-Za-z0-9]+)/.*-([0-9a-f]{8})(;[12])?$")
SERIALS_APART: Final = 64
"""Rows of channels born at once may stand in another order than the channels' serial numbers."""


@dataclass(slots=True, eq=False)
class Conversation:
    """Rows in the order of the log. `is_over`: the log told its end; else `was_cut` says whether
    the exchange stopped in its middle."""

    rows: list[CelRow] = field(default_factory=list)
    open_channels: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    is_over: bool = False
    was_cut: bool = False


class Gathering:
    """Feed it a log in its order."""

    def __init__(self) -> None:
        self._by_key: dict[str, Conversation] = {}
        self._serials: dict[str, set[int]] = {}

    def feed(self, row: CelRow) -> Iterator[Conversation]:
        """The conversations that this row ends: one, or all when the exchange began anew."""
        if row.kind == "CHAN_START" and self._begins_anew(row.channel):
            yield from self._cut_all()
        if row.kind == "LINKEDID_END":
            return
        conversation = self._add(row)
        if not conversation.open_channels:
            conversation.is_over = True
            self._release(conversation)
            yield conversation

    def unfinished(self) -> list[Conversation]:
        """What the log has begun and not ended, in the order of its first rows."""
        left = list(dict.fromkeys(self._by_key.values()))
        return sorted(left, key=lambda conversation: conversation.rows[0].at)

    def _add(self, row: CelRow) -> Conversation:
        keys = _keys(row)
        found = list(dict.fromkeys(self._by_key[key] for key in keys if key in self._by_key))
        if not found:
            found = [Conversation()]
        conversation = found[0]
        for other in found[1:]:
            self._join(conversation, other)
        conversation.rows.append(row)
        for key in keys - conversation.keys:
            conversation.keys.add(key)
            self._by_key[key] = conversation
        if row.kind == "CHAN_END":
            conversation.open_channels.discard(row.uniqueid)
        elif row.kind != "HANGUP":
            conversation.open_channels.add(row.uniqueid)
        return conversation

    def _join(self, one: Conversation, other: Conversation) -> None:
        one.rows = sorted(one.rows + other.rows, key=lambda row: row.at)
        one.open_channels |= other.open_channels
        one.keys |= other.keys
        for key in other.keys:
            self._by_key[key] = one

    def _release(self, conversation: Conversation) -> None:
        for key in conversation.keys:
            del self._by_key[key]

    def _begins_anew(self, channel: str) -> bool:
        """Whether this name shows that the exchange has started again: it counts from nought."""
        found = _SERIAL.match(channel)
        if found is None:
            return False
        technology, half, serial = found.group(1), found.group(3), int(found.group(2), 16)
        used = self._serials.setdefault(f"{technology}{half or ''}", set())
        is_anew = serial in used or (bool(used) and serial < max(used) - SERIALS_APART)
        if is_anew:
            self._serials = {f"{technology}{half or ''}": {serial}}
            return True
        used.add(serial)
        if len(used) > 4 * SERIALS_APART:
            used -= {each for each in used if each < serial - 2 * SERIALS_APART}
        return False

    def _cut_all(self) -> Iterator[Conversation]:
        cut = self.unfinished()
        self._by_key.clear()
        for conversation in cut:
            conversation.was_cut = True
            yield conversation


def _keys(row: CelRow) -> set[str]:
    keys = {f"l {row.linkedid}", f"u {row.uniqueid}"}
    keys |= {f"u {row.extra[name]}" for name in _NAMED if row.extra.get(name)}
    if row.kind == "CHAN_START":
        keys.add(f"n {row.channel}")
    if row.extra.get("retriever"):
        keys.add(f"n {row.extra['retriever']}")
    bridge = row.extra.get("bridge_id")
    if bridge and row.extra.get("bridge_technology", HOLDING) != HOLDING:
        keys.add(f"b {bridge}")
    return keys
