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
        readings = self._international(digits)
        if not plus:
            readings |= self._national(digits)
        return readings.pop() if len(readings) == 1 else self._slowly(written)

    def _international(self, digits: str) -> set[int]:
        code = self._code
        return self._national(digits[len(code) :]) if digits.startswith(code) else set()

    def _national(self, digits: str) -> set[int]:
        """What it may be, with the prefix that one dials at home and without: +49 (0) 30 …"""
        trunk, found = self._trunk, set()
        if len(digits) in self._lengths:
            found.add(int(self._code + digits))
        if trunk and digits.startswith(trunk) and len(digits) - len(trunk) in self._lengths:
            found.add(int(self._code + digits[len(trunk) :]))
        return found

    def _slowly(self, written: str) -> int | None:
        e164 = normalise(written, self._country).e164
        return int(e164[1:]) if e164 else None
