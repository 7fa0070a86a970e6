"""How much of what the exchange said is kept, and where."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FlightSettings:
    """The last `hours`, and of them no more than `megabytes` on disk (compressed, about a twelfth
    of what was said); 0 of either keeps nothing. An empty `folder` is one beside the database."""

    hours: int = 24
    megabytes: int = 200
    folder: str = ""

    @property
    def is_on(self) -> bool:
        return self.hours > 0 and self.megabytes > 0
