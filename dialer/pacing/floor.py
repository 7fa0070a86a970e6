"""The floor as the pacer sees it: who is free, who talks or writes since when, what rings.

Live, fed with facts, rebuilt from them; times are seconds of any one clock.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field


class Busy:
    """An operator in a talk or a wrap-up: with what kind of client, since when."""

    __slots__ = ("kind", "since")

    def __init__(self, kind: Hashable, since: float) -> None:
        self.kind = kind
        self.since = since


class Ringing:
    """A call that nobody has answered yet, of a group whose answer chance is learned."""

    __slots__ = ("group", "since")

    def __init__(self, group: Hashable, since: float) -> None:
        self.group = group
        self.since = since


@dataclass(slots=True)
class Floor:
    """Operators on duty and the campaign's calls. `ready` is ordered: the longest free first."""

    ready: dict[Hashable, float] = field(default_factory=dict)
    talking: dict[Hashable, Busy] = field(default_factory=dict)
    wrapping_up: dict[Hashable, Busy] = field(default_factory=dict)
    ringing: dict[Hashable, Ringing] = field(default_factory=dict)
    leaving: set[Hashable] = field(default_factory=set)  # busy, and gone after this call
    people_left: int | None = None  # on the list; None for no end in sight
    waiting: int = 0  # answered, and nobody is with them yet

    @property
    def on_duty(self) -> int:
        """Operators who are free or will be."""
        busy = len(self.talking) + len(self.wrapping_up)
        return len(self.ready) + busy - len(self.leaving)

    @property
    def lines(self) -> int:
        """Trunks in use: ringing, waiting, talking."""
        return len(self.ringing) + self.waiting + len(self.talking)

    @property
    def unmet(self) -> int:
        """Operators free beyond the calls already on their way to them; below 0, calls beyond."""
        return len(self.ready) - len(self.ringing) - self.waiting
