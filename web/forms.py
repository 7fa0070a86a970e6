"""What a person typed: read field by field, with each refusal kept beside its field.

A view reads what it needs, asks `form.ok`, and shows the same template again with `form` when not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from aiohttp import web

from crm_core.errors import CrmError, Invalid
from web.bodies import posted
from web.i18n import Reader

Choice = TypeVar("Choice", bound=StrEnum)
GENERAL_FIELD = ""
"""The key of an error that belongs to the form as a whole."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A code of `web/sentences.py` and the values its sentence needs."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)


class Form:
    """Typed values out of written ones; `errors` by field name, "" for the form as a whole."""

    def __init__(self, written: Mapping[str, str], several: Mapping[str, list[str]]) -> None:
        self.written = dict(written)
        self.several = dict(several)
        self.errors: dict[str, Refusal] = {}

    @classmethod
    def of(cls, **values: object) -> "Form":
        """A form as it is first shown, filled with what is known; None is empty."""
        shown = {name: "" if value is None else str(value) for name, value in values.items()}
        return cls(shown, {name: [value] for name, value in shown.items()})

    @property
    def ok(self) -> bool:
        return not self.errors

    def value(self, name: str) -> str:
        """What stands in the field, to be shown again."""
        return self.written.get(name, "")

    def has(self, name: str, value: str) -> bool:
        """Whether `value` is among those ticked or chosen in `name`."""
        return value in self.several.get(name, ())

    def error(self, name: str) -> Refusal | None:
        return self.errors.get(name)

    def refuse(self, name: str, code: str, /, **values: object) -> None:
        """Note that `name` cannot be accepted; the first refusal of a field stays."""
        self.errors.setdefault(name, Refusal(code, values))

    def refused_by(self, error: CrmError) -> None:
        """Note what a floor below refused, beside the field it names."""
        name = error.field if isinstance(error, Invalid) else GENERAL_FIELD
        self.refuse(name, error.code, **error.values)

    def demand(self) -> None:
        """Raise Invalid for what was refused first: for answers to scripts."""
        for name, refusal in self.errors.items():
            raise Invalid(name, refusal.code, **refusal.values)

    def text(self, name: str, *, required: bool = False, most: int = 300) -> str:
        """The text without surrounding blanks; "" when it is missing or refused."""
        value = self.written.get(name, "").strip()
        if required and not value:
            self.refuse(name, "required")
        elif len(value) > most:
            self.refuse(name, "too_long", limit=most)
        return value

    def secret(self, name: str) -> str:
        """A password exactly as typed; it is not shown again."""
        value = self.written.pop(name, "")
        if not value:
            self.refuse(name, "required")
        return value

    def number(self, name: str, *, least: int, most: int, default: int | None = None) -> int:
        """A whole number between `least` and `most`; `default` (or `least`) when refused."""
        fallback = least if default is None else default
        value = self.written.get(name, "").strip()
        if not value and default is not None:
            return default
        if not value.removeprefix("-").isdecimal() or len(value) > 12:
            self.refuse(name, "not_a_number" if value else "required")
            return fallback
        if not least <= int(value) <= most:
            code = "too_small" if int(value) < least else "too_large"
            self.refuse(name, code, least=least, most=most)
            return fallback
        return int(value)

    def record_id(self, name: str, *, required: bool = False) -> int | None:
        """The id of a record chosen in a list; None for the empty choice."""
        value = self.written.get(name, "").strip()
        if value.isascii() and value.isdecimal() and len(value) < 16:
            return int(value)
        if value or required:
            self.refuse(name, "not_a_choice" if value else "required")
        return None

    def choice(self, name: str, kind: type[Choice]) -> Choice:
        """A member of `kind`; its first member when refused."""
        try:
            return kind(self.written.get(name, ""))
        except ValueError:
            self.refuse(name, "not_a_choice")
            return next(iter(kind))

    def ticked(self, name: str) -> bool:
        return bool(self.written.get(name))

    def moment(self, name: str, reader: Reader, *, required: bool = False) -> datetime | None:
        """A `datetime-local` value in the reader's zone, as an aware UTC instant."""
        value = self.written.get(name, "").strip()
        if not value:
            if required:
                self.refuse(name, "required")
            return None
        try:
            local = datetime.fromisoformat(value).replace(tzinfo=reader.zone)
            instant = local.astimezone(UTC)
            exists = instant.astimezone(reader.zone).replace(tzinfo=None) == local.replace(
                tzinfo=None
            )
        except (ValueError, OverflowError):
            self.refuse(name, "not_a_moment")
            return None
        if not exists:
            self.refuse(name, "no_such_moment")
            return None
        return instant


async def read_form(request: web.Request) -> Form:
    """The posted form; an uploaded file is no part of it."""
    fields = await posted(request)
    written: dict[str, str] = {}
    several: dict[str, list[str]] = {}
    for name, value in fields.items():
        if isinstance(value, str):
            clean = value.replace("\0", "")
            written.setdefault(name, clean)
            several.setdefault(name, []).append(clean)
    return Form(written, several)


def read_query(request: web.Request) -> Form:
    """The query string as a form: filters and searches."""
    several = {name: request.query.getall(name) for name in request.query}
    return Form({name: values[0].replace("\0", "") for name, values in several.items()}, several)
