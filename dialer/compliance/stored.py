"""A law profile as plain values, for a row or a TOML file, and back; nonsense is refused.

Refusals name the field as the values do: Invalid("abandonment.limit", "out_of_range").
"""

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

import tomli_w

from crm_core.errors import Invalid
from crm_core.wording import line
from dialer.compliance.loosening import FIELDS
from dialer.compliance.profile import (
    AbandonmentRule,
    AttemptLimit,
    ConsentRule,
    Counted,
    CountedFrom,
    LawProfile,
    Period,
    RecordingRule,
    Window,
)
from dialer.compliance.written_hours import read_hours, written_hours

NO_LIMIT: Final = "none"
"""How a share that no law limits is written: TOML knows no null."""
_FIELDS: Final = (
    *("country", "subdivision", "sources", "hours", "attempts", "minimum_ring_seconds"),
    *("abandonment", "message_needed", "opt_out_key", "embargo_hours", "consent", "recording"),
    *("caller_label_length", "retention_days", "rule_sources"),
)
_KEYS: Final = frozenset("0123456789*#") | {""}
_YEARS: Final = 100 * 366  # days
_YEAR_OF_HOURS: Final = 366 * 24
Word = TypeVar("Word", bound=StrEnum)


def as_values(profile: LawProfile) -> dict[str, Any]:
    """Everything but the key, as JSON and TOML can hold it."""
    abandonment = profile.abandonment
    return {
        "country": profile.country,
        "subdivision": profile.subdivision,
        "sources": list(profile.sources),
        "hours": written_hours(profile.hours),
        "attempts": [_written_limit(limit) for limit in profile.attempts],
        "minimum_ring_seconds": profile.minimum_ring_seconds,
        "abandonment": {
            "limit": NO_LIMIT if abandonment.limit is None else abandonment.limit,
            "window": abandonment.window.value,
            "seconds": abandonment.seconds,
            "counted_from": abandonment.counted_from.value,
        },
        "message_needed": profile.message_needed,
        "opt_out_key": profile.opt_out_key,
        "embargo_hours": profile.embargo_hours,
        "consent": profile.consent.value,
        "recording": profile.recording.value,
        "caller_label_length": profile.caller_label_length,
        "retention_days": profile.retention_days,
        "rule_sources": dict(profile.rule_sources),
    }


def from_values(key: str, values: object) -> LawProfile:
    """The profile of such values. Invalid: "required", "not_a_choice", "out_of_range",
    "hours_bad", "country_bad", "too_long", "unknown_field"."""
    whole = _table("values", values)
    _only(whole, _FIELDS)
    message_needed = whole.get("message_needed")
    if not isinstance(message_needed, bool):
        raise Invalid("message_needed", _lacking(message_needed))
    return LawProfile(
        key=key,
        country=_country(whole),
        subdivision=_text(whole, "subdivision", 6),
        sources=_sources(whole),
        hours=read_hours("hours", whole.get("hours")),
        attempts=_attempts(whole),
        minimum_ring_seconds=_number(whole, "minimum_ring_seconds", 0, 120),
        abandonment=_abandonment(_table("abandonment", whole.get("abandonment"))),
        message_needed=message_needed,
        opt_out_key=_opt_out_key(whole),
        embargo_hours=_number(whole, "embargo_hours", 0, _YEAR_OF_HOURS),
        consent=_word(whole, "consent", ConsentRule),
        recording=_word(whole, "recording", RecordingRule),
        caller_label_length=_number(whole, "caller_label_length", 0, 200),
        retention_days=_number(whole, "retention_days", 0, _YEARS),
        rule_sources=_rule_sources(whole),
    )


def as_toml(profile: LawProfile) -> str:
    """A file of the profile's values, as the built-in ones are."""
    return tomli_w.dumps(as_values(profile))


def from_toml(key: str, written: str) -> LawProfile:
    """The profile of a file. Invalid("file", "not_toml", reason) where it cannot be read at all."""
    try:
        values = tomllib.loads(written)
    except (tomllib.TOMLDecodeError, RecursionError) as refused:
        raise Invalid("file", "not_toml", reason=str(refused)[:200]) from None
    return from_values(key, values)


def _written_limit(limit: AttemptLimit) -> dict[str, Any]:
    hours = {} if limit.hours is None else {"hours": limit.hours}
    words = {"period": limit.period.value, "counted": limit.counted.value}
    return {"most": limit.most, **words, **hours}


