"""Why a number may not be dialled, and the whole judgement about it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Refused(StrEnum):
    """Why a number may not be dialled. Stored words; each has a sentence in `web`."""

    NOT_VALID = "not_valid"
    EMERGENCY = "emergency"
    SHORT = "short"
    PREMIUM = "premium"
    OWN = "own"
    WRONG_NUMBER = "wrong_number"
    DO_NOT_CALL = "do_not_call"
    OPTED_OUT = "opted_out"
    ON_OWN_LIST = "on_own_list"
    ON_CAMPAIGN_LIST = "on_campaign_list"
    ON_NATIONAL_LIST = "on_national_list"
    NO_CONSENT = "no_consent"
    CONSENT_EXPIRED = "consent_expired"
    CONSENT_REVOKED = "consent_revoked"
    ZONE_UNKNOWN = "zone_unknown"
    OUTSIDE_HOURS = "outside_hours"
    HOLIDAY = "holiday"
    TOO_OFTEN = "too_often"
    EMBARGO = "embargo"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason; `until` is when it ends by itself, None if it does not."""

    reason: Refused
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """The judgement: permitted where nothing speaks against it.

    `earliest_at` is the first instant at which nothing that ends by itself is left: None if
    something does not end by itself.
    """

    refusals: tuple[Refusal, ...]
    earliest_at: datetime | None

    @property
    def permitted(self) -> bool:
        return not self.refusals
