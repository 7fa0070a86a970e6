"""Text and numbers as people send them, made fit to keep: refusals are codes, never sentences."""

import unicodedata

from crm_core.errors import Invalid, NotFound

LARGEST_ID = 2**31 - 1  # the integer keys of PostgreSQL


def line(field: str, written: str, *, limit: int, required: bool = True) -> str:
    """One line: control characters become spaces, runs of space one. `required`, `too_long`."""
    kept = " ".join(_storable(written, lines=False).split())
    return _measured(field, kept, limit, required)


def paragraphs(field: str, written: str, *, limit: int) -> str:
    """Several lines, kept as written but for what no database or page can hold. `too_long`."""
    kept = _storable(written.replace("\r\n", "\n").replace("\r", "\n"), lines=True).strip()
    return _measured(field, kept, limit, required=False)


def whole(field: str, value: int, *, least: int, most: int) -> int:
    """A whole number between two bounds, else `out_of_range`."""
    if isinstance(value, bool) or not least <= value <= most:
        raise Invalid(field, "out_of_range", least=least, most=most)
    return int(value)


def existing_id(value: int) -> int:
    """A key that a row can have; NotFound for one that no database could store."""
    if not 0 < value <= LARGEST_ID:
        raise NotFound(id=value)
    return value


def _measured(field: str, kept: str, limit: int, required: bool) -> str:
    if required and not kept:
        raise Invalid(field, "required")
    if len(kept) > limit:
        raise Invalid(field, "too_long", limit=limit)
    return kept


def _storable(written: str, *, lines: bool) -> str:
    whole_text = written.encode("utf-8", "replace").decode("utf-8")  # lone surrogates
    return "".join(
        character
        if (lines and character in "\n\t") or unicodedata.category(character) not in _UNSTORABLE
        else " "
        for character in whole_text
    )


_UNSTORABLE = {"Cc", "Cs", "Zl", "Zp"}
