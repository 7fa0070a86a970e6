"""What a campaign is set to, and the plain form in which its row keeps it.

Nonsense is refused with Invalid naming the field; what is not said is as usual.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from math import isfinite
from typing import Any, Final, TypeVar

from crm_core.errors import Invalid
from crm_core.wording import line
from dialer.compliance.profile import CallingHours
from dialer.compliance.written_hours import read_hours, written_hours
from dialer.order.outcomes import Verdict
from dialer.order.quotas import Quotas
from dialer.order.retry import USUAL, After, RetryRules
from telephony.events import Outcome

Word = TypeVar("Word", bound=StrEnum)
LONGEST_SEGMENT: Final = 64
MOST_SEGMENTS: Final = 500
_LONGEST_WAIT: Final = 60 * 24 * 60  # minutes: two months


@dataclass(frozen=True, slots=True)
class PacingSettings:
    """How hard a campaign dials: `ratio` calls for a free operator (power), at most `most_ratio`
    lines for one on duty (predictive), and the bounds of every mode. `target` is the share of
    abandoned calls to aim at, None for what the law suggests."""

    ratio: float = 1.0
    # Of whom one in twelve answers, an operator with talks of 40 s keeps six lines busy.
    most_ratio: float = 10.0
    ring_seconds: int = 25
    trunks: int = 30
    calls_per_second: float = 5.0
    target: float | None = None


_BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "ratio": (0.1, 20),
    "most_ratio": (1, 20),
    "ring_seconds": (5, 120),
    "trunks": (1, 10_000),
    "calls_per_second": (0.05, 1_000),
    "target": (0, 0.5),
    "most_attempts": (1, 100),
    "most_per_day": (1, 100),
    "most_per_number": (1, 100),
    "most_busy": (1, 100),
    "most_network": (1, 100),
    "most_failures": (1, 100),
    "network_trouble_minutes": (1, _LONGEST_WAIT),
    "next_number_minutes": (0, _LONGEST_WAIT),
    "lost_minutes": (1, _LONGEST_WAIT),
    "callback_tolerance_minutes": (0, 24 * 60),
    "absent_minutes": (0, 7 * 24 * 60),
}


def pacing_from(plain: object) -> PacingSettings:
    """Of the stored form."""
    return PacingSettings(**_bounded("pacing", plain, PacingSettings))


def retry_from(plain: object) -> RetryRules:
    """Of the stored form."""
    given = dict(_mapping("retry", plain))
    after = _mapping("retry.after", given.pop("after", {}))
    found = {_word(Outcome, "retry.after", key): _after(value) for key, value in after.items()}
    return RetryRules(after={**USUAL, **found}, **_bounded("retry", given, RetryRules))


def quotas_from(plain: object) -> Quotas:
    """Of the stored form: `{"segment": most completed}`."""
    given = _mapping("quotas", plain)
    if len(given) > MOST_SEGMENTS:
        raise Invalid("quotas", "too_many", most=MOST_SEGMENTS)
    for segment in given:
        if line("quotas", segment, limit=LONGEST_SEGMENT, required=False) != segment:
            raise Invalid("quotas", "not_a_choice")
    return Quotas({key: int(_number("quotas", each, 0, 1e9, int)) for key, each in given.items()})


def hours_from(plain: object) -> CallingHours | None:
    """Of the stored form, as a law profile writes hours; None where the campaign has none."""
    return read_hours("hours", plain) if plain else None


def verdicts_from(plain: object) -> dict[int, Verdict]:
    """Of the stored form: `{"disposition id": verdict}`."""
    given = _mapping("verdicts", plain)
    if not all(key.isdecimal() and len(key) < 10 for key in given):
        raise Invalid("verdicts", "not_a_choice")
    return {int(key): _word(Verdict, "verdicts", each) for key, each in given.items()}


def plain_pacing(settings: PacingSettings) -> dict[str, Any]:
    """The stored form."""
    return asdict(settings)


def plain_retry(rules: RetryRules) -> dict[str, Any]:
    """The stored form."""
    plain = {each.name: getattr(rules, each.name) for each in fields(rules)}
    plain["after"] = {key.value: asdict(each) for key, each in rules.after.items()}
    return plain


def plain_hours(hours: CallingHours | None) -> dict[str, Any]:
    """The stored form."""
    return {} if hours is None else dict(written_hours(hours))


def plain_verdicts(verdicts: Mapping[int, Verdict]) -> dict[str, str]:
    """The stored form."""
    return {str(key): each.value for key, each in verdicts.items()}


PLAIN: Final[Mapping[str, Callable[[object], Any]]] = {
    "pacing": lambda plain: plain_pacing(pacing_from(plain)),
    "retry": lambda plain: plain_retry(retry_from(plain)),
    "quotas": lambda plain: dict(quotas_from(plain).most),
    "hours": lambda plain: plain_hours(hours_from(plain)),
    "verdicts": lambda plain: plain_verdicts(verdicts_from(plain)),
}
"""The columns that keep a plain form: what is to be kept of what somebody sends."""


def _after(plain: object) -> After:
    given = _mapping("retry.after", plain)
    minutes = given.get("minutes")
    if minutes is not None:
        minutes = int(_number("retry.after", minutes, 0, _LONGEST_WAIT, int))
    return After(minutes, another_part=bool(given.get("another_part", False)))


def _bounded(field: str, plain: object, shape: type) -> dict[str, Any]:
    known = {each.name: each for each in fields(shape)}
    found: dict[str, Any] = {}
    for name, value in _mapping(field, plain).items():
        if name not in known or name not in _BOUNDS:
            raise Invalid(f"{field}.{name}", "unknown_field")
        least, most = _BOUNDS[name]
        is_whole = isinstance(known[name].default, int)
        if value is None and known[name].default is None:
            found[name] = None
            continue
        found[name] = _number(f"{field}.{name}", value, least, most, int if is_whole else float)
    return found


def _number(
    field: str, value: object, least: float, most: float, kind: type[int] | type[float]
) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid(field, "not_a_number")
    if isinstance(value, float) and (not isfinite(value) or (kind is int and value % 1)):
        raise Invalid(field, "not_a_number")
    if not least <= value <= most:
        raise Invalid(field, "out_of_range", least=least, most=most)
    return kind(value)


def _mapping(field: str, plain: object) -> Mapping[str, Any]:
    if not isinstance(plain, Mapping) or not all(isinstance(key, str) for key in plain):
        raise Invalid(field, "not_a_choice")
    return plain


def _word(kind: type[Word], field: str, word: object) -> Word:
    try:
        return kind(str(word))
    except ValueError:
        raise Invalid(field, "not_a_choice", value=str(word)[:64]) from None
