"""Calls out of a log of channel events: the same tracker that listens hears the log read aloud."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from telephony.catchup.gathering import Conversation, Gathering
from telephony.catchup.interpreting import Interpreter
from telephony.catchup.rows import CelRow
from telephony.events import CallEnded, CallRecord
from telephony.tracker import CallTracker


@dataclass(frozen=True, slots=True)
class Retold:
    """One conversation: `calls` that it was, ended unless `is_open`; all its linkedids and
    channels, by which what is known of it already can be found. `is_coarse`: told from bills, which
    leave out more than they say."""

    calls: tuple[CallRecord, ...]
    is_open: bool
    keys: frozenset[str]
    is_coarse: bool = False


def retell(rows: Iterable[CelRow], is_phone: Callable[[str], bool]) -> Iterator[Retold]:
    """Every conversation of the log in the order of their ends, the unfinished ones last."""
    gathering = Gathering()
    for conversation in gathering.feed(rows):
        yield tell(conversation, is_phone)
    for conversation in gathering.unfinished():
        yield tell(conversation, is_phone)


def tell(conversation: Conversation, is_phone: Callable[[str], bool]) -> Retold:
    """The calls of one conversation; one that was cut ends with its last row, by the system."""
    rows = conversation.rows
    tracker = CallTracker(is_phone, lists_follow=False)
    told: list[CallRecord] = []
    for wire in Interpreter(rows).wires():
        told += _ended(tracker.feed(wire))
    at = max(row.at for row in rows)
    is_open = not conversation.is_over and not conversation.was_cut
    if is_open:
        told += tracker.live()
    else:
        told += _ended(tracker.finish(at))
        told += _ended(tracker.cut(at))
    keys = {str(row.linkedid) for row in rows} | {str(row.uniqueid) for row in rows}
    return Retold(tuple(told), is_open, frozenset(keys))


def _ended(facts: Iterable[object]) -> list[CallRecord]:
    return [fact.record for fact in facts if isinstance(fact, CallEnded)]
