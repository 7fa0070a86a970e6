"""The one normaliser of what is searched: no engine's own idea of case or alphabet is relied on.

What a person cannot tell apart on the screen, or does not bother to type, is the same here: case,
accents, ё and е, full-width forms, quotes and brackets, and the letters that look alike in the
Latin and the Cyrillic alphabet.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

LONGEST_SEARCH = 100  # characters of a question; more finds nothing anyway

# Alike in one case or both; what looks alike in italics only is not here.
_LOOK_ALIKES: Final = dict(zip("авекмнорстухіјѕһԛԝү", "abekmhopctyxijshqwy", strict=True))
_LEFT_OUT: Final = frozenset("«»\"„“”‘’'`^()[]{}<>,;:!?¡¿…|")
_MARKS: Final = frozenset({"Mn", "Me", "Cf", "Cs"})

# Case folding has left ASCII's capitals free. Written with them the other Cyrillic letters take
# half the bytes, and PostgreSQL's trigrams need no locale that knows the alphabet.
_PACKED: Final = str.maketrans("бгджзилпфцчшщъыьэюяєґ", "RGDJZILNFCQWKTVSEXUOH")


def folded(text: str) -> str:
    """The form in which texts and questions are compared; folding it again changes nothing."""
    return " ".join("".join(map(_folded_character, text)).split())


def packed(text: str) -> str:
    """What the index keeps of a folded text: one byte a letter, and as different as before."""
    return text.translate(_PACKED)


def folded_with_places(text: str) -> tuple[str, list[int]]:
    """The folded text and, for each of its characters, which character of `text` it came from."""
    kept: list[str] = []
    places: list[int] = []
    for place, made in _each(text):
        if made != " " or (kept and kept[-1] != " "):
            kept.append(made)
            places.append(place)
    if kept and kept[-1] == " ":
        kept.pop()
        places.pop()
    return "".join(kept), places


def _each(text: str) -> Iterator[tuple[int, str]]:
    for place, character in enumerate(text):
        for made in _folded_character(character):
            yield place, made


@lru_cache(maxsize=4096)
def _folded_character(character: str) -> str:
    before, now = "", character
    while before != now:  # case folding may put an accent back, and taking it off a case
        before, now = now, unicodedata.normalize("NFKD", now).casefold()
    return "".join(map(_kept, now))


def _kept(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in _MARKS:
        return ""
    if kind == "Nd":
        return str(unicodedata.decimal(character))
    if kind == "Pd":
        return "-"
    if kind == "Cc" or kind.startswith("Z") or character in _LEFT_OUT:
        return " "
    return _LOOK_ALIKES.get(character, character)
