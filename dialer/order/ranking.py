"""The order of a list as one whole number, which an index can keep: the least is dialled first.

Promises come before everything, because they were given; then the campaign's priority, then who
asked himself (the newest first: after minutes he has called somebody else), then who was tried
least. What changes with the hour and with the quotas is a matter of whole buckets (`picking.py`).
"""

from datetime import UTC, datetime
from typing import Final

HIGHEST_PRIORITY: Final = 9
_MINUTE_BITS: Final = 27  # minutes since 2000: 255 years
_ATTEMPT_BITS: Final = 8
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MOST_MINUTES: Final = (1 << _MINUTE_BITS) - 1
_MOST_ATTEMPTS: Final = (1 << _ATTEMPT_BITS) - 1
BAND_SHIFT: Final = _MINUTE_BITS + _ATTEMPT_BITS
"""`rank >> BAND_SHIFT` is the band: promise, priority and whether he asked."""
_ASKED: Final = 0
_LISTED: Final = 1


def rank(
    priority: int,
    attempts: int,
    *,
    promised_at: datetime | None = None,
    requested_at: datetime | None = None,
) -> int:
    """The place of an entry: of the same rank the earlier on the list comes first."""
    band = (HIGHEST_PRIORITY - min(max(priority, 0), HIGHEST_PRIORITY)) << 1
    if promised_at is not None:
        return _packed(band | _ASKED, _minutes(promised_at), attempts)
    band |= 1 << 5
    if requested_at is not None:
        return _packed(band | _ASKED, _MOST_MINUTES - _minutes(requested_at), attempts)
    return _packed(band | _LISTED, 0, attempts)


def is_urgent(place: int) -> bool:
    """Promised, or asked for by the person himself: no better hour is waited for."""
    return not (place >> BAND_SHIFT) & _LISTED


def _packed(band: int, minutes: int, attempts: int) -> int:
    return (band << BAND_SHIFT) | (minutes << _ATTEMPT_BITS) | min(attempts, _MOST_ATTEMPTS)


def _minutes(at: datetime) -> int:
    return min(max(int((at - _EPOCH).total_seconds() // 60), 0), _MOST_MINUTES)
