"""What a question finds, as values: hits of each kind in groups."""

from dataclasses import dataclass
from datetime import datetime

from crm_core.search.kinds import SearchKind
from crm_core.search.question import Question
from crm_core.search.ranking import Fit


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
