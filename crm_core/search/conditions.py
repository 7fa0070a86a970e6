"""The search as a condition, for lists that something else has made short already."""

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, true

from crm_core.search.folding import LONGEST_SEARCH, folded, packed
from crm_core.search.kinds import SearchKind
from crm_core.search.tables import search_texts

MOST_WORDS = 8


def says(asked: str, *places: tuple[SearchKind, ColumnElement[int]]) -> ColumnElement[bool]:
    """Whether each word of `asked` is somewhere in what a record is found by; `places` are the
    kinds and ids of the records that may hold it: a deal and its client. True for no words."""
    words = packed(folded(asked[:LONGEST_SEARCH])).split()[:MOST_WORDS]
    return and_(
        true(), *(or_(*(_holds(kind, key, word) for kind, key in places)) for word in words)
    )


def _holds(kind: SearchKind, key: ColumnElement[int], word: str) -> ColumnElement[bool]:
    # LIKE is no help: SQLite's takes capitals and small letters for the same.
    text = search_texts.c.text
    held = select(search_texts.c.id).where(
        search_texts.c.kind == kind.value,
        search_texts.c.record_id == key,
        func.replace(text, literal(word), "") != text,
    )
    return held.exists()
