"""The rows of one conversation as what Asterisk would have said of it while it went on (pure).

The tracker that listens to the manager interface is told the same story from the log, so that a
call reads the same whether it was watched or not. A log tells less: who put whom on hold shows only
in the music that the other heard, a voicemail only in its application, and an answering machine,
which is a variable, not at all.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from telephony import said
from telephony.catchup.gathering import HOLDING
from telephony.catchup.rows import CelRow
from telephony.causes import NO_ANSWER, NORMAL_CLEARING, SWITCH_CONGESTION, USER_BUSY
from telephony.ids import Uniqueid, endpoint_of, interface_of
from telephony.legs import STATE_DOWN, STATE_UP
from telephony.said import Seen, Wire

STATE_RING: Final = 4
_OUTGOING_APPS: Final = frozenset({"AppDial", "AppDial2", "AppQueue"})
_OUT_OF_QUEUE: Final = frozenset({"APP_END", "BRIDGE_EXIT", "HANGUP", "CHAN_END", "LINKEDID_END"})
_OUTGOING_DATA: Final = "(Outgoing Line)"
_PARTING: Final = timedelta(seconds=1)
"""Who leaves a talk and hangs up within it has left by hanging up."""
_TOGETHER: Final = timedelta(milliseconds=100)
"""Hang-ups so close are one: who hung up, and those whom that ended."""
_TURNED_AWAY: Final = timedelta(milliseconds=50)
_PLAYED: Final = frozenset({USER_BUSY, 34, SWITCH_CONGESTION})
"""Causes of one who was told busy or congestion by the exchange, and then hung up."""


class Interpreter:
    """Rows in the order of the log, all of one conversation."""

    def __init__(self, rows: Sequence[CelRow]) -> None:
        self._rows = rows
        self._of: dict[str, list[CelRow]] = defaultdict(list)
        self._places: dict[str, list[int]] = defaultdict(list)
        self._place = 0
        for place, row in enumerate(rows):
            self._of[row.uniqueid].append(row)
            self._places[row.uniqueid].append(place)
        self._outgoing = {one for one, told in self._of.items() if _is_outgoing(told)}
        self._up: set[str] = set()
        self._names: dict[str, str] = {}
        self._last: dict[str, Seen] = {}
        self._bridge_of: dict[str, str] = {}
        self._holder_of: dict[str, str] = {}
        self._queue_of: dict[str, str] = {}
        self._stood_in: dict[str, str] = {}
        self._asked: set[str] = set()
        self._dialled_for: set[str] = set()

    def wires(self) -> Iterator[Wire]:
        """What was said, in order; a row that says nothing of calls gives nothing."""
        for place, row in enumerate(self._rows):
            self._place = place
            handler = _HANDLERS.get(row.kind)
            if row.kind != "CHAN_START":
                yield from self._renamed(row)
            yield from self._queued(row)
            if handler is not None:
                yield from handler(self, row)

    # --- channels --------------------------------------------------------------------------------

    def seen(self, row: CelRow) -> Seen:
        """The channel as its row shows it."""
        state = STATE_DOWN if row.uniqueid in self._outgoing else STATE_RING
        if row.uniqueid in self._up:
            state = STATE_UP
        seen = Seen(
            row.uniqueid,
            row.channel,
            row.linkedid,
            state,
            row.number,
            row.name,
            row.context,
            row.exten,
        )
        self._last[row.uniqueid] = seen
        return seen

    def _renamed(self, row: CelRow) -> Iterator[Wire]:
        """A masquerade shows in the log as another name of the same channel."""
        before = self._names.get(row.uniqueid)
        if before is None or before == row.channel:
            return
        self._names[row.uniqueid] = row.channel
        for other, name in self._names.items():
            if name == row.channel and other != row.uniqueid:
                self._names[other] = before
        yield said.ChannelRenamed(row.at, row.uniqueid, row.channel)

    def _born(self, row: CelRow) -> Iterator[Wire]:
        self._names[row.uniqueid] = row.channel
        seen = self.seen(row)
        yield said.ChannelBorn(row.at, seen)
        if row.uniqueid in self._outgoing:
            yield said.DialBegan(row.at, None, seen, self._dial_string(row))

    def _dial_string(self, row: CelRow) -> str:
        """What the exchange dialled to reach this channel, out of the Dial that did it."""
        wanted = endpoint_of(interface_of(row.channel))
        for one in self._rows:
            if one.app == "Dial" and one.linkedid == row.linkedid:
                for device in one.app_data.partition(",")[0].split("&"):
                    if device.rpartition("@")[2].rpartition("/")[2] == wanted:
                        return device
        return ""

    def _answered(self, row: CelRow) -> Iterator[Wire]:
        if row.uniqueid in self._outgoing:  # the number that it shows was set before it rang
            yield said.ChannelChanged(row.at, self.seen(row))
        self._up.add(row.uniqueid)
        seen = self.seen(row)
        yield said.ChannelChanged(row.at, seen)
        if row.uniqueid in self._outgoing:
            yield said.DialEnded(row.at, None, seen, "ANSWER")

    def _hung_up(self, row: CelRow) -> Iterator[Wire]:
        if row.uniqueid not in self._names:
            return
        yield from self._left_queue(row)
        yield from self._ask(row)
        yield from self._dial_status(row)
        cause = row.extra.get("hangupcause")
        yield said.ChannelGone(row.at, self.seen(row), cause if isinstance(cause, int) else 0)
        del self._names[row.uniqueid]

    def _ask(self, row: CelRow) -> Iterator[Wire]:
        """Whoever hangs up now by his own end. One hang-up brings the others, and the log may tell
        theirs first."""
        for uniqueid in self._names.keys() - self._asked:
            end = self._hang_up_of(uniqueid)
            if end is not None and end.at - row.at < _TOGETHER and self._is_own(end):
                self._asked.add(uniqueid)
                yield said.HangupAsked(end.at, self._last[Uniqueid(uniqueid)])

    def _is_own(self, end: CelRow) -> bool:
        """Whether this line's own end hung it up. A caller who was told busy or congestion did so
        because of the exchange."""
        if end.extra.get("hangupsource") != end.channel:
            return False
        was_told = end.uniqueid not in self._up | self._outgoing
        return not (was_told and end.extra.get("hangupcause") in _PLAYED)

    def _hang_up_of(self, uniqueid: str) -> CelRow | None:
        return next((row for row in self._of[uniqueid] if row.kind == "HANGUP"), None)

    # --- talks -----------------------------------------------------------------------------------

    def _entered(self, row: CelRow) -> Iterator[Wire]:
        bridge, holding = _bridge(row)
        if not holding:
            yield from self._left_queue(row)
            self._bridge_of[row.uniqueid] = bridge
        yield said.BridgeEntered(row.at, self.seen(row), bridge, holding)

    def _left(self, row: CelRow) -> Iterator[Wire]:
        bridge, _ = _bridge(row)
        end = self._hang_up_of(row.uniqueid)
        if end is not None and end.at - row.at < _PARTING and self._is_last_exit(row):
            yield from self._ask(end)
        if self._bridge_of.get(row.uniqueid) == bridge:
            del self._bridge_of[row.uniqueid]
        yield said.BridgeLeft(row.at, self.seen(row), bridge)

    def _is_last_exit(self, row: CelRow) -> bool:
        moves = [one for one in self._of[row.uniqueid] if one.kind.startswith("BRIDGE_")]
        return moves[-1] is row

    def _music(self, row: CelRow) -> Iterator[Wire]:
        """Music in a talk is heard by who was put on hold: by the other one in it."""
        if not row.note.startswith("MOH"):
            return
        if row.kind == "STREAM_END":
            holder = self._holder_of.pop(row.uniqueid, None)
            if holder is not None and holder in self._last:
                yield said.HoldEnded(row.at, self._last[Uniqueid(holder)])
            return
        bridge = self._bridge_of.get(row.uniqueid)
        others = [
            one
            for one, where in self._bridge_of.items()
            if where == bridge and one != row.uniqueid and one in self._last
        ]
        if bridge is not None and len(others) == 1:
            self._holder_of[row.uniqueid] = others[0]
            yield said.HoldBegan(row.at, self._last[Uniqueid(others[0])])

    # --- applications ----------------------------------------------------------------------------

    def _app_started(self, row: CelRow) -> Iterator[Wire]:
        yield from self._asked_for(row)
        if row.app in ("ChanSpy", "ExtenSpy"):
            yield said.SpyBegan(row.at, self.seen(row))

    def _app_ended(self, row: CelRow) -> Iterator[Wire]:
        seen = self.seen(row)
        match row.app:
            case "Queue":
                if row.uniqueid in self._queue_of or row.uniqueid not in self._stood_in:
                    yield from self._left_queue(row)
                    yield said.VariableSet(row.at, seen, "QUEUESTATUS", "TIMEOUT")
            case "Dial":
                yield from self._dial_status(row)
            case "VoiceMail":
                yield said.VariableSet(row.at, seen, "VMSTATUS", "SUCCESS")
            case _:
                return

    def _queued(self, row: CelRow) -> Iterator[Wire]:
        """Into a queue, or out of one straight into the next: the log shows the channel's place.
        The members of the next may be rung before any row of the caller tells of it."""
        if row.kind == "CHAN_START" and row.uniqueid in self._outgoing:
            for waiting in list(self._queue_of):
                following = self._next_of(waiting)
                if following is not None:
                    yield from self._stand(following, row.at)
        elif row.app == "Queue" and row.kind not in _OUT_OF_QUEUE:
            yield from self._stand(row, row.at)

    def _stand(self, row: CelRow, at: datetime) -> Iterator[Wire]:
        queue = row.app_data.partition(",")[0].strip()
        if row.app != "Queue" or not queue or self._stood_in.get(row.uniqueid) == queue:
            return
        if self._was_turned_away(row):
            return
        yield from self._gave_up_queue(row, at)
        self._queue_of[row.uniqueid] = self._stood_in[row.uniqueid] = queue
        yield said.QueueJoined(at, self.seen(row), queue, 0)

    def _was_turned_away(self, row: CelRow) -> bool:
        """A queue that nobody may join now ends as it begins."""
        after = self._next_of(row.uniqueid)
        if row.kind != "APP_START" or after is None or after.kind != "APP_END":
            return False
        is_exact = bool(row.at.microsecond or after.at.microsecond)  # else: within one second
        return is_exact and after.at - row.at < _TURNED_AWAY

    def _next_of(self, uniqueid: str) -> CelRow | None:
        after = bisect_right(self._places[uniqueid], self._place)
        return self._of[uniqueid][after] if after < len(self._of[uniqueid]) else None

    def _gave_up_queue(self, row: CelRow, at: datetime | None = None) -> Iterator[Wire]:
        if row.uniqueid in self._queue_of:
            yield from self._left_queue(row, at)
            yield said.VariableSet(at or row.at, self.seen(row), "QUEUESTATUS", "TIMEOUT")

    def _left_queue(self, row: CelRow, at: datetime | None = None) -> Iterator[Wire]:
        queue = self._queue_of.pop(row.uniqueid, None)
        if queue is not None:
            yield said.QueueLeft(at or row.at, self.seen(row), queue)

    def _dial_status(self, row: CelRow) -> Iterator[Wire]:
        """The log keeps the last dial's verdict only, at the very end."""
        finders = [one.app for one in self._of[row.uniqueid] if one.app in ("Dial", "Queue")]
        end = self._hang_up_of(row.uniqueid)
        if row.uniqueid in self._dialled_for or end is None or finders[-1:] == ["Queue"]:
            return
        later = [one for one in self._of[row.uniqueid] if one.app == "Dial" and one.at > row.at]
        status = str(end.extra.get("dialstatus") or "")
        if status and not later:
            self._dialled_for.add(row.uniqueid)
            verdict = self._verdict(row, status)
            yield said.VariableSet(row.at, self.seen(row), "DIALSTATUS", verdict)

    def _verdict(self, row: CelRow, status: str) -> str:
        """NOANSWER covers much: the lines that were dialled last and ended themselves say more, by
        the rule that Asterisk's Dial itself follows."""
        if status != "NOANSWER":
            return status
        begins = [one.at for one in self._of[row.uniqueid] if one.kind == "APP_START"]
        causes = {
            end.extra.get("hangupcause")
            for uniqueid in self._outgoing
            if self._of[uniqueid][0].at >= max(begins, default=row.at)
            and (end := self._hang_up_of(uniqueid)) is not None
            and end.extra.get("hangupsource") == end.channel
        } - {0, NORMAL_CLEARING, NO_ANSWER}
        if USER_BUSY in causes:
            return "BUSY"
        if SWITCH_CONGESTION in causes:
            return "CONGESTION"
        return "CHANUNAVAIL" if causes else status

    def _asked_for(self, row: CelRow) -> Iterator[Wire]:
        """A phone that rang for its owner's own request goes to what he asked for."""
        is_first = str(row.uniqueid) == row.linkedid
        if is_first and row.uniqueid in self._outgoing and row.exten not in ("", "s", "h"):
            yield said.Originated(row.at, row.uniqueid, row.exten, "")

    # --- moves -----------------------------------------------------------------------------------

    def _blind(self, row: CelRow) -> Iterator[Wire]:
        transferee = self._named(row, "transferee_channel_uniqueid")
        exten = str(row.extra.get("extension", ""))
        yield said.BlindTransferred(row.at, self.seen(row), transferee, exten)

    def _attended(self, row: CelRow) -> Iterator[Wire]:
        second = self._named(row, "channel2_uniqueid")
        if second is None:
            return
        transferee = self._named(row, "transferee_channel_uniqueid")
        target = self._named(row, "transfer_target_channel_uniqueid")
        yield said.AttendedTransferred(row.at, self.seen(row), second, transferee, target)

    def _picked_up(self, row: CelRow) -> Iterator[Wire]:
        picker = self._named(row, "pickup_channel_uniqueid")
        if picker is not None:
            yield said.PickedUp(row.at, picker, self.seen(row))

    def _parked(self, row: CelRow) -> Iterator[Wire]:
        parker = str(row.extra.get("parker_dial_string", ""))
        yield said.ChannelParked(row.at, self.seen(row), parker)

    def _unparked(self, row: CelRow) -> Iterator[Wire]:
        name = str(row.extra.get("retriever", ""))
        retriever = next((one for one in self._last.values() if name and one.channel == name), None)
        yield said.ParkingEnded(row.at, self.seen(row), retriever)

    def _named(self, row: CelRow, key: str) -> Seen | None:
        return self._last.get(str(row.extra.get(key, "")))


_HANDLERS: Final[Mapping[str, Callable[[Interpreter, CelRow], Iterator[Wire]]]] = MappingProxyType(
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


def _is_outgoing(rows: Sequence[CelRow]) -> bool:
    """Whether the exchange dialled this channel: its first place is nowhere, or it says so."""
    if any(row.app in _OUTGOING_APPS or row.app_data == _OUTGOING_DATA for row in rows):
        return True
    return rows[0].exten in ("", "s") and str(rows[0].uniqueid) != rows[0].linkedid


def _bridge(row: CelRow) -> tuple[str, bool]:
    return str(row.extra.get("bridge_id", "")), row.extra.get("bridge_technology") == HOLDING
