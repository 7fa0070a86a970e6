"""How a law profile comes by a version, and that it has."""

from dataclasses import dataclass
from enum import StrEnum


class ProfileAction(StrEnum):
    """Stored words."""

    CAME = "came"  # with a release
    COPIED = "copied"
    EDITED = "edited"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class LawProfileChanged:
    """Other rules are in force from now on for the campaigns under this profile."""

    key: str
