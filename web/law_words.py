"""What the law of dialling says, as people read it: refusals, fields, profiles, stored words."""

from collections.abc import Mapping
from typing import Final

from web.i18n import N_

LAW_REFUSALS: Final[Mapping[str, str]] = {
    "not_valid": N_("this is no telephone number"),
    "emergency": N_("an emergency number is never dialled"),
    "short": N_("a short number is never dialled"),
    "premium": N_("a call there costs somebody extra"),
    "own": N_("it is a number of our own"),
    "wrong_number": N_("the number is marked as wrong"),
    "do_not_call": N_("marked “do not call” on the card"),
    "opted_out": N_("asked not to be called"),
    "on_own_list": N_("on our do-not-call list"),
    "on_campaign_list": N_("on the campaign's do-not-call list"),
    "on_national_list": N_("on the national do-not-call list"),
    "no_consent": N_("has not agreed to calls"),
    "consent_expired": N_("the consent to calls has run out"),
    "consent_revoked": N_("has taken back the consent to calls"),
    "zone_unknown": N_("nobody knows what time it is there"),
    "outside_hours": N_("outside the hours for calls there"),
    "holiday": N_("a public holiday there"),
    "too_often": N_("called often enough"),
    "embargo": N_("left without an operator a while ago"),
}
"""Each of `dialer.compliance.refusals.Refused`."""

LAW_FIELDS: Final[Mapping[str, str]] = {
    "hours": N_("calling hours"),
    "holidays": N_("public holidays"),
    "country": N_("whose holidays"),
    "attempts": N_("attempts to one person"),
    "minimum_ring_seconds": N_("how long it rings"),
    "abandonment_limit": N_("share of abandoned calls"),
    "abandonment_window": N_("over what abandoned calls are counted"),
    "abandonment_seconds": N_("how soon an operator is there"),
    "abandonment_counted_from": N_("from when that is counted"),
    "message_needed": N_("message to whom nobody came"),
    "opt_out_key": N_("key to be called no more"),
    "embargo_hours": N_("rest after an abandoned call"),
    "consent": N_("consent to calls"),
    "recording": N_("recording"),
    "caller_label_length": N_("label of the caller"),
    "retention_days": N_("how long proofs are kept"),
}
"""Each of `dialer.compliance.loosening.FIELDS`."""

LAW_PROFILES: Final[Mapping[str, str]] = {
    "us_federal": N_("United States"),
    "us_florida": N_("Florida"),
    "uk": N_("United Kingdom"),
    "ru": N_("Russia"),
    "ru_collectors": N_("Russia: collecting debts"),
    "sk": N_("Slovakia"),
    "de": N_("Germany"),
    "cautious": N_("Any other country"),
}
"""The built-in profiles by key."""

LAW_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "law_weekday": {
        "monday": N_("Monday"),
        "tuesday": N_("Tuesday"),
        "wednesday": N_("Wednesday"),
        "thursday": N_("Thursday"),
        "friday": N_("Friday"),
        "saturday": N_("Saturday"),
        "sunday": N_("Sunday"),
    },
    "law_holidays": {
        "as_usual": N_("a day like any other"),
        "as_sunday": N_("like a Sunday"),
        "no_calls": N_("no calls"),
    },
    "law_window": {
        "day": N_("a calendar day of the office"),
        "rolling_24_hours": N_("the last 24 hours"),
        "rolling_30_days": N_("the last 30 days"),
        "periods_of_30_days": N_("periods of 30 days, one after another"),
    },
    "law_counted_from": {
        "answer": N_("from when the person answers"),
        "greeting_end": N_("from the end of his greeting"),
    },
    "law_consent": {
        "needed": N_("needed beforehand"),
        "not_needed": N_("none needed"),
    },
    "law_recording": {
        "allowed": N_("allowed"),
        "announced": N_("allowed when it is announced"),
        "consent": N_("only with a consent"),
        "forbidden": N_("forbidden"),
    },
    "law_period": {
        "rolling": N_("so many hours"),
        "day": N_("a day"),
        "week": N_("a week"),
        "month": N_("a month"),
    },
    "law_counted": {
        "attempts": N_("attempts"),
        "conversations": N_("conversations"),
    },
}
"""The stored words of `dialer/compliance/profile.py`."""
