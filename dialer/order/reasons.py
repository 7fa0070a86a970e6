"""Why an entry waits, or is over: codes, which `web` turns into sentences. Stored words."""

from enum import StrEnum


class Waits(StrEnum):
    """Why an entry is dialled later, or is never dialled again by its own rules.

    An entry that the law holds back bears a word of `compliance.permission.Refused` instead.
    """

    BUSY = "busy"
    ANOTHER_PART = "another_part"  # nobody answered: another part of his day
    NEXT_NUMBER = "next_number"
    NETWORK_AGAIN = "network_again"
    NETWORK_TROUBLE = "network_trouble"
    LATER = "later"  # so many minutes after this outcome
    ABANDONED = "abandoned"  # he answered and nobody came: the embargo, then an operator for sure
    CALLBACK = "callback"
    DAY_IS_FULL = "day_is_full"
    LOST = "lost"  # the process died while it was dialled
    BEING_CALLED = "being_called"  # the same person or number is on the line just now
    CAMPAIGN_HOURS = "campaign_hours"  # the law would permit it, the campaign does not yet
    # Over:
    COMPLETED = "completed"
    TALKED = "talked"
    REFUSED = "refused"
    WRONG_NUMBER = "wrong_number"
    GIVEN_UP = "given_up"  # after this outcome the rules allow no other attempt
    ATTEMPTS_USED_UP = "attempts_used_up"
    NUMBERS_USED_UP = "numbers_used_up"
    NUMBER_GONE = "number_gone"  # taken off his card
    CLIENT_GONE = "client_gone"  # deleted or erased
    REMOVED = "removed"  # taken off the list by a person
