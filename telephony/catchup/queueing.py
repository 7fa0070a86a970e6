"""Who stands in which queue, by the application that a log shows beside each row (pure).

A caller who goes from one queue straight into the next starts no application in the log: only its
data change.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from telephony import said
from telephony.catchup.lines import Line
from telephony.catchup.rows import CelRow
from telephony.said import Wire

_ENDING: Final = frozenset({"APP_END", "BRIDGE_EXIT", "HANGUP", "CHAN_END"})
_TURNED_AWAY: Final = timedelta(milliseconds=50)


class Queueing:
    """Shares the lines with the interpreter, and keeps their places in queues."""

    def __init__(self, lines: Mapping[str, Line]) -> None:
        self._lines = lines

    def hear(self, line: Line, row: CelRow, place: int) -> Iterator[Wire]:
        """Into a queue, or out of one into the next. The members of the next may be rung before any
        row of the caller tells of it."""
        if row.kind == "CHAN_START" and line.is_outgoing:
            for waiting in [one for one in self._lines.values() if one.queue is not None]:
                following = waiting.after(place)
                if following is not None:
                    yield from self._stand(waiting, following, row.at, place)
        elif row.app == "Queue" and row.kind not in _ENDING:
            yield from self._stand(line, row, row.at, place)

    def leave(self, line: Line, row: CelRow, at: datetime) -> Iterator[Wire]:
        """Out of the queue, whichever way."""
        queue, line.queue = line.queue, None
        if queue is not None:
            yield said.QueueLeft(at, line.seen(row), queue)

    def end(self, line: Line, row: CelRow) -> Iterator[Wire]:
        """The application is over: who still stood there, or never could, was left unanswered."""
        if line.queue is not None or line.stood_in is None:
            yield from self._give_up(line, row, row.at)

    def _stand(self, line: Line, row: CelRow, at: datetime, place: int) -> Iterator[Wire]:
        queue = row.app_data.partition(",")[0].strip()
        if row.app != "Queue" or not queue or line.stood_in == queue:
            return
        if _is_turned_away(row, line.after(place)):
            return
        if line.queue is not None:
            yield from self._give_up(line, row, at)
        line.queue = line.stood_in = queue
        yield said.QueueJoined(at, line.seen(row), queue, 0)

    def _give_up(self, line: Line, row: CelRow, at: datetime) -> Iterator[Wire]:
        yield from self.leave(line, row, at)
        yield said.VariableSet(at, line.seen(row), "QUEUESTATUS", "TIMEOUT")


def _is_turned_away(row: CelRow, following: CelRow | None) -> bool:
    """A queue that nobody may join now ends as it begins; whole seconds cannot show that."""
    if row.kind != "APP_START" or following is None or following.kind != "APP_END":
        return False
    is_exact = bool(row.at.microsecond or following.at.microsecond)
    return is_exact and following.at - row.at < _TURNED_AWAY
