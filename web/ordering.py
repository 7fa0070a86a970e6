"""Lists that an administrator puts in order: one place up, one place down (pure)."""

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Placed(Protocol):
    @property
    def id(self) -> int: ...

    @property
    def position(self) -> int: ...


Row = TypeVar("Row", bound=Placed)


def reordered(listed: Sequence[Row], moved_id: int, to: str) -> list[tuple[int, Row]]:
    """The new positions of those that change, after `moved_id` went one place "up" or "down"."""
    order = list(listed)
    at = next((place for place, each in enumerate(order) if each.id == moved_id), None)
    if at is None or to not in ("up", "down"):
        return []
    other = at - 1 if to == "up" else at + 1
    if 0 <= other < len(order):
        order[at], order[other] = order[other], order[at]
    return [(n, each) for n, each in enumerate(order, 1) if each.position != n]
