"""Why so many calls are placed now, as a sentence: "3 calls: 2 operators free within 8 s …"."""

from collections.abc import Mapping
from typing import Final

from dialer.pacing.pacer import Decision, Why
from web.formats import number
from web.i18n import N_, Reader

WHY: Final[Mapping[Why, str]] = {
    Why.NOBODY_ON_DUTY: N_("nobody is on duty"),
    Why.PREVIEW: N_("in preview the operators dial themselves"),
    Why.ONE_PER_OPERATOR: N_("one for each free operator (%(ready)s free, %(ringing)s ringing)"),
    Why.RATIO: N_("a fixed number for each free operator (%(ready)s free, %(ringing)s ringing)"),
    Why.FORECAST: N_(
        "%(free)s operators free within %(ahead)s s, %(ringing)s ringing, "
        "answer rate %(chance)s %%, meter %(meter)s of %(limit)s %%"
    ),
    Why.NONE_MAY_BE_ABANDONED: N_(
        "the law lets no call be abandoned: one for each free operator (%(ready)s free)"
    ),
    Why.METER_FIRST: N_(
        "too few answers yet to risk one: one for each free operator (%(ready)s free)"
    ),
    Why.METER_FULL: N_(
        "meter %(meter)s of %(limit)s %%: one for each free operator (%(ready)s free)"
    ),
    Why.TRUNK_FAILS: N_("the trunk fails everything: one call now and then tries it"),
    Why.TRUNKS: N_("there are no more lines"),
    Why.CALLS_PER_SECOND: N_("no more calls a second are allowed"),
}
"""The end of the sentence, from what the decision was founded on."""
SHORTLY: Final[Mapping[Why, str]] = {
    Why.NOBODY_ON_DUTY: N_("nobody on duty"),
    Why.PREVIEW: N_("preview"),
    Why.ONE_PER_OPERATOR: N_("one for each free operator"),
    Why.RATIO: N_("a fixed number for each free operator"),
    Why.FORECAST: N_("by the forecast"),
    Why.NONE_MAY_BE_ABANDONED: N_("no call may be abandoned"),
    Why.METER_FIRST: N_("too few answers yet to risk one"),
    Why.METER_FULL: N_("the meter is full"),
    Why.TRUNK_FAILS: N_("the trunk fails"),
    Why.TRUNKS: N_("no more lines"),
    Why.CALLS_PER_SECOND: N_("no more calls a second"),
}
"""The same in a few words, for a table."""


def told_decision(reader: Reader, decision: Decision) -> str:
    """The whole sentence, with its figures."""
    calls = reader.ngettext("%(num)d call", "%(num)d calls", decision.calls)
    why = reader.gettext(
        WHY[decision.why],
        ready=decision.ready,
        ringing=decision.ringing,
        free=number(reader, round(decision.ready + max(0.0, decision.freed), 1)),
        ahead=round(decision.ahead_seconds),
        chance=round(decision.answer_chance * 100.0),
        meter=number(reader, round(decision.meter * 100.0, 1)),
        limit=number(reader, round(decision.limit * 100.0, 1)),
    )
    return f"{calls}: {why}"
