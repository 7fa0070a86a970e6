"""Telephone numbers however they are written: one E.164 to match by, one form to read, one to dial.

Never import phonenumbers.geocoder or .carrier here: they hold 100-190 MiB in a server.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneMetadata,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
)

LAST_DIGITS = 7  # what people remember of a number; enough to be rare in one office
SHORTEST_PUBLIC = 6  # what is shorter and has no + is a number of the office itself (101, 112)
LONGEST_WRITTEN = 200  # characters looked at; more is no number
LONGEST_DIGITS = 32
_LONGEST_E164 = 15


@dataclass(frozen=True, slots=True)
class Number:
    """What was understood of a written number.

    `e164` is None unless the number is valid somewhere; `digits` are those of `e164`, or just the
    digits written; `extension` is what was to be dialled afterwards, digits or "".
    """

    e164: str | None
    digits: str
    last_digits: str
    extension: str
    valid: bool

    @property
    def key(self) -> str:
        """The one form to remember a number under: E.164 where valid, else its digits."""
        return self.e164 or self.digits


def normalise(written: str, country: str) -> Number:
    """Understand `written` as someone in `country` ("RU") would dial it; never raises."""
    return _normalise(written[:LONGEST_WRITTEN], country.upper())


def readable(number: str, country: str) -> str:
    """For the eye: own country's numbers as locals write them, others with + and their code."""
    parsed = _parse(number, None) if number.startswith("+") else None
    if parsed is None:
        return number
    own = phonenumbers.region_code_for_number(parsed) == country.upper()
    form = PhoneNumberFormat.NATIONAL if own else PhoneNumberFormat.INTERNATIONAL
    return str(phonenumbers.format_number(parsed, form))


def dialable(number: str, country: str) -> str:
    """The digits a phone in `country` dials: 89161234567, 8104930123456; internal ones as is."""
    parsed = _parse(number, None) if number.startswith("+") else None
    if parsed is None:
        return _digits(number)
    return _digits(phonenumbers.format_out_of_country_calling_number(parsed, country.upper()))


def is_anonymous(number: str) -> bool:
    """Whether a caller shows no number: nothing at all, zeros, or one of the exchanges' words."""
    text = _user_part(_plain(number[:LONGEST_WRITTEN])).strip(" <>\"'.-_*").casefold()
    if not text or text in _ANONYMOUS:
        return True
    digits = _digits(text)
    return digits in _ANONYMOUS_DIGITS or (digits != "" and not digits.strip("0"))


def split_written(text: str) -> list[str]:
    """The numbers in one cell, each with its extension: "8 495 …, доб. 5; +7 916 …" gives two."""
    found: list[str] = []
    for piece in _SEPARATORS.split(_plain(text)):
        for part in _BEFORE_PLUS.split(piece):
            trimmed = part.strip(" \t\n,;/|")
            if found and 0 < len(_digits(trimmed)) < SHORTEST_PUBLIC:
                found[-1] = f"{found[-1]},{trimmed}"  # an extension is no number of its own
            elif _digits(trimmed):
                found.extend(_halves(trimmed))
    return found


def neighbours(e164: str) -> tuple[str, str] | None:
    """The hundred numbers around a landline, first and last: one organisation's range, perhaps.

    None for mobiles, whose neighbours are strangers.
    """
    parsed = _parse(e164, None)
    if parsed is None or phonenumbers.number_type(parsed) == PhoneNumberType.MOBILE:
        return None
    return f"{e164[:-2]}00", f"{e164[:-2]}99"


def is_mobile(e164: str) -> bool:
    """Whether the plan of the number's country says mobile; where it does not tell, no."""
    parsed = _parse(e164, None)
    return parsed is not None and phonenumbers.number_type(parsed) == PhoneNumberType.MOBILE


_ANONYMOUS = frozenset(
    {
        *("anonymous", "unknown", "restricted", "private", "unavailable", "withheld", "blocked"),
        *("anonym", "no number", "number withheld", "private number", "unknown number", "hidden"),
        *(
            "caller id blocked",
            "not available",
            "n/a",
            "none",
            "null",
            "asterisk",
            "id unavailable",
        ),
        *("анонимный", "анонимно", "аноним", "скрыт", "скрытый", "скрытый номер", "номер скрыт"),
        *("неизвестно", "неизвестный", "неизвестный номер", "не определен", "не определён"),
    }
)
_ANONYMOUS_DIGITS = frozenset({"266696687", "2666966876"})  # ANONYMOUS on a telephone's keys

