"""What a person's consents, given and revoked, amount to at an instant (pure).

In doubt the stricter: a revocation ends every consent that was given before it, whichever it was
written down with.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from dialer.compliance.subject import Consent


class Standing(StrEnum):
    """Where his consents leave a person."""

    NONE = "none"
    IN_FORCE = "in_force"
    EXPIRED = "expired"
    REVOKED = "revoked"


def standing(consents: Iterable[Consent], at: datetime) -> Standing:
    """The standing at `at`: what is given later is not yet known."""
    given = [each for each in consents if each.given_at <= at]
    if not given:
        return Standing.NONE
    if len(given) == 1 and given[0].revoked_at is None:
        expires_at = given[0].expires_at
        return Standing.IN_FORCE if expires_at is None or at < expires_at else Standing.EXPIRED
    revoked = [each.revoked_at for each in given if each.revoked_at is not None]
    revoked_at = max((each for each in revoked if each <= at), default=None)
    alive = [each for each in given if revoked_at is None or each.given_at > revoked_at]
    if not alive:
        return Standing.REVOKED
    in_force = any(each.expires_at is None or at < each.expires_at for each in alive)
    return Standing.IN_FORCE if in_force else Standing.EXPIRED


def changes_to(
    enough: Collection[Standing], consents: Sequence[Consent], at: datetime
) -> datetime | None:
    """When, after `at`, a consent that is known already first makes the standing one of `enough`;
    None for never."""
    later = sorted(each.given_at for each in consents if each.given_at > at)
    return next((each for each in later if standing(consents, each) in enough), None)
