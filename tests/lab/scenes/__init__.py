"""Every call situation that the tracker must understand, each played on real phones."""

from dataclasses import dataclass

from tests.lab.stage import Scene

PHONES = r"\d{2,5}"


@dataclass(frozen=True)
class Entry:
    """One scene: its play, one sentence about it, whether AMI joins only in its middle, and which
    endpoints are phones."""

    play: Scene
    about: str
    joins_late: bool = False
    phones: str = PHONES


SCENES: dict[str, Entry] = {}
"""By name, which is the stem of its files in tests/streams."""


class scene:  # noqa: N801 -- reads as a decorator
    """Register a play under its function's name."""

    def __init__(self, about: str, *, joins_late: bool = False, phones: str = PHONES) -> None:
        self._about = about
        self._joins_late = joins_late
        self._phones = phones

    def __call__(self, play: Scene) -> Scene:
        SCENES[play.__name__] = Entry(play, self._about, self._joins_late, self._phones)
        return play