_SCHEME = re.compile(r"^(?:tel|sips?|callto|pjsip):(?://)?", re.IGNORECASE)
_ADDRESS = re.compile(r"^\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?$")
_PARAMETERS = re.compile(r";(?!ext=)[a-z-]+(?:=[^;]*)?", re.IGNORECASE)
_EXTENSION = re.compile(
    r"(?:[\s,;(./-]*(?:доб\w*|доп\w*|вн(?:утр\w*)?|ext\w*|x|х|#)[\s.:=#№-]*|\s*(?:,+|;|[pw]+)\s*)"
    r"(\d{1,8})\s*\)?\s*$",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"[\n\r\t|/]+|;(?!\s*ext=)|,(?![,\s]*\d{1,5}\s*$)|\s(?:и|или|and|or)\s")
_BEFORE_PLUS = re.compile(r"(?<=\d)\s*(?=\+)")
_INVISIBLE = {"Cc", "Cf", "Cs"}


@lru_cache(maxsize=20_000)
def _normalise(written: str, country: str) -> Number:
    base, extension = _without_extension(_user_part(_plain(written)))
    digits = _digits(base)[:LONGEST_DIGITS]
    parsed = _understand(base, digits, country)
    if parsed is None:
        return Number(None, digits, digits[-LAST_DIGITS:], extension, valid=False)
    e164 = str(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))
    return Number(e164, e164[1:], e164[-LAST_DIGITS:], extension, valid=True)


def _understand(base: str, digits: str, country: str) -> PhoneNumber | None:
    """The first valid reading, likeliest first."""
    plus = base.lstrip(" (").startswith("+")
    if len(digits) > _LONGEST_E164 + 5 or (not plus and len(digits) < SHORTEST_PUBLIC):
        return None
    if plus:
        return _trunk_after_plus(base, digits, country) or _parse(f"+{digits}", None)
    if digits.startswith("00"):
        # No prefix of Russia's, but the one that half the world types.
        return _parse(f"+{digits[2:]}", None) or _parse(digits, country)
    return _parse(digits, country) or _parse(f"+{digits}", None)


def _trunk_after_plus(base: str, digits: str, country: str) -> PhoneNumber | None:
    """`+8 (495) …` of somebody who put a plus before Russia's trunk prefix; not `+84 95 …`."""
    metadata = PhoneMetadata.metadata_for_region(country)
    if metadata is None or metadata.national_prefix != "8" or not digits.startswith("8"):
        return None
    first_group = re.match(r"[\s(]*\+[\s(]*(\d+)", base)
    if len(digits) != 11 or (first_group and len(first_group[1]) in (2, 3)):
        return None
    return _parse(digits, country)


def _parse(number: str, country: str | None) -> PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(number, country)
    except NumberParseException:
        return None
    return parsed if phonenumbers.is_valid_number(parsed) else None


def _plain(written: str) -> str:
    """One script of digits and signs: full-width, Arabic, invisible marks, every kind of space."""
    folded = unicodedata.normalize("NFKC", written)
    return "".join(map(_plain_character, folded))


def _plain_character(character: str) -> str:
    if character in "\n\r\t":
        return character
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    kind = unicodedata.category(character)
    if kind in _INVISIBLE:
        return ""
    if kind == "Pd" or character == "\u2212":
        return "-"
    return " " if kind.startswith("Z") else character


def _user_part(text: str) -> str:
    """What a URI or a caller ID in angle brackets says of the number itself."""
    bracketed = re.search(r"<([^<>]*)>", text)
    address = (bracketed[1] if bracketed else text).strip()
    scheme = _SCHEME.match(address)
    if scheme is None and "@" not in address:
        return address
    user = _SCHEME.sub("", address).partition("@")[0]
    if _ADDRESS.match(user):
        return ""  # a host alone: sip:192.0.2.7
    return _PARAMETERS.sub("", user.replace("%2B", "+").replace("%2b", "+"))


def _without_extension(text: str) -> tuple[str, str]:
    found = _EXTENSION.search(text)
    if found is None or len(_digits(text[: found.start()])) < SHORTEST_PUBLIC:
        return text, ""
    return text[: found.start()], found[1]


def _halves(written: str) -> list[str]:
    """Two numbers with nothing but a space between them are cut where both are as long."""
    if len(_digits(written)) <= _LONGEST_E164 or len(_digits(written)) % 2:
        return [written]
    words = written.split()
    for cut in range(1, len(words)):
        left, right = " ".join(words[:cut]), " ".join(words[cut:])
        if len(_digits(left)) == len(_digits(right)):
            return [left, right]
    return [written]


def _digits(text: str) -> str:
    return "".join(c for c in text if c in "0123456789")
