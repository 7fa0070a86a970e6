"""The law of a scenario file: a profile's key, or its key and what is otherwise."""

from collections.abc import Callable, Mapping
from typing import Final

from crm_core.errors import Invalid
from dialer.compliance.profile import LawProfile
from dialer.compliance.stored import as_values, from_values
from dialer.simulation.written.fields import shown

ProfileOf = Callable[[str], LawProfile | None]
"""The law profile of a key; None for no such profile."""
USUAL_LAW: Final = "us_federal"
_HOME: Final = {
    "US": "America/New_York",
    "GB": "Europe/London",
    "RU": "Europe/Moscow",
    "SK": "Europe/Bratislava",
    "DE": "Europe/Berlin",
}


def read_law(written: object, profile_of: ProfileOf, at: str = "law") -> LawProfile:
    """The profile. Invalid: "profile_unknown", and those of `from_values`, as "law.hours"."""
    if written is None:
        written = USUAL_LAW
    if isinstance(written, str):
        return _named(written, profile_of, at)
    if not isinstance(written, Mapping):
        raise Invalid(at, "no_table")
    law = _named(written.get("profile", USUAL_LAW), profile_of, f"{at}.profile")
    values = as_values(law)
    for name, value in written.items():
        if name != "profile":
            values[name] = _over(values.get(name), value)
    try:
        return from_values(law.key, values)
    except Invalid as refused:
        code = "unknown_key" if refused.code == "unknown_field" else refused.code
        name = refused.field.rpartition(".")[2]
        raise Invalid(
            f"{at}.{shown(refused.field)}", code, **{"name": shown(name), **refused.values}
        ) from None


def zone_of_law(law: LawProfile) -> str:
    """Where an office under that law is, unless its scenario says otherwise."""
    return _HOME.get(law.country, "UTC")


def _named(written: object, profile_of: ProfileOf, at: str) -> LawProfile:
    law = profile_of(written) if isinstance(written, str) else None
    if law is None:
        raise Invalid(at, "profile_unknown", value=shown(written))
    return law


def _over(usual: object, written: object) -> object:
    """A table is laid over the profile's own, key by key; anything else stands in its place."""
    if isinstance(usual, Mapping) and isinstance(written, Mapping):
        return {**usual, **written}
    return written
