"""Numbers that are plainly somebody's own telephone, told without taking them apart.

Taking one number apart costs as much as asking the database about fifty; nearly all are plain.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

_LONGEST_CODE: Final = 3
_COSTLY: Final = (
    *("premium_rate", "toll_free", "shared_cost", "personal_number", "pager", "uan", "voicemail"),
)


def is_ordinary(e164: str) -> bool:
    """Whether the number is valid and a landline's or a mobile's by its country's plan, beyond
    doubt. False tells nothing."""
    end, plan = _plan_of(e164[: _LONGEST_CODE + 1])
    return plan is not None and plan.knows(e164[end:])


@dataclass(frozen=True, slots=True)
class _Plan:
    """The numbers behind one calling code: `prefix` is what is dialled before one at home."""

    ordinary: re.Pattern[str]
    general: re.Pattern[str]
    prefix: re.Pattern[str] | None
    transforms: bool

    def knows(self, national: str) -> bool:
        """Whether it is an ordinary one, beyond doubt."""
        if self.ordinary.fullmatch(national) is None:
            return False
        found = self.prefix and self.prefix.match(national)
        if not found:
            return True
        # Taken apart, it may turn out to be another one, written with its prefix.
        left = self.general.fullmatch(national, found.end())
        return not self.transforms and left is None and self.general.fullmatch(national) is not None


@lru_cache(maxsize=10_000)
def _plan_of(beginning: str) -> tuple[int, _Plan | None]:
    """The plan of a number with this beginning, and where its own digits begin."""
    code = beginning[1:]
    if beginning.startswith("+") and code.isascii() and code.isdecimal() and code[0] != "0":
        for length in range(1, len(code) + 1):
            if int(code[:length]) in COUNTRY_CODE_TO_REGION_CODE:
                return length + 1, _plan(int(code[:length]))
    return 0, None


@lru_cache(maxsize=1_000)
def _plan(code: int) -> _Plan | None:
    names = COUNTRY_CODE_TO_REGION_CODE[code]
    known: list[Any] = [PhoneMetadata.metadata_for_region(name) for name in names]
    if None in known:  # no country's: satellites, freephone of the whole world
        return None
    main = known[0]
    costly = [_pattern(each) for data in known for each in _described(data, *_COSTLY)]
    prefix = main.national_prefix_for_parsing
    return _Plan(
        ordinary=_compiled(f"(?!0){_none_of(costly)}(?:{'|'.join(_regions(known))})"),
        general=_compiled(_pattern(main.general_desc)),
        prefix=_compiled(prefix) if prefix else None,
        transforms=bool(main.national_prefix_transform_rule),
    )


def _regions(known: Iterable[Any]) -> Iterator[str]:
    """A pattern of each country behind a code; the digits that are one's alone are no later
    one's."""
    others = ""
    for data in known:
        kinds = ["fixed_line"] if data.same_mobile_and_fixed_line_pattern else _OWN
        general = _sized(data.general_desc)
        leading = data.leading_digits
        here = f"(?={leading})" if leading else ""
        ordinary = "|".join(map(_sized, _described(data, *kinds)))
        yield f"{others}{here}(?={general}\\Z)(?:{ordinary})"
        others += f"(?!{leading})" if leading else ""


_OWN: Final = ["fixed_line", "mobile"]


def _described(data: Any, *names: str) -> Iterator[Any]:
    for name in names:
        described = getattr(data, name)
        if described is not None and described.national_number_pattern:
            yield described


def _pattern(described: Any) -> str:
    return f"(?:{described.national_number_pattern})"


def _sized(described: Any) -> str:
    """The pattern, in one of the lengths that are possible; where none is said, in any."""
    lengths = "|".join(f"[0-9]{{{length}}}" for length in described.possible_length)
    return f"(?=(?:{lengths})\\Z){_pattern(described)}" if lengths else _pattern(described)


def _none_of(patterns: Sequence[str]) -> str:
    return f"(?!(?:{'|'.join(patterns)})\\Z)" if patterns else ""


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)
