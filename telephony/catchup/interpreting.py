"""The rows of one conversation as what Asterisk would have said of it while it went on (pure).

The tracker that listens to the manager interface is told the same story from the log, so that a
call reads the same whether it was watched or not. A log tells less: who put whom on hold shows only
in the music that the other heard, a voicemail only in its application, and an answering machine,
which is a variable, not at all.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from telephony import said
from telephony.catchup.dialling import dial_string, dial_verdict
from telephony.catchup.gathering import HOLDING
from telephony.catchup.lines import Line, lines_of, living
from telephony.catchup.queueing import Queueing
from telephony.catchup.rows import CelRow
from telephony.said import Seen, Wire

_PARTING: Final = timedelta(seconds=1)
"""Who leaves a talk and hangs up within it has left by hanging up."""
_TOGETHER: Final = timedelta(milliseconds=100)
"""Hang-ups so close are one: who hung up, and those whom that ended."""
_SPIES: Final = frozenset({"ChanSpy", "ExtenSpy"})
_NOWHERE: Final = frozenset({"", "s", "h"})


class Interpreter:
    """Rows in the order of the log, all of one conversation."""

    def __init__(self, rows: Sequence[CelRow]) -> None:
        self._rows = rows
        self._lines = lines_of(rows)
        self._queueing = Queueing(self._lines)

    def wires(self) -> Iterator[Wire]:
        """What was said, in order; a row that says nothing of calls gives nothing."""
        for place, row in enumerate(self._rows):
            line = self._lines[row.uniqueid]
            if row.kind != "CHAN_START":
                yield from self._renamed(line, row)
            yield from self._queueing.hear(line, row, place)
            handler = _HANDLERS.get(row.kind)
            if handler is not None:
                yield from handler(self, line, row)

    # --- channels --------------------------------------------------------------------------------

    def _renamed(self, line: Line, row: CelRow) -> Iterator[Wire]:
        """A masquerade shows in the log as another name of the same channel."""
        before = line.name
        if before in ("", row.channel):
            return
        for other in living(self._lines):
            if other.name == row.channel:
                other.name = before
        line.name = row.channel
        yield said.ChannelRenamed(row.at, row.uniqueid, row.channel)

    def _born(self, line: Line, row: CelRow) -> Iterator[Wire]:
        line.name = row.channel
        seen = line.seen(row)
        yield said.ChannelBorn(row.at, seen)
        if line.is_outgoing:
            yield said.DialBegan(row.at, None, seen, dial_string(self._rows, row))

    def _answered(self, line: Line, row: CelRow) -> Iterator[Wire]:
        if line.is_outgoing:  # the number that it shows was set before it rang
            yield said.ChannelChanged(row.at, line.seen(row))
        line.is_up = True
        seen = line.seen(row)
        yield said.ChannelChanged(row.at, seen)
        if line.is_outgoing:
            yield said.DialEnded(row.at, None, seen, "ANSWER")

    def _hung_up(self, line: Line, row: CelRow) -> Iterator[Wire]:
        if not line.name:
            return
        yield from self._queueing.leave(line, row, row.at)
        yield from self._ask(row)
        yield from self._dial_status(line, row)
        cause = row.extra.get("hangupcause")
        yield said.ChannelGone(row.at, line.seen(row), cause if isinstance(cause, int) else 0)
        line.name = ""

    def _ask(self, row: CelRow) -> Iterator[Wire]:
        """Whoever hangs up now by his own end. One hang-up brings the others, and the log may tell
        theirs first."""
        for line in living(self._lines):
            end = line.quits()
            if line.has_asked or end is None or end.at - row.at >= _TOGETHER:
                continue
            line.has_asked = True
            if line.last is not None:
                yield said.HangupAsked(end.at, line.last)

    # --- talks -----------------------------------------------------------------------------------

    def _entered(self, line: Line, row: CelRow) -> Iterator[Wire]:
        bridge, holding = _bridge(row)
        if not holding:
            yield from self._queueing.leave(line, row, row.at)
            line.bridge = bridge
        yield said.BridgeEntered(row.at, line.seen(row), bridge, holding)

    def _left(self, line: Line, row: CelRow) -> Iterator[Wire]:
        bridge, _ = _bridge(row)
        end = line.hang_up
        if end is not None and end.at - row.at < _PARTING and line.has_last_exit(row):
            yield from self._ask(end)
        if line.bridge == bridge:
            line.bridge = None
        yield said.BridgeLeft(row.at, line.seen(row), bridge)

    def _music(self, line: Line, row: CelRow) -> Iterator[Wire]:
        """Music in a talk is heard by who was put on hold: by the other one in it."""
        if not row.note.startswith("MOH"):
            return
        if row.kind == "STREAM_END":
            holder, line.held_by = line.held_by, None
            if holder is not None and holder.last is not None:
                yield said.HoldEnded(row.at, holder.last)
            return
        others = [one for one in living(self._lines) if one.bridge == line.bridge is not None]
        others = [one for one in others if one is not line]
        if len(others) == 1 and others[0].last is not None:
            line.held_by = others[0]
            yield said.HoldBegan(row.at, others[0].last)

    # --- applications ----------------------------------------------------------------------------

    def _app_started(self, line: Line, row: CelRow) -> Iterator[Wire]:
        is_own_request = line.is_outgoing and str(row.uniqueid) == row.linkedid
        if is_own_request and row.exten not in _NOWHERE:
            # A phone that rang for its owner's own request goes to what he asked for.
            yield said.Originated(row.at, row.uniqueid, row.exten, "")
        if row.app in _SPIES:
            yield said.SpyBegan(row.at, line.seen(row))

    def _app_ended(self, line: Line, row: CelRow) -> Iterator[Wire]:
        match row.app:
            case "Queue":
                yield from self._queueing.end(line, row)
            case "Dial":
                yield from self._dial_status(line, row)
            case "VoiceMail":
                yield said.VariableSet(row.at, line.seen(row), "VMSTATUS", "SUCCESS")
            case _:
                return

    def _dial_status(self, line: Line, row: CelRow) -> Iterator[Wire]:
        """The log keeps the last dial's verdict only, at the very end."""
        if line.has_dialled or line.last_app_of(("Dial", "Queue")) == "Queue":
            return
        verdict = dial_verdict(self._lines, line, row)
        if verdict and not line.has_app_after(row, "Dial"):
            line.has_dialled = True
            yield said.VariableSet(row.at, line.seen(row), "DIALSTATUS", verdict)

    # --- moves -----------------------------------------------------------------------------------

    def _blind(self, line: Line, row: CelRow) -> Iterator[Wire]:
        transferee = self._named(row, "transferee_channel_uniqueid")
        exten = str(row.extra.get("extension", ""))
        yield said.BlindTransferred(row.at, line.seen(row), transferee, exten)

    def _attended(self, line: Line, row: CelRow) -> Iterator[Wire]:
        second = self._named(row, "channel2_uniqueid")
        if second is None:
            return
        transferee = self._named(row, "transferee_channel_uniqueid")
        target = self._named(row, "transfer_target_channel_uniqueid")
        yield said.AttendedTransferred(row.at, line.seen(row), second, transferee, target)

    def _picked_up(self, line: Line, row: CelRow) -> Iterator[Wire]:
        picker = self._named(row, "pickup_channel_uniqueid")
        if picker is not None:
            yield said.PickedUp(row.at, picker, line.seen(row))

    def _parked(self, line: Line, row: CelRow) -> Iterator[Wire]:
        parker = str(row.extra.get("parker_dial_string", ""))
        yield said.ChannelParked(row.at, line.seen(row), parker)

    def _unparked(self, line: Line, row: CelRow) -> Iterator[Wire]:
        name = str(row.extra.get("retriever", ""))
        found = [one.last for one in self._lines.values() if name and one.name == name]
        yield said.ParkingEnded(row.at, line.seen(row), found[0] if found else None)

    def _named(self, row: CelRow, key: str) -> Seen | None:
        line = self._lines.get(str(row.extra.get(key, "")))
        return line.last if line is not None else None


_Handler = Callable[[Interpreter, Line, CelRow], Iterator[Wire]]
_HANDLERS: Final[Mapping[str, _Handler]] = MappingProxyType(
    {
        "CHAN_START": Interpreter._born,
        "ANSWER": Interpreter._answered,
        "HANGUP": Interpreter._hung_up,
        "CHAN_END": Interpreter._hung_up,
        "BRIDGE_ENTER": Interpreter._entered,
        "BRIDGE_EXIT": Interpreter._left,
        "STREAM_BEGIN": Interpreter._music,
        "STREAM_END": Interpreter._music,
        "APP_START": Interpreter._app_started,
        "APP_END": Interpreter._app_ended,
        "BLINDTRANSFER": Interpreter._blind,
        "ATTENDEDTRANSFER": Interpreter._attended,
        "PICKUP": Interpreter._picked_up,
        "PARK_START": Interpreter._parked,
        "PARK_END": Interpreter._unparked,
    }
)


def _bridge(row: CelRow) -> tuple[str, bool]:
    return str(row.extra.get("bridge_id", "")), row.extra.get("bridge_technology") == HOLDING
