"""A law profile: what one country's rules ask of a campaign, with where each rule is written.

A profile is a value. The profiles that come with the product are in `dialer/profiles`; an office's
own are rows, read by `stored.py`. None of it is legal advice, all of it can be changed.
"""

from dataclasses import dataclass, field
from enum import StrEnum

MINUTES_PER_DAY = 24 * 60
SILENT = "silent"
"""Instead of a source: the law says nothing, the figure is the product's own caution."""


class HolidayRule(StrEnum):
    """What a public holiday of the called person is. Stored words."""

    AS_USUAL = "as_usual"
    AS_SUNDAY = "as_sunday"
    NO_CALLS = "no_calls"


class Period(StrEnum):
    """What an attempt limit is counted over. Stored words.

    Calendar periods are the called person's; a week begins on Monday.
    """

    ROLLING = "rolling"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Counted(StrEnum):
    """What counts against an attempt limit: every dial, or only what a person answered."""

    ATTEMPTS = "attempts"
    CONVERSATIONS = "conversations"


class Window(StrEnum):
    """Over what the share of abandoned calls is measured, per campaign. Stored words.

    `PERIODS_OF_30_DAYS` are one after another from the campaign's first call (16 CFR
    310.4(b)(4)(i)); a day is the office's calendar day; 24 hours and 30 days roll.
    """

    DAY = "day"
    ROLLING_24_HOURS = "rolling_24_hours"
    ROLLING_30_DAYS = "rolling_30_days"
    PERIODS_OF_30_DAYS = "periods_of_30_days"


class CountedFrom(StrEnum):
    """From when the seconds to an operator are counted. Stored words."""

    ANSWER = "answer"
    GREETING_END = "greeting_end"


class ConsentRule(StrEnum):
    """Whether the called person must have agreed beforehand. Stored words."""

    NOT_NEEDED = "not_needed"
    NEEDED = "needed"


class RecordingRule(StrEnum):
    """What recording a conversation needs. Stored words."""

    ALLOWED = "allowed"
    ANNOUNCED = "announced"
    CONSENT = "consent"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes of a local day, from the first (included) to the last (excluded): 480, 1260."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CallingHours:
    """When a person may be called, by his own clock: spans of each weekday, Monday first."""

    weekdays: tuple[tuple[Span, ...], ...]
    holidays: HolidayRule = HolidayRule.AS_USUAL


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """At most `most` to one person over the period, all campaigns together.

    `hours` is the length of a rolling period, None for the calendar's own.
    """

    most: int
    period: Period
    counted: Counted = Counted.ATTEMPTS
    hours: int | None = None


@dataclass(frozen=True, slots=True)
class AbandonmentRule:
    """How many of those who answered may be left without anybody.

    `limit` is a share of the calls answered by a live person (0.03), 0 where none may be, None
    where no law says. A call is abandoned unless somebody is with it within `seconds`.
    """

    limit: float | None
    window: Window = Window.DAY
    seconds: float = 2.0
    counted_from: CountedFrom = CountedFrom.GREETING_END


@dataclass(frozen=True, slots=True)
class LawProfile:
    """Everything that the decision to dial asks of the law.

    `sources` are citations, most binding first. `country` is the ISO code of the country whose
    holidays and special numbers are meant; `subdivision` that of its part ("FL"), or "".
    """

    key: str
    country: str
    subdivision: str
    sources: tuple[str, ...]
    hours: CallingHours
    attempts: tuple[AttemptLimit, ...]
    minimum_ring_seconds: int
    abandonment: AbandonmentRule
    # What is played to whom nobody came: needs the seller's name and number, and this key.
    message_needed: bool
    opt_out_key: str
    # Hours during which who was abandoned is not called again, unless an operator is certain.
    embargo_hours: int
    consent: ConsentRule
    recording: RecordingRule
    # Characters of the caller's label that networks carry, 0 where there is none.
    caller_label_length: int
    # How long what proves a call or a consent is kept, days.
    retention_days: int
    # Where each rule is written, by the names of `loosening.FIELDS`; SILENT where it is nowhere.
    rule_sources: tuple[tuple[str, str], ...] = field(default=(), hash=False)
