"""Where a page of the timeline ended, as an address says it."""

from datetime import datetime

from crm_core.clients.timeline import Cursor, LineKind

LONGEST = 250  # an instant, a word and the id of a call


def written_cursor(cursor: Cursor) -> str:
    """The cursor as `read_cursor` reads it."""
    return f"{cursor.at.isoformat()}~{cursor.kind}~{cursor.id}"


def read_cursor(written: str) -> Cursor | None:
    """The cursor, or None for what is none: then the timeline begins at its newest."""
    at, _, rest = written[:LONGEST].partition("~")
    kind, _, key = rest.partition("~")
    try:
        cursor = Cursor(datetime.fromisoformat(at), LineKind(kind), key)
    except ValueError:
        return None
    is_number = key.isascii() and key.isdecimal() and len(key) < 16
    if cursor.at.tzinfo is None or not (is_number or kind == LineKind.CALL):
        return None
    return cursor
