"""What comes out of the link to Asterisk: one ordered stream of these, and the replies."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AmiMessage:
    """One block from the wire: an event, a list item (`name` is set) or a response (`name` is "").

    Keys of `headers` are lower-case and of equal headers the first wins. A repeatable header
    (`Variable: NAME=value`, `ChanVariable`) is also found under `variable(name)`.
    `at` is the Timestamp header where there is one, else `received_at`; both are aware UTC.
    """

    name: str
    headers: Mapping[str, str]
    at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class LinkUp:
    """Logged in, and Asterisk is booted; `version` is Asterisk's, or "AMI x.y" if it won't tell."""

    at: datetime
    version: str


@dataclass(frozen=True, slots=True)
class LinkDown:
    """There is no link; `reason` is a `LinkReason`, `details` the system's own words."""

    at: datetime
    reason: str
    details: str = ""


StreamItem = AmiMessage | LinkUp | LinkDown


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one action: its response's headers, and the items where it was a list."""

    headers: Mapping[str, str]
    items: tuple[AmiMessage, ...] = ()

    @property
    def message(self) -> str:
        """Asterisk's own words about the action, "" if it said none."""
        return self.headers.get("message", "")
