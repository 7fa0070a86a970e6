"""When people answer, learned from this base (pure): each hour leans on the hours of its kind of
number, and those on all, until it has seen enough itself; what is old fades."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

HALF_LIFE_DAYS: Final = 60.0
_FIRST_GUESS: Final = 0.25
_GUESS_WEIGHT: Final = 10.0  # dials that the first guess is worth
_KIND_WEIGHT: Final = 30.0  # dials that the base is worth to a kind
_HOUR_WEIGHT: Final = 40.0  # dials that a kind is worth to one of its hours
BETTER: Final = 1.25
"""An hour is waited for only where it promises a quarter more: the present one is certain."""


class NumberKind(StrEnum):
    """Stored words."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    OTHER = "other"


class DayKind(StrEnum):
    """Stored words."""

    WORKDAY = "workday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


Cell = tuple[str, str, int]
"""Kind of number, kind of day, hour of the called person's clock."""


def cell_of(kind: str, local: datetime) -> Cell:
    """Where a dial at this local time belongs."""
    return kind, day_kind(local), local.hour


def day_kind(local: datetime) -> DayKind:
    """By the weekday alone."""
    weekday = local.weekday()
    return DayKind.WORKDAY if weekday < 5 else (DayKind.SATURDAY, DayKind.SUNDAY)[weekday - 5]


@dataclass(frozen=True, slots=True)
class Seen:
    """Weights of dials and answers as they were worth `as_of`."""

    dialled: float
    answered: float
    as_of: datetime

    def faded(self, at: datetime) -> "Seen":
        """What they are worth at a later time."""
        days = max(0.0, (at - self.as_of).total_seconds() / 86_400)
        weight = 0.5 ** (days / HALF_LIFE_DAYS)
        return Seen(self.dialled * weight, self.answered * weight, max(at, self.as_of))

    def after(self, answered: bool, at: datetime) -> "Seen":
        """With one more dial."""
        faded = self.faded(at)
        return Seen(faded.dialled + 1.0, faded.answered + float(answered), faded.as_of)


@dataclass(frozen=True, slots=True)
class Scores:
    """The chance of an answer by cell, as it was known at one time."""

    base: float = _FIRST_GUESS
    by_kind: Mapping[str, float] = field(default_factory=dict)
    by_cell: Mapping[Cell, float] = field(default_factory=dict)

    def score(self, cell: Cell) -> float:
        """0 to 1."""
        known = self.by_cell.get(cell)
        return self.by_kind.get(cell[0], self.base) if known is None else known

    def is_better_later(self, cell: Cell, closes_at_hour: int) -> bool:
        """Whether an hour that is still to come today, before the calls must end, is better by
        enough to let others go first. Nobody waits for an hour of which nothing is known."""
        kind, day, hour = cell
        wanted = self.score(cell) * BETTER
        later = ((kind, day, each) for each in range(hour + 1, closes_at_hour))
        return any(self.by_cell.get(each, 0.0) >= wanted for each in later)


class BestHours:
    """What was seen, cell by cell; `learn` and `scores`."""

    def __init__(self, seen: Mapping[Cell, Seen] | None = None) -> None:
        self._seen = dict(seen or {})

    def learn(self, cell: Cell, at: datetime, *, answered: bool) -> Seen:
        """One more dial; what is now known of its cell. Machines are no answers."""
        before = self._seen.get(cell, Seen(0.0, 0.0, at))
        now = self._seen[cell] = before.after(answered, at)
        return now

    def scores(self, at: datetime) -> Scores:
        """The chances as far as is known `at`; worked out once, asked many times."""
        faded = {cell: seen.faded(at) for cell, seen in self._seen.items()}
        base = _leaning(faded.values(), _FIRST_GUESS, _GUESS_WEIGHT)
        kinds = {cell[0] for cell in faded}
        by_kind = {
            kind: _leaning(
                (seen for cell, seen in faded.items() if cell[0] == kind), base, _KIND_WEIGHT
            )
            for kind in sorted(kinds)
        }
        by_cell = {
            cell: _leaning((seen,), by_kind[cell[0]], _HOUR_WEIGHT) for cell, seen in faded.items()
        }
        return Scores(base, by_kind, by_cell)


def _leaning(seen: Iterable[Seen], guess: float, weight: float) -> float:
    """The mean of a beta whose prior is worth `weight` dials at `guess`."""
    dialled, answered = weight, weight * guess
    for each in seen:
        dialled += each.dialled
        answered += each.answered
    return answered / dialled