def _attempts(whole: Mapping[str, Any]) -> tuple[AttemptLimit, ...]:
    written = whole.get("attempts")
    if not isinstance(written, list | tuple):
        raise Invalid("attempts", _lacking(written))
    if len(written) > 20:
        raise Invalid("attempts", "out_of_range", least=0, most=20)
    return tuple(_limit(_table(f"attempts.{n}", each), n) for n, each in enumerate(written, 1))


def _limit(written: Mapping[str, Any], place: int) -> AttemptLimit:
    at = f"attempts.{place}."
    _only(written, ("most", "period", "counted", "hours"), at)
    period = _word(written, "period", Period, at)
    rolls = period is Period.ROLLING
    if not rolls and "hours" in written:
        raise Invalid(f"{at}hours", "unknown_field")
    return AttemptLimit(
        most=_number(written, "most", 0, 1_000, at),
        period=period,
        counted=_word({"counted": Counted.ATTEMPTS.value, **written}, "counted", Counted, at),
        hours=_number(written, "hours", 1, _YEAR_OF_HOURS, at) if rolls else None,
    )


def _abandonment(written: Mapping[str, Any]) -> AbandonmentRule:
    at = "abandonment."
    _only(written, ("limit", "window", "seconds", "counted_from"), at)
    no_limit = written.get("limit") == NO_LIMIT
    return AbandonmentRule(
        limit=None if no_limit else _fraction(written, "limit", 0.0, 1.0, at),
        window=_word(written, "window", Window, at),
        seconds=_fraction(written, "seconds", 0.0, 60.0, at),
        counted_from=_word(written, "counted_from", CountedFrom, at),
    )


def _country(whole: Mapping[str, Any]) -> str:
    written = _text(whole, "country", 40)
    if written and not re.fullmatch("[A-Z]{2}", written):
        raise Invalid("country", "country_bad", value=written)
    return written


def _sources(whole: Mapping[str, Any]) -> tuple[str, ...]:
    written = whole.get("sources")
    if not isinstance(written, list | tuple) or not all(isinstance(e, str) for e in written):
        raise Invalid("sources", _lacking(written))
    if len(written) > 50:
        raise Invalid("sources", "out_of_range", least=0, most=50)
    return tuple(line("sources", each, limit=500) for each in written)


def _rule_sources(whole: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """In the order of the rules; what was kept before there were any says none."""
    written = _table("rule_sources", whole.get("rule_sources", {}))
    _only(written, FIELDS, "rule_sources.")
    if not all(isinstance(each, str) for each in written.values()):
        raise Invalid("rule_sources", "not_a_choice")
    return tuple(
        (name, line(f"rule_sources.{name}", written[name], limit=500))
        for name in FIELDS
        if name in written
    )


def _opt_out_key(whole: Mapping[str, Any]) -> str:
    written = _text(whole, "opt_out_key", 40)
    if written not in _KEYS:
        raise Invalid("opt_out_key", "not_a_choice")
    return written


def _text(table: Mapping[str, Any], name: str, limit: int) -> str:
    written = table.get(name)
    if not isinstance(written, str):
        raise Invalid(name, _lacking(written))
    return line(name, written, limit=limit, required=False)


def _number(table: Mapping[str, Any], name: str, least: int, most: int, at: str = "") -> int:
    written = table.get(name)
    if isinstance(written, bool) or not isinstance(written, int):
        raise Invalid(at + name, _lacking(written, "not_a_number"))
    if not least <= written <= most:
        raise Invalid(at + name, "out_of_range", least=least, most=most)
    return written


def _fraction(
    table: Mapping[str, Any], name: str, least: float, most: float, at: str = ""
) -> float:
    written = table.get(name)
    if isinstance(written, bool) or not isinstance(written, int | float):
        raise Invalid(at + name, _lacking(written))
    if not least <= written <= most:  # nor is what is no number
        raise Invalid(at + name, "out_of_range", least=least, most=most)
    return float(written)


def _word(table: Mapping[str, Any], name: str, kind: type[Word], at: str = "") -> Word:
    written = table.get(name)
    try:
        return kind(written)  # type: ignore[arg-type] # whatever it is, it is a word or refused
    except ValueError:
        raise Invalid(at + name, _lacking(written)) from None


def _table(name: str, written: object) -> Mapping[str, Any]:
    if not isinstance(written, Mapping):
        raise Invalid(name, _lacking(written))
    return written


def _only(table: Mapping[str, Any], names: tuple[str, ...], at: str = "") -> None:
    for name in table:
        if name not in names:
            raise Invalid(f"{at}{str(name)[:40]}", "unknown_field")


def _lacking(written: object, otherwise: str = "not_a_choice") -> str:
    return "required" if written is None else otherwise
