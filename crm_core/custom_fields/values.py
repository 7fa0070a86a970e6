"""How each type of own field is read from what a person typed, kept, and written back (pure).

Retired choices stay where they were given, and may not be given anew.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.custom_fields.reading import CustomField, OwnChoice
from crm_core.custom_fields.types import FieldType
from crm_core.editing.fields import Field, Kept, Paragraphs, Row
from crm_core.errors import Invalid
from crm_core.money import read_amount, written_amount
from crm_core.wording import line

LONGEST_TEXT: Final = 4_000
LONGEST_LINK: Final = 2_000
MOST_DIGITS: Final = 15
MOST_DECIMALS: Final = 6
_GROUPING: Final = re.compile(r"[\s'’_]")
_NUMBER: Final = re.compile(r"[-−+]?\d+(?:[.,]\d*)?|[-−+]?[.,]\d+", re.ASCII)
_SAFE_LINK: Final = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)
_OTHER_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
_MAIL: Final = re.compile(r"[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+")
_PHONE: Final = re.compile(r"\+?[\d\s().\-]{5,30}(?:[,;]\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Number(Field):
    """A decimal number; either sign of decimals is read. Invalid(name): not_a_number, too_long."""

    def read(self, name: str, written: str, row: Row) -> str | None:
        plain = _GROUPING.sub("", written)
        if not plain:
            return None
        if not _NUMBER.fullmatch(plain):
            raise Invalid(name, "not_a_number", value=written)
        return _canonical(name, plain.replace(",", ".").replace("−", "-"))


@dataclass(frozen=True, slots=True)
class Sum(Field):
    """An amount of one currency, or none; refused like `read_amount` does."""

    currency: str = ""

    def read(self, name: str, written: str, row: Row) -> int | None:
        if not written.strip():
            return None
        return read_amount(name, written, self.currency)

    def written(self, value: Any, row: Row) -> str:
        return "" if value is None else written_amount(value, self.currency)


@dataclass(frozen=True, slots=True)
class Date(Field):
    """A calendar day, kept in its ISO form. Invalid(name): not_a_day."""

    def read(self, name: str, written: str, row: Row) -> str | None:
        if not written.strip():
            return None
        try:
            return date.fromisoformat(written.strip()).isoformat()
        except ValueError:
            raise Invalid(name, "not_a_day", written=written) from None


@dataclass(frozen=True, slots=True)
class OneOf(Field):
    """The id of one choice. Invalid(name): not_a_choice."""

    choices: tuple[OwnChoice, ...] = ()
    key: str = ""

    def read(self, name: str, written: str, row: Row) -> int | None:
        chosen = _chosen(name, written, self.choices)
        if len(chosen) > 1:
            raise Invalid(name, "not_a_choice")
        return chosen[0] if chosen else None

    async def check(self, connection: AsyncConnection, name: str, value: Any, row: Row) -> None:
        kept = _kept(row, self.key)
        _refuse_retired(name, self.choices, [] if value is None else [value], [kept])


@dataclass(frozen=True, slots=True)
class SomeOf(Field):
    """The ids of several choices, written "1,3". Invalid(name): not_a_choice."""

    choices: tuple[OwnChoice, ...] = ()
    key: str = ""

    def read(self, name: str, written: str, row: Row) -> list[int]:
        return _chosen(name, written, self.choices)

    def written(self, value: Any, row: Row) -> str:
        return ",".join(map(str, value or ()))

    async def check(self, connection: AsyncConnection, name: str, value: Any, row: Row) -> None:
        _refuse_retired(name, self.choices, value or [], _kept(row, self.key) or [])


@dataclass(frozen=True, slots=True)
class Ticked(Field):
    """True where it is ticked; otherwise nothing is kept."""

    def read(self, name: str, written: str, row: Row) -> bool | None:
        return True if written == "1" else None

    def written(self, value: Any, row: Row) -> str:
        return "1" if value else ""


@dataclass(frozen=True, slots=True)
class Link(Field):
    """An address that is safe to follow: http, https, mailto, tel. Invalid(name): link_bad.

    Without a scheme it is that of an e-mail, of a number, or of a site.
    """

    def read(self, name: str, written: str, row: Row) -> str | None:
        plain = line(name, written, limit=LONGEST_LINK, required=False)
        if not plain:
            return None
        if not _SAFE_LINK.match(plain):
            if "://" in plain or _OTHER_SCHEME.match(plain):
                raise Invalid(name, "link_bad", value=written)
            plain = _with_scheme(plain)
        if not is_safe_link(plain):
            raise Invalid(name, "link_bad", value=written)
        return plain


def is_safe_link(address: str) -> bool:
    """Whether a browser may be led there: one of the four schemes, and somewhere to go."""
    if not _SAFE_LINK.match(address) or any(sign.isspace() for sign in address):
        return False
    try:
        parts = urlsplit(address)
        known = parts.hostname if parts.scheme in ("http", "https") else parts.path
    except ValueError:
        return False
    return bool(known)


def editor_of(field: CustomField) -> Kept:
    """The way to edit the field: read, compared, kept in `fields` of its record."""
    inner: Field
    match field.type:
        case FieldType.TEXT:
            inner = Paragraphs(limit=LONGEST_TEXT)
        case FieldType.NUMBER:
            inner = Number()
        case FieldType.MONEY:
            inner = Sum(currency=field.currency)
        case FieldType.DATE:
            inner = Date()
        case FieldType.CHOICE:
            inner = OneOf(choices=field.choices, key=field.key)
        case FieldType.CHOICES:
            inner = SomeOf(choices=field.choices, key=field.key)
        case FieldType.YES_NO:
            inner = Ticked()
        case FieldType.LINK:
            inner = Link()
    return Kept(key=field.key, inner=inner)


def _canonical(name: str, plain: str) -> str:
    """Without needless zeros and signs: "012.50" is "12.5"."""
    try:
        value = Decimal(plain)
    except InvalidOperation:
        raise Invalid(name, "not_a_number", value=plain) from None
    kept = f"{value:f}"
    if "." in kept:
        kept = kept.rstrip("0").rstrip(".")
    whole, _, decimals = kept.removeprefix("-").partition(".")
    if len(whole) > MOST_DIGITS or len(decimals) > MOST_DECIMALS:
        raise Invalid(name, "too_long", limit=MOST_DIGITS)
    return "0" if kept in ("-0", "") else kept


def _with_scheme(plain: str) -> str:
    if _MAIL.fullmatch(plain):
        return f"mailto:{plain}"
    if _PHONE.fullmatch(plain):
        return "tel:" + re.sub(r"[\s().\-]", "", plain)
    return f"https://{plain}"


def _chosen(name: str, written: str, choices: tuple[OwnChoice, ...]) -> list[int]:
    known = {str(choice.id): choice.id for choice in choices}
    parts = [part.strip() for part in written.split(",") if part.strip()]
    if not set(parts) <= set(known):
        raise Invalid(name, "not_a_choice")
    return sorted({known[part] for part in parts})


def _kept(row: Row, key: str) -> Any:
    return (row["fields"] or {}).get(key)


def _refuse_retired(
    name: str, choices: tuple[OwnChoice, ...], wanted: list[int], kept: list[int]
) -> None:
    offered = {choice.id for choice in choices if choice.active}
    if not set(wanted) <= offered | set(kept):
        raise Invalid(name, "not_a_choice")
