"""Codes made of titles, for administrators who have better things to do than to invent them."""

import re
import unicodedata
from collections.abc import Container
from itertools import count
from typing import Final

LONGEST: Final = 40
_SINGLE: Final = dict(zip("абвгдеёзийклмнопрстуфыэ", "abvgdeeziyklmnoprstufye", strict=True))
_LATIN: Final = _SINGLE | {
    "ж": "zh",
    "х": "kh",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "shch",
    "ъ": "",
    "ь": "",
    "ю": "yu",
    "я": "ya",
}
_OTHER: Final = re.compile(r"[^a-z0-9]+")


def code_of(title: str, taken: Container[str], *, otherwise: str) -> str:
    """A code nobody has: `dumaet` of «Думает», `dumaet-2` when taken; `otherwise` of "!!!"."""
    plain = unicodedata.normalize("NFKC", title).casefold()
    letters = "".join(_LATIN.get(letter, letter) for letter in plain)
    decomposed = unicodedata.normalize("NFKD", letters)
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    code = _OTHER.sub("-", bare).strip("-")[:LONGEST].strip("-") or otherwise
    if code not in taken:
        return code
    return next(f"{code}-{n}" for n in count(2) if f"{code}-{n}" not in taken)
