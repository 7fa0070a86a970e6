"""What calls are asked for by, as conditions: missed, and a number in any writing."""

from typing import Final

from sqlalchemy import ColumnElement, and_, false, or_

from crm_core.calls.tables import calls
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


def is_missed() -> ColumnElement[bool]:
    """Inbound calls with which nobody of ours has talked."""
    return and_(
        calls.c.direction == Direction.INBOUND.value,
        calls.c.outcome.in_(sorted(outcome.value for outcome in MISSED_OUTCOMES)),
    )


def has_number(written: str, country: str) -> ColumnElement[bool]:
    """Calls with this number in any writing, or with a part of it; none for fewer than 3 digits."""
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
