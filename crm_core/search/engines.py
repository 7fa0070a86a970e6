"""How each engine finds the newest texts that hold given parts: by its own index of trigrams.

Both give rows, newest first, and stop as early as they can: what thousands of records hold is told
by the first few, and never ranked as a whole.
"""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
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
    true,
    union_all,
)
from sqlalchemy.sql.elements import True_

from crm_core.search.kinds import SearchKind, first_place, last_place
from crm_core.search.question import GRAM, Parts
from crm_core.search.tables import GROUPS, INDEX_NAME, search_texts

WINDOW: Final = 2000
"""So many of the newest are read through where the index is no help: on SQLite for a single
letter; on PostgreSQL before its index is asked, which can only give all that fit at once."""

Literal = ColumnElement[Any]
Given = dict[str, object]
"""The values of a statement's parameters, by name."""


def newest(
    group: str, fits: tuple[Parts, ...], *, is_sqlite: bool, seen: Literal | None = None
) -> Select[Any]:
    """Id, record_id and text of the newest that hold one of `fits`, of the kinds in `group` (see
    GROUPS), and that are `seen`, a condition on `search_texts`. Parameters: `values_of(fits)`,
    `most`, `above` and `upto`, between which the ids are, `window`: how many of the newest are
    read through, and `older_too`, 1 where those that only PostgreSQL's index knows count."""
    condition = true() if seen is None else seen
    if not is_sqlite:
        return _of_postgresql(group, fits, condition)
    if is_looked_through(fits):
        return _of_window(fits, condition)
    return _of_sqlite(fits, condition)


def shape_of(fits: tuple[Parts, ...]) -> tuple[object, ...]:
    """What of `fits` the statement depends on; all else are its values."""
    return (*map(len, fits), is_looked_through(fits), _is_exact(fits))


def is_looked_through(fits: tuple[Parts, ...]) -> bool:
    """Whether one of `fits` has no part long enough for SQLite's index: then it gives those among
    the newest only."""
    return not all(any(len(part) >= GRAM for part in parts) for parts in fits)


def values_of(fits: tuple[Parts, ...], *, is_sqlite: bool) -> Given:
    """The parameters of `newest` that come from these parts."""
    values: Given = {
        f"part_{place}_{nth}": part
        for place, parts in enumerate(fits)
        for nth, part in enumerate(parts)
    }
    if is_sqlite:
        return values if is_looked_through(fits) else {**values, "match": _match(fits)}
    patterns = {name.replace("part", "like"): _pattern(str(part)) for name, part in values.items()}
    return {**values, **patterns}


_COLUMNS: Final = (search_texts.c.id, search_texts.c.record_id, search_texts.c.text)
_index = table(INDEX_NAME, column("rowid"), column(INDEX_NAME))


def _of_sqlite(fits: tuple[Parts, ...], seen: Literal) -> Select[Any]:
    ids = _index.c.rowid
    found = select(ids.label("id")).where(
        _index.c[INDEX_NAME].op("MATCH")(bindparam("match", type_=Text)), _between(ids)
    )
    if _is_exact(fits) and isinstance(seen, True_):
        found = found.select_from(_index)
    else:
        found = found.select_from(_index.join(search_texts, search_texts.c.id == ids)).where(
            _holds(search_texts.c.text, fits, is_sqlite=True), seen
        )
    best = found.order_by(ids.desc()).limit(bindparam("most")).subquery("best")
    return (
        select(*_COLUMNS)
        .join(best, best.c.id == search_texts.c.id)
        .order_by(search_texts.c.id.desc())
    )


def _is_exact(fits: tuple[Parts, ...]) -> bool:
    """Whether the index itself looks up every part: none is too short for it."""
    return all(len(part) >= GRAM for parts in fits for part in parts)


def _match(fits: tuple[Parts, ...]) -> str:
    return " OR ".join(f"({' AND '.join(_phrases(parts))})" for parts in fits)


def _phrases(parts: Parts) -> list[str]:
    quoted = (part.replace('"', '""') for part in parts if len(part) >= GRAM)
    return [f'"{part}"' for part in quoted]


