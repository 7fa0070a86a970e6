"""One channel of a conversation: all that the log says of it, and how it stands meanwhile."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from telephony.catchup.rows import CelRow
from telephony.causes import SWITCH_CONGESTION, USER_BUSY
from telephony.legs import STATE_DOWN, STATE_UP
from telephony.said import Seen

STATE_RING: Final = 4
_OUTGOING_APPS: Final = frozenset({"AppDial", "AppDial2", "AppQueue"})
_OUTGOING_DATA: Final = "(Outgoing Line)"
_PLAYED: Final = frozenset({USER_BUSY, 34, SWITCH_CONGESTION})
"""Causes of one who was told busy or congestion by the exchange, and then hung up."""


@dataclass(slots=True, eq=False)
class Line:
    """`rows` in the order of the log, `places` where they stand in the conversation."""

    rows: list[CelRow] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    name: str = ""
    """What the channel is called now; "" before its birth and after its end."""
    is_up: bool = False
    last: Seen | None = None
    bridge: str | None = None
    held_by: "Line | None" = None
    queue: str | None = None
    stood_in: str | None = None
    has_asked: bool = False
    has_dialled: bool = False
    is_outgoing: bool = False
    hang_up: CelRow | None = None

    def known(self) -> "Line":
        """All rows are there: what follows from the whole of them."""
        self.is_outgoing = _is_outgoing(self.rows)
        self.hang_up = next((row for row in self.rows if row.kind == "HANGUP"), None)
        return self

    def seen(self, row: CelRow) -> Seen:
        """The channel as this row shows it; it is the last that was seen of it."""
        state = STATE_DOWN if self.is_outgoing else STATE_RING
        self.last = Seen(
            row.uniqueid,
            row.channel,
            row.linkedid,
            STATE_UP if self.is_up else state,
            row.number,
            row.name,
            row.context,
            row.exten,
        )
        return self.last

    def after(self, place: int) -> CelRow | None:
        """Its next row after this place of the conversation."""
        index = bisect_right(self.places, place)
        return self.rows[index] if index < len(self.rows) else None

    def has_last_exit(self, row: CelRow) -> bool:
        """Whether it enters no talk after this one."""
        moves = [one for one in self.rows if one.kind.startswith("BRIDGE_")]
        return moves[-1] is row

    def quits(self) -> CelRow | None:
        """Its hang-up, if its own end did it. A caller who was told busy or congestion did so
        because of the exchange."""
        end = self.hang_up
        if end is None or end.extra.get("hangupsource") != end.channel:
            return None
        was_told = not self.is_up and not self.is_outgoing
        return None if was_told and end.extra.get("hangupcause") in _PLAYED else end

    def has_app_after(self, row: CelRow, app: str) -> bool:
        """Whether it runs this application later."""
        return any(one.app == app and one.at > row.at for one in self.rows)

    def last_app_of(self, apps: Sequence[str]) -> str | None:
        """The last of these applications that it ran."""
        return next((row.app for row in reversed(self.rows) if row.app in apps), None)


def lines_of(rows: Sequence[CelRow]) -> dict[str, Line]:
    """Every channel of the conversation, by uniqueid."""
    lines: dict[str, Line] = {}
    for place, row in enumerate(rows):
        line = lines.setdefault(row.uniqueid, Line())
        line.rows.append(row)
        line.places.append(place)
    return {uniqueid: line.known() for uniqueid, line in lines.items()}


def living(lines: dict[str, Line]) -> Iterator[Line]:
    """Those that are born and not gone."""
    return (line for line in lines.values() if line.name)


def _is_outgoing(rows: Sequence[CelRow]) -> bool:
    """Whether the exchange dialled this channel: its first place is nowhere, or it says so."""
    if any(row.app in _OUTGOING_APPS or row.app_data == _OUTGOING_DATA for row in rows):
        return True
    return rows[0].exten in ("", "s") and str(rows[0].uniqueid) != rows[0].linkedid
