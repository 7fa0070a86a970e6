"""One question, one answer: what fits best of each kind, of what the asker may see."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Integer, Select, bindparam, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind
from crm_core.clients.tables import client_numbers, contact_points, contacts
from crm_core.search.engines import is_looked_through, values_of
from crm_core.search.kinds import SearchKind
from crm_core.search.question import Parts, Question, ask
from crm_core.search.ranking import Fit, fit_of
from crm_core.search.sources import found_texts, with_number
from crm_core.storage.hot import Asked, HotSelect, Reading, Row, read_through

DEPTH: Final = 30
"""So many of a kind are ranked as a whole; where more fit, the closer fits are asked for too."""
NOTES: Final = (SearchKind.NOTE, SearchKind.CALL_NOTE, SearchKind.CLIENT_NOTE)
_MOST_STATEMENTS: Final = 500


@dataclass(frozen=True, slots=True)
class Way:
    """One more thing a client is found by: `kind` is contact, number, or that of a point."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """One result. `word` is the kind of a client or task, or the id of a note's call; `at` when it
    was changed, is due, or was said. `ways` are of a client."""

    kind: SearchKind
    record_id: int
    fit: Fit
    title: str
    body: str
    client_id: int | None
    client_name: str
    at: datetime
    word: str
    place: int
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """The best of one kind, all notes together; `more` where there are others still."""

    kind: SearchKind
    hits: tuple[Hit, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Found:
    """`groups` in the order in which they are shown, none of them empty."""

    question: Question
    groups: tuple[Group, ...]


async def find(
    connection: AsyncConnection,
    actor: Agent,
    text: str,
    country: str,
    *,
    kinds: Sequence[SearchKind] = tuple(SearchKind),
    most: int = 8,
) -> Found | None:
    """At most `most` of each kind for what was typed by somebody in `country` ("RU"); None where
    nothing was asked. A valid number finds those who have it and, where anybody has, nothing else.
    """
    question = ask(text, country)
    if question is None:
        return None
    is_sqlite = connection.dialect.name == "sqlite"
    asking = _Asking(question, actor, tuple(kinds), most, is_sqlite)
    return Found(question, await read_through(connection, asking.groups()))


@dataclass(frozen=True, slots=True)
class _Asking:
    question: Question
    actor: Agent
    kinds: tuple[SearchKind, ...]
    most: int
    is_sqlite: bool

    def groups(self) -> Reading[tuple[Group, ...]]:
        hits = yield from self._by_number()
        if not hits:
            hits = yield from self._by_text()
        groups = _grouped(hits, self.most)
        known = yield from _ways(groups)
        return tuple(_with_ways(group, known) for group in groups)

    def _by_number(self) -> Reading[list[Hit]]:
        if self.question.number is None:
            return []
        kinds = [k for k in (SearchKind.CLIENT, SearchKind.LEAD) if k in self.kinds]
        given = {"number": self.question.number, "most": self.most + 1, "actor_id": self.actor.id}
        told = yield [(self._statement(kind, None), given) for kind in kinds]
        return [
            _hit(kind, row, Fit.EXACT)
            for kind, rows in zip(kinds, told, strict=True)
            for row in rows
        ]

    def _by_text(self) -> Reading[list[Hit]]:
        question, deepest = self.question, max(DEPTH, self.most + 1)
        told = yield [self._asked(kind, question.anywhere, deepest) for kind in self.kinds]
        rows = dict(zip(self.kinds, told, strict=True))
        full = [
            kind
            for kind in rows
            if kind not in NOTES and (question.is_short or len(rows[kind]) == deepest)
        ]
        closer = [(kind, fits) for kind in full for fits in (question.at_name, question.at_words)]
        if closer:
            told = yield [self._asked(kind, fits, self.most + 1) for kind, fits in closer]
            for (kind, _), some in zip(closer, told, strict=True):
                rows[kind] = _once([*rows[kind], *some])
        return [
            _hit(kind, row, fit_of(row["text"], question)) for kind in rows for row in rows[kind]
        ]

    def _asked(self, kind: SearchKind, fits: tuple[Parts, ...], most: int) -> Asked:
        values = values_of(fits, is_sqlite=self.is_sqlite)
        given = {**values, "most": most, "actor_id": self.actor.id}
        return self._statement(kind, fits), given

    def _statement(self, kind: SearchKind, fits: tuple[Parts, ...] | None) -> HotSelect:
        """Made once for all who have the same rights and ask in as many parts."""
        rights = (self.actor.role, self.actor.newcomer, *_seeing(self.actor))
        shape = None if fits is None else (*map(len, fits), is_looked_through(fits))
        key = (self.is_sqlite, kind, shape, rights)
        if key not in _STATEMENTS:
            if len(_STATEMENTS) >= _MOST_STATEMENTS:
                _STATEMENTS.clear()
            anyone = replace(self.actor, id=cast("int", bindparam("actor_id", type_=Integer)))
            made: Select[Any] = (
                with_number(kind, anyone)
                if fits is None
                else found_texts(kind, fits, anyone, is_sqlite=self.is_sqlite)
            )
            _STATEMENTS[key] = HotSelect(made)
        return _STATEMENTS[key]


_STATEMENTS: dict[object, HotSelect] = {}


def _seeing(actor: Agent) -> list[str]:
    return [actor.scope(kind, Action.SEE).value for kind in RecordKind]


def _hit(kind: SearchKind, row: Row, fit: Fit) -> Hit:
    return Hit(
        kind=kind,
        record_id=row["record_id"],
        fit=fit,
        title=row["title"],
        body=row["body"],
        client_id=row["client_id"],
        client_name=row["client_name"] or "",
        at=row["at"],
        word=row["word"],
        place=row["place"],
    )


def _once(rows: Iterable[Row]) -> list[Row]:
    return list({row["place"]: row for row in rows}.values())


def _grouped(hits: Iterable[Hit], most: int) -> list[Group]:
    """Notes of all sorts are one group, the newest first whatever they fit."""
    by_kind: dict[SearchKind, list[Hit]] = {}
    for hit in hits:
        by_kind.setdefault(SearchKind.NOTE if hit.kind in NOTES else hit.kind, []).append(hit)
    groups = []
    for kind in SearchKind:
        some = by_kind.get(kind, [])
        some.sort(key=lambda hit: hit.at, reverse=True)
        if kind is not SearchKind.NOTE:
            some.sort(key=lambda hit: hit.fit)
        if some:
            groups.append(Group(kind, tuple(some[:most]), len(some) > most))
    # Whoever has the very number or address stands first, of whatever kind he is.
    return sorted(groups, key=lambda group: group.hits[0].fit is not Fit.EXACT)


def _with_ways(group: Group, known: Mapping[int, list[Way]]) -> Group:
    if group.kind is not SearchKind.CLIENT:
        return group
    hits = (replace(hit, ways=tuple(known.get(hit.record_id, ()))) for hit in group.hits)
    return replace(group, hits=tuple(hits))


def _ways(groups: Sequence[Group]) -> Reading[dict[int, list[Way]]]:
    """How to reach the clients among the found, by their ids."""
    ids = [hit.record_id for group in groups for hit in group.hits if hit.kind is SearchKind.CLIENT]
    known: dict[int, list[Way]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        given = {f"id_{nth}": some[min(nth, len(some) - 1)] for nth in range(_AT_ONCE)}
        [rows] = yield [(_WAYS, given)]
        for row in rows:
            known.setdefault(row["client_id"], []).append(Way(row["kind"], row["text"]))
    return known


_AT_ONCE: Final = 10


def _made_ways() -> Select[Any]:
    ids = [bindparam(f"id_{nth}", type_=Integer) for nth in range(_AT_ONCE)]
    key = func.coalesce(client_numbers.c.e164, client_numbers.c.digits)
    people, numbers, points = contacts.c, client_numbers.c, contact_points.c
    ways = union_all(
        select(
            people.client_id,
            literal(0).label("sort"),
            people.id,
            literal("contact").label("kind"),
            people.name.label("text"),
        ).where(people.client_id.in_(ids)),
        select(numbers.client_id, literal(1), numbers.id, literal("number"), key).where(
            numbers.client_id.in_(ids), numbers.wrong.is_(False)
        ),
        select(points.client_id, literal(2), points.id, points.kind, points.written).where(
            points.client_id.in_(ids), points.wrong.is_(False)
        ),
    ).subquery("ways")
    return select(ways.c.client_id, ways.c.kind, ways.c.text).order_by(
        ways.c.client_id, ways.c.sort, ways.c.id
    )


_WAYS: Final = HotSelect(_made_ways())
