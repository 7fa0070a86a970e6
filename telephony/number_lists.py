"""Numbers of long lists: read a hundred times as fast as one that a person has typed."""

from typing import Final

from phonenumbers import PhoneMetadata

from telephony.numbers import normalise

_SIGNS: Final = str.maketrans("", "", " \t\u00a0()-.'\"")


class ListedNumbers:
    """Reads the numbers of one country's list; others' only where they are valid.

    What has the length of a number of that country is one, whether or not the numbering plan that
    we know has it in use yet: who is on such a list shall be safe next year, too.
    """

    def __init__(self, country: str) -> None:
        self._country = country
        plan = PhoneMetadata.metadata_for_region(country.upper())
        possible = plan.general_desc if plan else None
        self._lengths = frozenset(possible.possible_length if possible else ())
        self._code = str(plan.country_code) if plan else ""
        self._trunk = (plan.national_prefix or "") if plan else ""

    def read(self, written: str) -> int | None:
        """The digits of E.164, as a number; None for what is none."""
        text = written.translate(_SIGNS)
        plus = text.startswith("+")
        digits = text[1:] if plus else text
        if not (digits.isascii() and digits.isdecimal()):
            return self._slowly(written) if any(map(str.isdecimal, written)) else None
        readings = {self._international(digits)}
        if not plus:
            readings |= {self._national(digits), self._after_trunk(digits)}
        readings.discard(None)
        return readings.pop() if len(readings) == 1 else self._slowly(written)

    def _international(self, digits: str) -> int | None:
        fits = digits.startswith(self._code) and len(digits) - len(self._code) in self._lengths
        return int(digits) if fits else None

    def _national(self, digits: str) -> int | None:
        return int(self._code + digits) if len(digits) in self._lengths else None

    def _after_trunk(self, digits: str) -> int | None:
        trunk = self._trunk
        if not trunk or not digits.startswith(trunk):
            return None
        return self._national(digits[len(trunk) :])

    def _slowly(self, written: str) -> int | None:
        e164 = normalise(written, self._country).e164
        return int(e164[1:]) if e164 else None
