"""What is said to a screen: put an element, remove one, fetch one anew, tell something once.

Nothing here knows HTML: `template` names a partial and `data` is frozen, so that the edge may
render each message once per language and send the bytes to many.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

_serials = itertools.count(1)


def _next_serial() -> int:
    return next(_serials)


@dataclass(frozen=True, slots=True)
class Put:
    """The element `element_id` of `area` looks like `template` with `data` from now on.

    `serial` is unique in this process: equal serials render to equal bytes. Within an area elements
    stand in the order of `rank`.
    """

    element_id: str
    area: str
    template: str
    data: object = field(hash=False)
    rank: str = ""
    serial: int = field(default_factory=_next_serial, compare=False)

    @property
    def key(self) -> str:
        return self.element_id


@dataclass(frozen=True, slots=True)
class Remove:
    """The element is gone; where `template` is given, its trace stays for a few seconds."""

    element_id: str
    area: str
    template: str | None = None
    data: object = field(default=None, hash=False)
    serial: int = field(default_factory=_next_serial, compare=False)

    @property
    def key(self) -> str:
        return self.element_id


@dataclass(frozen=True, slots=True)
class Refresh:
    """What the element shows has changed: the page fetches it anew from its own address."""

    element_id: str
    serial: int = field(default_factory=_next_serial, compare=False)

    @property
    def key(self) -> str:
        return self.element_id


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell once, as a code and its values; the newest of one code is enough."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict, hash=False)
    is_good: bool = False
    serial: int = field(default_factory=_next_serial, compare=False)

    @property
    def key(self) -> str:
        return f"notice:{self.code}"


@dataclass(frozen=True, slots=True)
class Beat:
    """The server lives."""

    @property
    def key(self) -> str:
        return "beat"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that stands in `areas` now, in order: what is not listed is not there."""

    areas: tuple[str, ...]
    elements: tuple[Put, ...]


Message = Put | Remove | Refresh | Notice | Beat
