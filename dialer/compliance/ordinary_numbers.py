"""Numbers that are plainly somebody's own telephone, told without taking them apart.

Taking one number apart costs as much as asking the database about fifty; nearly all are plain.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_LONGEST_CODE: Final = 3
_COSTLY: Final = (
    *("premium_rate", "toll_free", "shared_cost", "personal_number", "pager", "uan", "voicemail"),
)


def is_ordinary(e164: str) -> bool:
    """Whether the number is valid and a landline's or a mobile's by its country's plan, beyond
    doubt. False tells nothing."""
    if _E164.fullmatch(e164) is None:
        return False
    for end in range(2, _LONGEST_CODE + 2):
        plan = _plan(e164[1:end])
        if plan is not None:
            return plan.knows(e164[end:])
    return False


@dataclass(frozen=True, slots=True)
class _Kind:
    """What one description of a plan fits; no lengths: any."""

    pattern: re.Pattern[str]
    lengths: frozenset[int]

    def fits(self, national: str) -> bool:
        if self.lengths and len(national) not in self.lengths:
            return False
        return self.pattern.fullmatch(national) is not None


@dataclass(frozen=True, slots=True)
class _Region:
    """One of the countries behind a calling code; `leading`: the digits that are its alone."""

    leading: re.Pattern[str] | None
    general: _Kind
    ordinary: tuple[_Kind, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """The numbers behind one calling code."""

    prefix: re.Pattern[str] | None
    transforms: bool
    general: re.Pattern[str]
    costly: re.Pattern[str] | None
    regions: tuple[_Region, ...]

    def knows(self, national: str) -> bool:
        """Whether it is an ordinary one, beyond doubt."""
        if national.startswith("0") or self._may_hold_prefix(national):
            return False
        if self.costly is not None and self.costly.fullmatch(national):
            return False
        for region in self.regions:
            its_own = region.leading is not None and region.leading.match(national) is not None
            fits = region.general.fits(national) and any(k.fits(national) for k in region.ordinary)
            if its_own or (fits and region.leading is None):
                return fits
        return False

    def _may_hold_prefix(self, national: str) -> bool:
        """Whether it may be written with what is dialled before a number at home."""
        found = self.prefix and self.prefix.match(national)
        if not found:
            return False
        left = self.general.fullmatch(national[found.end() :])
        return self.transforms or left is not None or self.general.fullmatch(national) is None


@lru_cache(maxsize=2_000)
def _plan(code: str) -> _Plan | None:
    names = COUNTRY_CODE_TO_REGION_CODE.get(int(code), ())
    known: list[Any] = [PhoneMetadata.metadata_for_region(name) for name in names]
    if not known or None in known:  # nobody's, or no country's: satellites, freephone of the world
        return None
    main = known[0]
    costly = [each.pattern.pattern for data in known for each in _kinds(data, *_COSTLY)]
    prefix = main.national_prefix_for_parsing
    return _Plan(
        prefix=re.compile(prefix) if prefix else None,
        transforms=bool(main.national_prefix_transform_rule),
        general=re.compile(main.general_desc.national_number_pattern),
        costly=re.compile("|".join(costly)) if costly else None,
        regions=tuple(map(_region, known)),
    )


def _region(data: Any) -> _Region:
    names = ["fixed_line"]
    if not data.same_mobile_and_fixed_line_pattern:
        names.append("mobile")
    [general] = _kinds(data, "general_desc")
    leading = re.compile(data.leading_digits) if data.leading_digits else None
    return _Region(leading, general, tuple(_kinds(data, *names)))


def _kinds(data: Any, *names: str) -> Iterator[_Kind]:
    for name in names:
        described = getattr(data, name)
        if described is not None and described.national_number_pattern:
            lengths = frozenset(described.possible_length)
            yield _Kind(re.compile(described.national_number_pattern), lengths)
