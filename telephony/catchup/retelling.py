"""Calls out of a log of channel events: the same tracker that listens hears the log read aloud."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from telephony.catchup.gathering import Conversation, Gathering
from telephony.catchup.interpreting import Interpreter
from telephony.catchup.rows import CelRow
from telephony.events import CallEnded, CallRecord
from telephony.tracker import CallTracker


@dataclass(frozen=True, slots=True)
class Retold:
    """One conversation and the calls that it was, all ended; all its linkedids and channels, by
    which what is known of it already can be found; when its last row was written.

    `is_open`: the log leaves it in its middle; it goes on, or was cut then. `is_torn`: its end is
    not in the log, nor perhaps what came last before it. `is_coarse`: told from bills, which leave
    out more than they say.
    """

    calls: tuple[CallRecord, ...]
    keys: frozenset[str]
    last_at: datetime
    is_open: bool = False
    is_torn: bool = False
    is_coarse: bool = False
    is_fragment: bool = False


class Retelling:
    """Feed it a log of channel events in its order: conversations come out as they end."""

    def __init__(self, is_phone: Callable[[str], bool]) -> None:
        self._gathering = Gathering()
        self._is_phone = is_phone

    def feed(self, row: CelRow) -> Iterator[Retold]:
        """The conversations that this row ends; seldom more than one."""
        for conversation in self._gathering.feed(row):
            yield tell(conversation, self._is_phone)

    def unfinished(self) -> Iterator[Retold]:
        """Those that the log does not end."""
        for conversation in self._gathering.unfinished():
            yield tell(conversation, self._is_phone)


def retell(rows: Iterable[CelRow], is_phone: Callable[[str], bool]) -> Iterator[Retold]:
    """Every conversation of the log in the order of their ends, the unfinished ones last."""
    retelling = Retelling(is_phone)
    for row in rows:
        yield from retelling.feed(row)
    yield from retelling.unfinished()


def tell(conversation: Conversation, is_phone: Callable[[str], bool]) -> Retold:
    """The calls of one conversation. One that was cut ends with its last row, by the system, and so
    may one that the log does not end: `is_open` says that it may as well go on."""
    rows = conversation.rows
    tracker = CallTracker(is_phone, lists_follow=False)
    told: list[CallRecord] = []
    for wire in Interpreter(rows).wires():
        told += _ended(tracker.feed(wire))
    at = max(row.at for row in rows)
    told += _ended(tracker.finish(at))
    told += _ended(tracker.cut(at))
    is_open = not conversation.is_over and not conversation.was_cut
    keys = {str(row.linkedid) for row in rows} | {str(row.uniqueid) for row in rows}
    is_torn = not conversation.is_over
    return Retold(tuple(told), frozenset(keys), at, is_open=is_open, is_torn=is_torn)


def _ended(facts: Iterable[object]) -> list[CallRecord]:
    return [fact.record for fact in facts if isinstance(fact, CallEnded)]
