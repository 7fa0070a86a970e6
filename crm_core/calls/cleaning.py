"""Strings from the wire, made fit for both engines: PostgreSQL refuses NUL and what is too long."""

from typing import Final

from crm_core.errors import NotFound

NAME: Final = 300
NUMBER: Final = 80
KEY: Final = 150
INTERFACE: Final = 128

_NUL = "\x00"
_UNKNOWN = "�"


def clean(value: str, limit: int) -> str:
    """At most `limit` characters, without NUL and half surrogates; the rest stays as it came."""
    if len(value) <= limit and value.isascii() and _NUL not in value:
        return value
    whole = value[:limit].encode("utf-8", "replace").decode("utf-8")
    return whole.replace(_NUL, _UNKNOWN)


def existing_call_id(call_id: str) -> str:
    """A key that a call can have; NotFound for one that no database could store."""
    if len(call_id) > KEY or clean(call_id, KEY) != call_id:
        raise NotFound(call_id=clean(call_id, KEY))
    return call_id


def clean_or_none(value: str | None, limit: int) -> str | None:
    """`clean`, where there may be nothing to clean."""
    return None if value is None else clean(value, limit)