def _of_window(fits: tuple[Parts, ...], seen: Literal) -> Select[Any]:
    window: FromClause = (
        select(*_COLUMNS)
        .where(_between(search_texts.c.id))
        .order_by(search_texts.c.id.desc())
        .limit(bindparam("window"))
        .subquery("newest")
    )
    return (
        select(*_COLUMNS)
        .join(window, window.c.id == search_texts.c.id)
        .where(_holds(window.c.text, fits, is_sqlite=True), seen)
        .order_by(window.c.id.desc())
        .limit(bindparam("most"))
    )


def _of_postgresql(group: str, fits: tuple[Parts, ...], seen: Literal) -> Select[Any]:
    """The newest are looked through in their order, which ends as soon as there are enough. Only
    where there are not is the index asked for all older ones, and they are put in order."""
    most: Literal = bindparam("most")
    ids = search_texts.c.id
    older_too: Literal = bindparam("older_too", type_=Integer)
    within = and_(_in_group(group), _between(ids))
    newest_id = select(func.max(ids)).where(within).scalar_subquery()
    edge = newest_id - bindparam("window", type_=BigInteger)
    by_hand = _holds(search_texts.c.text, fits, is_sqlite=False)
    looked = select(ids).where(within, ids > edge, by_hand, seen).order_by(ids.desc()).limit(most)
    few = looked.cte("looked").prefix_with("MATERIALIZED", dialect="postgresql")
    are_older = select(ids).where(within, ids <= edge).exists()
    gate = and_(
        older_too == literal_column("1"),
        select(func.count()).select_from(few).scalar_subquery() < most,
        are_older,
    )
    # Of these bounds the planner can only guess, and it guesses that few ids are within.
    unindexed = ids + literal_column("0")
    asked = select(ids).where(
        _in_group(group), _between(unindexed), unindexed <= edge, _like(fits), seen, gate
    )
    others = asked.cte("asked").prefix_with("MATERIALIZED", dialect="postgresql")
    both = union_all(select(few.c.id), select(others.c.id)).subquery("ids")
    best = select(both.c.id).order_by(both.c.id.desc()).limit(most).subquery("best")
    return select(*_COLUMNS).join(best, best.c.id == ids).order_by(ids.desc())


def _between(ids: Literal) -> ColumnElement[bool]:
    above: Literal = bindparam("above", type_=BigInteger)
    upto: Literal = bindparam("upto", type_=BigInteger)
    return and_(ids > above, ids <= upto)


def _in_group(group: str) -> ColumnElement[bool]:
    # In the statement itself, or PostgreSQL could not tell which of its indexes it may use.
    lowest, highest = GROUPS[group]
    low: Literal = literal_column(str(first_place(lowest)))
    high: Literal = literal_column(str(last_place(highest)))
    return and_(search_texts.c.id > low, search_texts.c.id <= high)


def _holds(text: Literal, fits: Iterable[Parts], *, is_sqlite: bool) -> ColumnElement[bool]:
    position = func.instr if is_sqlite else func.strpos

    def part(place: int, nth: int) -> ColumnElement[bool]:
        return position(text, bindparam(f"part_{place}_{nth}", type_=Text)) > literal_column("0")

    return _any_of(fits, part)


def _like(fits: Iterable[Parts]) -> ColumnElement[bool]:
    def part(place: int, nth: int) -> ColumnElement[bool]:
        return search_texts.c.text.like(bindparam(f"like_{place}_{nth}", type_=Text))

    return _any_of(fits, part)


def _any_of(fits: Iterable[Parts], part: Any) -> ColumnElement[bool]:
    return or_(
        *(and_(*(part(place, nth) for nth in range(len(p)))) for place, p in enumerate(fits))
    )


def _pattern(part: str) -> str:
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def group_of(kind: SearchKind) -> str:
    """The group of GROUPS that this kind is in."""
    order = list(SearchKind)
    return next(
        name
        for name, (lowest, highest) in GROUPS.items()
        if order.index(highest) <= order.index(kind) <= order.index(lowest)
    )
