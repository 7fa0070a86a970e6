"""What kinds of lists there are, and how a number came to stand on one."""

from enum import StrEnum
from typing import Final


class ListKind(StrEnum):
    """Whose list it is. Stored words."""

    OWN = "own"  # holds for all campaigns
    CAMPAIGN = "campaign"  # for one
    NATIONAL = "national"  # imported whole, again and again


class How(StrEnum):
    """How it became known that a number is not to be called. Stored words."""

    SAID = "said"  # to an operator
    PRESSED = "pressed"  # the key that the message offers
    WRITTEN = "written"
    IMPORTED = "imported"
    OFFICE = "office"  # nobody asked: the office's own decision


class Listed(StrEnum):
    """Why a number may not be called, as the judgement of the law reads it (`Subject.listed`)."""

    OWN = "own"
    CAMPAIGN = "campaign"
    NATIONAL = "national"
    OPT_OUT = "opt_out"


OPT_OUTS: Final = (How.SAID, How.PRESSED, How.WRITTEN)
"""The person himself said so: on an own list such a number is an opt-out, and comes off only with
proof that he has changed his mind."""


class ImportState(StrEnum):
    """Where an import of a file is. Stored words."""

    READING = "reading"
    IN_FORCE = "in_force"
    REPLACED = "replaced"  # by a newer one: a national list is always whole
    BROKEN_OFF = "broken_off"
    UNDONE = "undone"
