"""One question, one answer: what fits best of each kind, of what the asker may see."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.search import statements
from crm_core.search.engines import WINDOW, Given, group_of, is_looked_through, values_of
from crm_core.search.kinds import SearchKind, first_place, kind_at, last_place
from crm_core.search.question import GRAM, Parts, Question, ask, in_other_layout
from crm_core.search.ranking import Fit, fit_of
from crm_core.search.results import Found, Group, Hit, Way
from crm_core.search.tables import GROUPS
from crm_core.storage.hot import Asked, Reading, Row, read_through

DEPTH: Final = 30
"""So many of a kind are ranked as a whole; where more fit, the closer fits are asked for too."""
MOST: Final = 100
"""Of one kind, in one answer."""
NOTES: Final = (SearchKind.NOTE, SearchKind.CALL_NOTE, SearchKind.CLIENT_NOTE)
_AS_WRITTEN: Final = (SearchKind.NOTE, SearchKind.CALL_NOTE)
"""Shown in the order in which they were written, which is that of their ids: no more of them are
ranked than are shown."""
HIDDEN: Final = 10_000
"""Where nearly all that fits is hidden from whoever asks, so many of the newest tasks or notes are
gone through while he types."""
DENSE: Final = 100
"""What one text of so many holds is looked for in their order rather than by an index."""
_NAMED: Final = (SearchKind.CLIENT, SearchKind.LEAD, SearchKind.DEAL)


async def find(
    connection: AsyncConnection,
    actor: Agent,
    text: str,
    country: str,
    *,
    kinds: Sequence[SearchKind] = tuple(SearchKind),
    most: int = 8,
    own: bool = False,
    thorough: bool = False,
) -> Found | None:
    """At most `most` of each kind for what was typed by somebody in `country` ("RU"); None where
    nothing was asked. A valid number finds those who have it and, where anybody has, nothing else.
    What finds nothing is looked for as the keys of the other layout would have written it.
    `own`: of clients only his own. `thorough`: however long it takes (see HIDDEN).
    """
    is_sqlite = connection.dialect.name == "sqlite"
    found = None
    for typed in (text, in_other_layout(text)):
        question = ask(typed, country)
        if question is not None:
            rest = tuple(kinds), min(most, MOST), is_sqlite, own, thorough
            asking = _Asking(question, actor, *rest)
            told = Found(question, await read_through(connection, asking.groups()))
            if told.groups:
                return told
            found = found or told
    return found


Span = tuple[int, int]
"""The lowest and the highest place."""
Texts = dict[SearchKind, dict[int, str]]
"""The stored texts by kind and record, newest first."""


@dataclass(frozen=True, slots=True)
class _Asking:
    question: Question
    actor: Agent
    kinds: tuple[SearchKind, ...]
    most: int
    is_sqlite: bool
    own: bool
    thorough: bool

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
        told = yield [
            (statements.numbered(kind, self.actor, own=self.own), given) for kind in kinds
        ]
        return [
            _hit(kind, row, Fit.EXACT)
            for kind, rows in zip(kinds, told, strict=True)
            for row in rows
        ]

    def _depth(self, kind: SearchKind) -> int:
        """How many of the newest are looked at before it is said who may see them."""
        return self.most + 1 if kind in _AS_WRITTEN else max(DEPTH, self.most + 1)

    def _by_text(self) -> Reading[list[Hit]]:
        texts, spans = yield from self._candidates()
        full = [kind for kind in texts if len(texts[kind]) >= self._depth(kind)]
        yield from self._closer(texts, full)
        hits = yield from self._seen(texts)
        # Where most of what fits is hidden from him, what he may see is looked for further down.
        for kind in self._worth_more(full):
            if self._lacks(kind, hits):
                [rows] = yield [self._seen_of(kind, spans[kind])]
                known = {hit.record_id for hit in hits if hit.kind is kind}
                further = _texts_by_record(row for row in rows if row["record_id"] not in known)
                hits += yield from self._seen({kind: further})
        return hits

    def _lacks(self, kind: SearchKind, hits: list[Hit]) -> bool:
        """Whether what is further down could still be among those shown."""
        seen = [hit.at for hit in hits if hit.kind is kind]
        if kind in _AS_WRITTEN and seen:
            newer = (hit for hit in hits if hit.kind in NOTES and hit.at >= min(seen))
            return sum(1 for _ in newer) <= self.most
        return len(seen) <= self.most

    def _worth_more(self, full: list[SearchKind]) -> list[SearchKind]:
        """Two letters are in half of all notes: he types on rather than waits for them."""
        if self.thorough or max(map(len, self.question.words)) >= GRAM:
            return full
        return [kind for kind in full if kind in _NAMED]

    def _candidates(self) -> Reading[tuple[Texts, dict[SearchKind, Span]]]:
        """The newest of every kind, whoever may see them, as many as are ranked; and where they
        stand."""
        texts: Texts = {}
        spans: dict[SearchKind, Span] = {}
        kinds = self.kinds
        if self.question.is_short:  # a letter alone is looked for in names
            kinds = tuple(kind for kind in kinds if kind in _NAMED)
        for group, lowest, highest in _ranges(kinds, is_sqlite=self.is_sqlite):
            above, upto = first_place(lowest), last_place(highest)
            while upto > above:
                most = self._depth(kind_at(upto))
                [rows] = yield [self._asked(group, self.question.anywhere, above, upto, most)]
                for row in rows:
                    kind = kind_at(row["id"])
                    spans[kind] = row["id"], spans.get(kind, (0, row["id"]))[1]
                    texts.setdefault(kind, {})[row["record_id"]] = row["text"]
                if len(rows) < most:
                    break
                last = kind_at(rows[-1]["id"])
                enough = len(texts[last]) >= self._depth(last)
                upto = first_place(last) if enough else rows[-1]["id"] - 1
        return texts, spans

    def _closer(self, texts: Texts, full: list[SearchKind]) -> Reading[None]:
        """Add what fits closely but is older than what was ranked."""
        kinds = [kind for kind in _NAMED if kind in full]
        if self.question.is_short:
            kinds = [kind for kind in _NAMED if kind in self.kinds]
        for kind in kinds:
            known = texts.setdefault(kind, {})
            if self._has_enough(known, Fit.NAME):
                continue  # what is older would stand after these
            if not self._has_enough(known, Fit.WORDS):
                [rows] = yield [self._close(kind, self.question.at_words)]
                known.update(_texts_by_record(rows))
                if len(rows) <= self.most and self._are_all_found(self.question.at_words):
                    continue  # and among them whoever's name begins so
            [rows] = yield [self._close(kind, self.question.at_name)]
            known.update(_texts_by_record(rows))

    def _has_enough(self, texts: dict[int, str], close: Fit) -> bool:
        return self._sees_all and self._count(texts, close) > self.most

    def _are_all_found(self, fits: tuple[Parts, ...]) -> bool:
        """Whether the engine gives all that fit, and not those among the newest only."""
        return not (self.is_sqlite and is_looked_through(fits))

    @property
    def _sees_all(self) -> bool:
        """Whether every client, lead and deal is his to see."""
        scopes = {self.actor.scope(RecordKind(kind.value), Action.SEE) for kind in _NAMED}
        return scopes == {Scope.ALL} and not (self.own or self.actor.newcomer)

    def _close(self, kind: SearchKind, fits: tuple[Parts, ...]) -> Asked:
        group, above, upto = group_of(kind), first_place(kind), last_place(kind)
        asked = self._asked(group, fits, above, upto, self.most + 1)
        if self._sees_all:
            return asked
        made = statements.seen_texts(
            group, kind, fits, self.actor, own=self.own, is_sqlite=self.is_sqlite
        )
        return made, {**asked[1], "actor_id": self.actor.id}

    def _count(self, texts: dict[int, str], close: Fit) -> int:
        return sum(fit_of(text, self.question) <= close for text in texts.values())

    def _seen(self, texts: Texts) -> Reading[list[Hit]]:
        asked = {kind: self._best(kind, some) for kind, some in texts.items() if some}
        told = yield [
            statements.records(kind, ids, self.actor, own=self.own) for kind, ids in asked.items()
        ]
        return [
            _hit(kind, row, fit_of(texts[kind][row["record_id"]], self.question))
            for kind, rows in zip(asked, told, strict=True)
            for row in rows
        ]

    def _best(self, kind: SearchKind, texts: dict[int, str]) -> list[int]:
        """The records worth reading: where all may be seen, no more than are shown."""
        if kind not in _NAMED or not self._sees_all or len(texts) <= self.most:
            return list(texts)
        closest = sorted(texts, key=lambda record_id: fit_of(texts[record_id], self.question))
        return closest[: self.most + 1]

    def _seen_of(self, kind: SearchKind, span: Span) -> Asked:
        fits, group = self.question.anywhere, group_of(kind)
        made = statements.seen_texts(
            group, kind, fits, self.actor, own=self.own, is_sqlite=self.is_sqlite
        )
        above, upto = first_place(kind), last_place(kind)
        if not (self.thorough or kind in _NAMED):
            above = max(above, span[1] - HIDDEN)
        _, usual = self._asked(group, fits, above, upto, self.most + 1)
        given = {**usual, "actor_id": self.actor.id}
        if (span[1] - span[0]) < DENSE * self._depth(kind):
            given.update(window=HIDDEN, older_too=int(self.thorough))
        return made, given

    def _asked(
        self, group: str, fits: tuple[Parts, ...], above: int, upto: int, most: int
    ) -> Asked:
        values = values_of(fits, is_sqlite=self.is_sqlite)
        given: Given = {**values, "above": above, "upto": upto, "most": most}
        given |= {"window": WINDOW, "older_too": 1}
        return statements.texts(group, fits, is_sqlite=self.is_sqlite), given


Range = tuple[str, SearchKind, SearchKind]


def _ranges(kinds: tuple[SearchKind, ...], *, is_sqlite: bool) -> list[Range]:
    """What is asked at once: all of SQLite's one index, or each of PostgreSQL's."""
    if set(kinds) != set(SearchKind):
        return [(group_of(kind), kind, kind) for kind in kinds]
    if is_sqlite:
        everything = list(SearchKind)
        return [("clients", everything[-1], everything[0])]
    return [(group, lowest, highest) for group, (lowest, highest) in GROUPS.items()]


def _texts_by_record(rows: Iterable[Row]) -> dict[int, str]:
    return {row["record_id"]: row["text"] for row in rows}


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
    )


def _grouped(hits: Iterable[Hit], most: int) -> list[Group]:
    """Notes of all sorts are one group, the newest first whatever they fit."""
    by_kind: dict[SearchKind, list[Hit]] = {}
    for hit in hits:
        by_kind.setdefault(SearchKind.NOTE if hit.kind in NOTES else hit.kind, []).append(hit)
    groups = []
    for kind in SearchKind:
        some = by_kind.get(kind, [])
        some.sort(key=lambda hit: (hit.at, hit.record_id), reverse=True)
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
    if ids:
        [rows] = yield [statements.ways(ids)]
        for row in rows:
            known.setdefault(row["client_id"], []).append(Way(row["kind"], row["text"]))
    return known
