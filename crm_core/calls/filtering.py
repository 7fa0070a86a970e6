"""Which calls are asked for: one frozen question, and the condition that it makes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, false, or_, true

from crm_core.calls.tables import call_offers, call_talks, calls, wrap_ups
from telephony.events import Direction, Outcome
from telephony.numbers import SHORTEST_PUBLIC, normalise

MISSED_OUTCOMES: Final = frozenset(
    {
        Outcome.ABANDONED,
        Outcome.NO_ANSWER,
        Outcome.BUSY,
        Outcome.VOICEMAIL,
        Outcome.FAILED,
        Outcome.CONGESTION,
    }
)
"""How an inbound call ends when nobody of ours has talked with the caller."""

_SHORTEST_PART = 3  # digits: fewer are in every number


@dataclass(frozen=True, slots=True)
class CallFilter:
    """None asks for any. `agent_id`: offered to or talked by; `number`: in any writing, or a part.

    `from_at` is included, `until_at` is not. `missed`: inbound and nobody of ours talked.
    """

    direction: str | None = None
    outcome: str | None = None
    agent_id: int | None = None
    queue: str | None = None
    client_id: int | None = None
    number: str | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None
    disposition_id: int | None = None
    missed: bool = False
    live: bool | None = None


def condition(asked: CallFilter, country: str) -> ColumnElement[bool]:
    """`asked` as a condition on `calls`; numbers are read as `country` writes them."""
    parts: list[ColumnElement[bool]] = [true()]
    for column, value in (
        (calls.c.direction, asked.direction),
        (calls.c.outcome, asked.outcome),
        (calls.c.queue, asked.queue),
        (calls.c.client_id, asked.client_id),
    ):
        if value is not None:
            parts.append(column == value)
    if asked.from_at is not None:
        parts.append(calls.c.started_at >= asked.from_at)
    if asked.until_at is not None:
        parts.append(calls.c.started_at < asked.until_at)
    if asked.agent_id is not None:
        parts.append(_concerns(asked.agent_id))
    if asked.number:
        parts.append(_has_number(asked.number, country))
    if asked.disposition_id is not None:
        parts.append(_was(asked.disposition_id))
    if asked.missed:
        parts.append(is_missed())
    if asked.live is not None:
        parts.append(calls.c.ended_at.is_(None) if asked.live else calls.c.ended_at.is_not(None))
    return and_(*parts)


def is_missed() -> ColumnElement[bool]:
    """Inbound calls with which nobody of ours has talked."""
    return and_(
        calls.c.direction == Direction.INBOUND.value,
        calls.c.outcome.in_(sorted(outcome.value for outcome in MISSED_OUTCOMES)),
    )


def _concerns(agent_id: int) -> ColumnElement[bool]:
    return or_(
        exists().where(call_talks.c.call_id == calls.c.call_id, call_talks.c.agent_id == agent_id),
        exists().where(
            call_offers.c.call_id == calls.c.call_id, call_offers.c.agent_id == agent_id
        ),
    )


def _was(disposition_id: int) -> ColumnElement[bool]:
    return exists().where(
        wrap_ups.c.call_id == calls.c.call_id, wrap_ups.c.disposition_id == disposition_id
    )


def _has_number(written: str, country: str) -> ColumnElement[bool]:
    number = normalise(written, country)
    if number.e164:
        return calls.c.number == number.e164
    digits = number.digits
    if len(digits) < _SHORTEST_PART:
        return false()
    parts = [digits]
    if digits[0] in "80" and len(digits) > SHORTEST_PUBLIC:
        parts.append(digits[1:])  # the trunk prefix that no stored number has
    columns = (calls.c.number, calls.c.caller, calls.c.dialled)
    return or_(*(column.contains(part) for column in columns for part in parts))
