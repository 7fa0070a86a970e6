"""Calls out of a log of channel events: the same tracker that listens hears the log read aloud."""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from telephony.catchup.gathering import Conversation, Gathering
from telephony.catchup.interpreting import Interpreter
from telephony.catchup.rows import CelRow
from telephony.events import CallEnded, CallRecord
from telephony.ids import EPOCH_IN_UNIQUEID
from telephony.tracker import CallTracker

Between = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Retold:
    """One conversation and the calls that it was, all ended; all its linkedids and channels, by
    which what is known of it already can be found; when its last row was written.

    `is_open`: the log leaves it in its middle; it goes on, or was cut then. `is_torn`: its end is
    not in the log, nor perhaps what came last before it. `is_coarse`: told from bills, which leave
    out more than they say. `is_fragment`: it had begun before the first row that was read.
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

    def __init__(self, is_phone: Callable[[str], bool], told: Between | None = None) -> None:
        """Conversations that lie wholly outside of `told` are not given out."""
        self._gathering = Gathering()
        self._is_phone = is_phone
        self._told = told
        self._since: datetime | None = None

    def feed(self, row: CelRow) -> Iterator[Retold]:
        """The conversations that this row ends; seldom more than one."""
        self._since = self._since or row.at
        for conversation in self._gathering.feed(row):
            if self._is_told(conversation):
                yield tell(conversation, self._is_phone, self._since)

    def unfinished(self) -> Iterator[Retold]:
        """Those that the log does not end."""
        for conversation in self._gathering.unfinished():
            if self._is_told(conversation):
                yield tell(conversation, self._is_phone, self._since)

    def _is_told(self, conversation: Conversation) -> bool:
        if self._told is None:
            return True
        since, until = self._told
        return conversation.rows[0].at <= until and conversation.rows[-1].at >= since


def retell(rows: Iterable[CelRow], is_phone: Callable[[str], bool]) -> Iterator[Retold]:
    """Every conversation of the log in the order of their ends, the unfinished ones last."""
    retelling = Retelling(is_phone)
    for row in rows:
        yield from retelling.feed(row)
    yield from retelling.unfinished()


def tell(
    conversation: Conversation, is_phone: Callable[[str], bool], since: datetime | None = None
) -> Retold:
    """The calls of one conversation. One that was cut ends with its last row, by the system, and so
    may one that the log does not end: `is_open` says that it may as well go on. `since`: when the
    log was begun to be read."""
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
    return Retold(
        tuple(told),
        frozenset(keys),
        at,
        is_open=is_open,
        is_torn=is_torn,
        is_fragment=since is not None and _began_before(since, rows, keys),
    )


def _began_before(since: datetime, rows: Sequence[CelRow], keys: Set[str]) -> bool:
    """Whether a channel's birth is missing because it was earlier, not because its row was lost."""
    born = {str(row.uniqueid) for row in rows if row.kind == "CHAN_START"}
    return any(_is_older(key, since) for key in keys - born)


def _is_older(uniqueid: str, since: datetime) -> bool:
    """An id that somebody else has chosen does not tell: then the missing row does."""
    found = EPOCH_IN_UNIQUEID.search(uniqueid)
    return found is None or int(found.group(1)) <= since.timestamp()


def _ended(facts: Iterable[object]) -> list[CallRecord]:
    return [fact.record for fact in facts if isinstance(fact, CallEnded)]
