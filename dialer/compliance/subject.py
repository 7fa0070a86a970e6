"""What is known of one telephone number at the moment of the decision to dial it.

Gathered in the transaction that decides (`dialer/entries`), or by a simulation; judged by
`permission.judge`, which is pure.
"""

from datetime import datetime
from typing import NamedTuple


class PastAttempt(NamedTuple):
    """A dial to the person at any of his numbers, of any campaign."""

    at: datetime
    answered: bool  # by a live person
    abandoned: bool


class Consent(NamedTuple):
    """A consent in force or not: from `given_at` until `expires_at` or `revoked_at`."""

    given_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class Subject(NamedTuple):
    """One number of one person.

    `zones` are the IANA time zones he may be in, all of them where it is not known which; `e164` is
    None where the number is not valid. `attempts` are those of the longest period asked about.
    """

    e164: str | None
    zones: frozenset[str]
    # What speaks against it: the kinds of lists it stands on ("own", "campaign", "national",
    # "opt_out"), the card's own marks.
    listed: frozenset[str] = frozenset()
    do_not_call: bool = False
    wrong: bool = False
    own: bool = False  # a number of the office itself
    attempts: tuple[PastAttempt, ...] = ()
    consents: tuple[Consent, ...] = ()
    # An operator is there for this very call (preview, a promised callback).
    agent_certain: bool = False
