"""A conversation of the exchange's log beside what our call log has of it (pure)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from crm_core.calls.completing import VARIABLES
from telephony.catchup.retelling import Retold
from telephony.events import CallRecord, CallRetold, CallsJoined, Fact, Outcome
from telephony.ids import CallId

APART: Final = timedelta(seconds=3)
"""Our clock and the exchange's, and whole seconds in its log: so much is no difference."""


class Verdict(StrEnum):
    """`accounted`: both logs have it, alike. `missing`: ours has not. `incomplete`: ours has seen
    a part. `differs`: ours says something else. `unlogged`: the exchange's log has it not."""

    ACCOUNTED = "accounted"
    MISSING = "missing"
    INCOMPLETE = "incomplete"
    DIFFERS = "differs"
    UNLOGGED = "unlogged"


@dataclass(frozen=True, slots=True)
class KnownCall:
    """A call as our log has it; `keys` are its id and linkedids."""

    call_id: str
    keys: frozenset[str]
    direction: str
    caller: str
    dialled: str
    queue: str | None
    outcome: str | None
    started_at: datetime
    ended_at: datetime | None
    complete: bool
    answered_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One call of the exchange's log, or (`unlogged`) of ours only. `differences`: by field, what
    we have and what the log has; `absorbs`: calls of ours that are parts of it."""

    verdict: Verdict
    record: CallRecord | None
    known: KnownCall | None
    differences: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    absorbs: tuple[str, ...] = ()
    is_coarse: bool = False

    @property
    def call_id(self) -> str:
        """Under which our log has it, or will."""
        if self.known is not None:
            return self.known.call_id
        assert self.record is not None
        return str(self.record.call_id)

    def facts(self, *, is_history: bool = False, is_wanted: bool = False) -> list[Fact]:
        """What to tell the call log so that it has this call, whole and once."""
        if self.record is None or self.record.ended_at is None:
            return []
        call_id = CallId(self.call_id)
        at = self.record.ended_at
        joined: list[Fact] = [
            CallsJoined(at=at, call_id=call_id, absorbed_id=CallId(other)) for other in self.absorbs
        ]
        told = CallRetold(
            at=at,
            call_id=call_id,
            record=_renamed(self.record, call_id),
            is_coarse=self.is_coarse,
            is_history=is_history,
            is_wanted=is_wanted,
        )
        return [*joined, told]


def compare(retold: Retold, known: Sequence[KnownCall]) -> list[Compared]:
    """Each call of the conversation; `known` are those of ours that share a key with it. Of one
    whose beginning was not read only those are told that we know, and they are only added to."""
    left = list(known)
    pairs: list[tuple[CallRecord, KnownCall | None]] = []
    for record in sorted(retold.calls, key=lambda one: one.started_at):
        same = _same(record, left)
        if same is not None:
            left.remove(same)
        pairs.append((record, same))
    compared = []
    for record, same in pairs:
        if retold.is_fragment and same is None:
            continue
        parts = [one for one in left if _is_part(one, record)]
        left = [one for one in left if one not in parts]
        compared.append(_compared(record, same, parts, retold))
    return compared


def _same(record: CallRecord, known: Iterable[KnownCall]) -> KnownCall | None:
    """The call that this record is about: of that very id, else the nearest of its linkedids."""
    keys = {str(record.call_id), *map(str, record.linkedids)}
    candidates = [one for one in known if one.keys & keys]
    for one in candidates:
        if one.call_id == record.call_id:
            return one
    ours = [one for one in candidates if _overlap(one, record)]
    return min(ours, key=lambda one: abs(one.started_at - record.started_at), default=None)


def _overlap(known: KnownCall, record: CallRecord) -> bool:
    ended_at = record.ended_at or record.started_at
    known_end = known.ended_at or max(ended_at, known.started_at)
    return known.started_at <= ended_at + APART and record.started_at <= known_end + APART


def _is_part(known: KnownCall, record: CallRecord) -> bool:
    """Half a call that we have as one of its own, because we saw them joined by nobody."""
    keys = {str(record.call_id), *map(str, record.linkedids)}
    is_half = not known.complete or known.ended_at is None
    return is_half and bool(known.keys & keys) and _overlap(known, record)


def _compared(
    record: CallRecord, known: KnownCall | None, parts: Sequence[KnownCall], retold: Retold
) -> Compared:
    absorbs = tuple(part.call_id for part in parts)
    is_coarse = retold.is_coarse or retold.is_fragment
    if known is None:
        return Compared(Verdict.MISSING, record, None, {}, absorbs, is_coarse)
    if retold.is_fragment and known.complete and known.ended_at is not None:
        return Compared(Verdict.ACCOUNTED, record, known, {}, absorbs, is_coarse)
    if retold.is_torn and known.answered_by and not record.answered_by:
        # Asterisk took the last rows of its log with it: who talked, we have heard.
        return Compared(Verdict.ACCOUNTED, record, known, {}, absorbs, is_coarse)
    differences = differences_of(known, record, is_coarse=is_coarse)
    if known.ended_at is None or not known.complete or parts:
        verdict = Verdict.INCOMPLETE
    else:
        verdict = Verdict.DIFFERS if differences else Verdict.ACCOUNTED
    return Compared(verdict, record, known, differences, absorbs, is_coarse)


def differences_of(
    known: KnownCall, record: CallRecord, *, is_coarse: bool
) -> dict[str, tuple[Any, Any]]:
    """What the log says otherwise, and can say: it knows no variables, no requests of ours; bills
    know neither who came late to a call nor how it failed."""
    pairs: dict[str, tuple[Any, Any]] = {
        "outcome": (known.outcome, record.outcome and record.outcome.value),
        "answered_by": (known.answered_by, tuple(map(str, record.answered_by))),
        "started_at": (known.started_at, record.started_at),
        "ended_at": (known.ended_at, record.ended_at),
    }
    if known.outcome in VARIABLES or (is_coarse and not _answered(known, record)):
        del pairs["outcome"]
    if is_coarse:
        del pairs["answered_by"]
    return {name: pair for name, pair in pairs.items() if not _alike(*pair)}


def _answered(known: KnownCall, record: CallRecord) -> bool:
    return Outcome.ANSWERED in (known.outcome, record.outcome)


def _alike(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, datetime) and isinstance(theirs, datetime):
        return abs(ours - theirs) <= APART
    if isinstance(ours, tuple):
        return sorted(ours) == sorted(theirs)
    return bool(ours == theirs)


def _renamed(record: CallRecord, call_id: CallId) -> CallRecord:

    return record if record.call_id == call_id else replace(record, call_id=call_id)
