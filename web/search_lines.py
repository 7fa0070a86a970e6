"""A result as it is shown: where it leads, the part that fits marked, what else tells it apart."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from crm_core.search.kinds import SearchKind
from crm_core.search.marking import Span, marks
from crm_core.search.question import Question
from crm_core.search.results import Hit

Piece = tuple[str, bool]
"""Part of a text, and whether it fits the question."""
Readable = Callable[[str], str]
"""Writes a number as people read it."""
BEFORE, SHOWN = 40, 160
"""Characters of a note before what fits, and in all."""

_ICONS = {
    SearchKind.LEAD: "lead",
    SearchKind.DEAL: "board",
    SearchKind.TASK: "tasks",
    SearchKind.CALL_NOTE: "calls",
}


@dataclass(frozen=True, slots=True)
class Line:
    """`also` is the way to reach a client that fits, or a part of what is written."""

    kind: SearchKind
    record_id: int
    address: str
    icon: str
    title: tuple[Piece, ...]
    also: tuple[Piece, ...]
    client_name: str
    at: datetime


def line_of(hit: Hit, question: Question | None, readable: Readable) -> Line:
    """The line of a hit; without a question nothing is marked."""
    also = _way(hit, question, readable) if hit.kind is SearchKind.CLIENT else ()
    if not also and hit.body:
        also = excerpt(hit.body, question)
    named = hit.kind not in (SearchKind.CLIENT, SearchKind.LEAD) or hit.client_name != hit.title
    return Line(
        kind=hit.kind,
        record_id=hit.record_id,
        address=_address(hit),
        icon=hit.word if hit.kind is SearchKind.CLIENT else _ICONS.get(hit.kind, "note"),
        title=pieces(hit.title, question),
        also=also,
        client_name=hit.client_name if named and hit.kind is not SearchKind.CLIENT else "",
        at=hit.at,
    )


def pieces(text: str, question: Question | None) -> tuple[Piece, ...]:
    """The whole text, cut where the fitting parts begin and end."""
    return _cut(text, marks(text, question) if question else [])


def excerpt(text: str, question: Question | None) -> tuple[Piece, ...]:
    """So much of a long text as shows what fits."""
    one_line = " ".join(text.split())
    found = marks(one_line, question) if question else []
    start = max(0, found[0][0] - BEFORE) if found and len(one_line) > SHOWN else 0
    if start:
        start = one_line.find(" ", start) + 1 or start
    end = min(len(one_line), start + SHOWN)
    spans = [(a - start, min(b, end) - start) for a, b in found if a >= start and a < end]
    cut = _cut(one_line[start:end], spans)
    left = (("…", False),) if start else ()
    right = (("…", False),) if end < len(one_line) else ()
    return (*left, *cut, *right)


def _cut(text: str, spans: list[Span]) -> tuple[Piece, ...]:
    made: list[Piece] = []
    done = 0
    for start, end in spans:
        made += [(text[done:start], False), (text[start:end], True)]
        done = end
    made.append((text[done:], False))
    return tuple(piece for piece in made if piece[0])


def _way(hit: Hit, question: Question | None, readable: Readable) -> tuple[Piece, ...]:
    """The way that fits best, else the first number: a name alone may be anybody's."""
    texts = [readable(way.text) if way.kind == "number" else way.text for way in hit.ways]
    cut = [pieces(text, question) for text in texts]
    best = max(cut, key=_marked, default=())
    if _marked(best):
        return best
    numbers = (each for each, way in zip(cut, hit.ways, strict=True) if way.kind == "number")
    return next(numbers, ())


def _marked(cut: tuple[Piece, ...]) -> int:
    return sum(len(text) for text, fits in cut if fits)


def _address(hit: Hit) -> str:
    match hit.kind:
        case SearchKind.LEAD | SearchKind.DEAL | SearchKind.TASK:
            return f"/{hit.kind.value}s/{hit.record_id}"
        case SearchKind.CALL_NOTE:
            return f"/calls/{hit.word}"
        case SearchKind.NOTE:
            return f"/clients/{hit.client_id}#line-note-{hit.record_id}"
        case _:
            return f"/clients/{hit.client_id}"
