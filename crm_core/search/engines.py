"""How each engine finds the newest texts that hold given parts: by its own index of trigrams.

Both give ids, newest first, and stop as early as they can: what thousands of records hold is told
by the first few, and never ranked as a whole.
"""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
    union_all,
)

from crm_core.search.kinds import SearchKind, first_place, last_place
from crm_core.search.question import GRAM, Parts
from crm_core.search.tables import INDEX_NAME, search_texts

WINDOW: Final = 2000
"""So many of the newest are read through where the index is no help: on SQLite for a single
letter; on PostgreSQL before its index is asked, which can only give all that fit at once."""

Literal = ColumnElement[Any]
Given = dict[str, object]
"""The values of a statement's parameters, by name."""


def holds(text: ColumnElement[str], fits: Iterable[Parts], *, is_sqlite: bool) -> Any:
    """Whether a text holds all parts of one of `fits`; the values are `values_of(fits)`."""
    position = func.instr if is_sqlite else func.strpos
    return or_(
        *(
            and_(
                *(
                    position(text, bindparam(f"part_{place}_{nth}", type_=Text)) > 0
                    for nth in range(len(parts))
                )
            )
            for place, parts in enumerate(fits)
        )
    )


def newest(kind: SearchKind, fits: tuple[Parts, ...], seen: Any, *, is_sqlite: bool) -> Select[Any]:
    """Ids of the newest texts of `kind` that hold one of `fits` and are `seen`, a condition on
    `search_texts`; at most `most` of them, a parameter like `values_of(fits)`."""
    if not is_sqlite:
        return _of_postgresql(kind, fits, seen)
    return _of_window(kind, fits, seen) if is_looked_through(fits) else _of_sqlite(kind, fits, seen)


def is_looked_through(fits: tuple[Parts, ...]) -> bool:
    """Whether one of `fits` has no part long enough for SQLite's index: then it gives those among
    the newest only."""
    return not all(any(len(part) >= GRAM for part in parts) for parts in fits)


def values_of(fits: tuple[Parts, ...], *, is_sqlite: bool) -> Given:
    """The parameters of `newest` and `holds` for these parts."""
    values: Given = {
        f"part_{place}_{nth}": part
        for place, parts in enumerate(fits)
        for nth, part in enumerate(parts)
    }
    if is_sqlite:
        return values if is_looked_through(fits) else {**values, "match": _match(fits)}
    patterns = {name.replace("part", "like"): _pattern(str(part)) for name, part in values.items()}
    return {**values, **patterns}


def _between(ids: ColumnElement[int], kind: SearchKind) -> ColumnElement[bool]:
    # In the statement itself, or PostgreSQL could not tell which of its indexes it may use.
    low: Literal = literal_column(str(first_place(kind)))
    high: Literal = literal_column(str(last_place(kind)))
    return and_(ids > low, ids <= high)


_index = table(INDEX_NAME, column("rowid"), column(INDEX_NAME))


def _of_sqlite(kind: SearchKind, fits: tuple[Parts, ...], seen: Any) -> Select[Any]:
    ids = _index.c.rowid
    return (
        select(search_texts.c.id)
        .select_from(_index.join(search_texts, search_texts.c.id == ids))
        .where(
            _index.c[INDEX_NAME].op("MATCH")(bindparam("match", type_=Text)),
            _between(ids, kind),
            holds(search_texts.c.text, fits, is_sqlite=True),
            seen,
        )
        .order_by(ids.desc())
        .limit(bindparam("most"))
    )


def _match(fits: tuple[Parts, ...]) -> str:
    return " OR ".join(f"({' AND '.join(_grams(parts))})" for parts in fits)


def _grams(parts: Parts) -> list[str]:
    """Trigrams one beside the other that cover each part: the rest is looked at in the text."""
    grams = dict.fromkeys(
        part[start : start + GRAM]
        for part in parts
        if len(part) >= GRAM
        for start in (*range(0, len(part) - GRAM, GRAM), len(part) - GRAM)
    )
    return [f'"{gram}"' for gram in grams]


def _of_window(
    kind: SearchKind, fits: tuple[Parts, ...], seen: Any, *, is_sqlite: bool = True
) -> Select[Any]:
    window: FromClause = (
        select(search_texts.c.id, search_texts.c.text)
        .where(_between(search_texts.c.id, kind))
        .order_by(search_texts.c.id.desc())
        .limit(literal_column(str(WINDOW)))
        .subquery("newest")
    )
    return (
        select(search_texts.c.id)
        .join(window, window.c.id == search_texts.c.id)
        .where(holds(window.c.text, fits, is_sqlite=is_sqlite), seen)
        .order_by(window.c.id.desc())
        .limit(bindparam("most"))
    )


def _of_postgresql(kind: SearchKind, fits: tuple[Parts, ...], seen: Any) -> Select[Any]:
    most: Literal = bindparam("most")
    within = _between(search_texts.c.id, kind)
    looked = _of_window(kind, fits, seen, is_sqlite=False).cte("looked")
    looked = looked.prefix_with("MATERIALIZED", dialect="postgresql")
    enough = select(func.count()).select_from(looked).scalar_subquery()
    asked = (
        select(search_texts.c.id)
        .where(within, _like(fits), seen, enough < most)
        .cte("asked")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    both = union_all(
        select(looked.c.id), select(asked.c.id).where(asked.c.id.not_in(select(looked.c.id)))
    ).subquery("found")
    return select(both.c.id).order_by(both.c.id.desc()).limit(most)


def _like(fits: tuple[Parts, ...]) -> ColumnElement[bool]:
    return or_(
        *(
            and_(
                *(
                    search_texts.c.text.like(bindparam(f"like_{place}_{nth}", type_=Text))
                    for nth in range(len(parts))
                )
            )
            for place, parts in enumerate(fits)
        )
    )


def _pattern(part: str) -> str:
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
