"""What campaigns say, as people read it: states, modes, reasons of entries, facts."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from dialer.entries.explaining import COUNTED, Fact, Said
from dialer.order.reasons import Waits
from web.formats import moment, number
from web.i18n import N_, Reader
from web.law_words import LAW_REFUSALS

ENTRY_REASONS: Final[Mapping[str, str]] = {
    Waits.BUSY: N_("was busy: tried again soon"),
    Waits.ANOTHER_PART: N_("nobody answered: tried at another time of day"),
    Waits.NEXT_NUMBER: N_("the next number is tried"),
    Waits.NETWORK_AGAIN: N_("the network failed: tried again"),
    Waits.NETWORK_TROUBLE: N_("the network fails again and again: a rest"),
    Waits.LATER: N_("tried again later, as the rules of the campaign say"),
    Waits.ABANDONED: N_("answered and nobody came: the next time an operator is there for sure"),
    Waits.CALLBACK: N_("a call was promised"),
    Waits.DAY_IS_FULL: N_("called often enough today"),
    Waits.LOST: N_("nobody knows how the last call ended: tried again later"),
    Waits.BEING_CALLED: N_("is being called just now by another way"),
    Waits.CAMPAIGN_HOURS: N_("outside the hours of the campaign"),
    Waits.COMPLETED: N_("done: what the campaign is for was reached"),
    Waits.TALKED: N_("talked, nothing more to call about"),
    Waits.REFUSED: N_("refused"),
    Waits.WRONG_NUMBER: N_("the number is wrong"),
    Waits.GIVEN_UP: N_("no other attempt after such an outcome"),
    Waits.ATTEMPTS_USED_UP: N_("all attempts are used up"),
    Waits.NUMBERS_USED_UP: N_("no number is left to try"),
    Waits.NUMBER_GONE: N_("the number is not on the card any more"),
    Waits.CLIENT_GONE: N_("the client is deleted"),
    Waits.REMOVED: N_("taken off the list"),
}
"""Each of `dialer.order.reasons.Waits`."""

CAMPAIGN_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "campaign_state": {
        "draft": N_("being prepared"),
        "running": N_("running"),
        "paused": N_("paused"),
        "finished": N_("finished"),
    },
    "campaign_mode": {
        "preview": N_("Preview"),
        "progressive": N_("Progressive"),
        "power": N_("Power"),
        "predictive": N_("Predictive"),
    },
    "campaign_mode_means": {
        "preview": N_("The operator looks at the card first and dials himself."),
        "progressive": N_("One call for each free operator: nobody who answers has to wait."),
        "power": N_(
            "A fixed number of calls for each free operator: quick, and some may be answered by "
            "nobody."
        ),
        "predictive": N_(
            "As many calls as the forecast and the law's share of abandoned calls allow."
        ),
    },
    "entry_state": {
        "waiting": N_("waits"),
        "ready": N_("ready"),
        "certain": N_("ready, with an operator for sure"),
        "leased": N_("being called"),
        "done": N_("done"),
        "never": N_("not called any more"),
    },
    # The words of the entry's own rules go first: "refused" is no word of the law.
    "entry_reason": {**LAW_REFUSALS, **{str(key): said for key, said in ENTRY_REASONS.items()}},
    "not_loaded": {
        "already_listed": N_("on the list already, he or his number"),
        "no_number": N_("no number on the card"),
        "no_valid_number": N_("no number that can be dialled"),
        "do_not_call": N_("marked “do not call” on the card"),
        "special_number": N_("a number that is never dialled: premium, short, emergency"),
        "own_number": N_("a number of our own"),
        "zone_unknown": N_("nobody knows what time it is there"),
    },
    "entry_verdict": {
        "completed": N_("reached what the campaign is for"),
        "done": N_("talked, do not call again"),
        "callback": N_("call back as promised"),
        "again": N_("try again"),
        "refused": N_("refuses, do not call again"),
        "wrong_number": N_("wrong number, try another"),
    },
    "kind_of_outcome": {
        "answered": N_("Answered, and to be tried again"),
        "abandoned": N_("Answered, and nobody came"),
        "no_answer": N_("No answer"),
        "busy": N_("Busy"),
        "congestion": N_("The network is congested"),
        "failed": N_("The call failed"),
        "voicemail": N_("Voicemail"),
        "machine": N_("Answering machine"),
    },
    "campaign_field": {
        "most_attempts": N_("Attempts in all, at most"),
        "most_per_day": N_("A day, at most"),
        "most_per_number": N_("To one number, at most"),
        "most_busy": N_("Busy in a row, at most"),
        "most_network": N_("Failures of the network in a row, at most"),
        "most_failures": N_("A number is dead after so many failures"),
        "network_trouble_minutes": N_("Rest when the network fails, minutes"),
        "next_number_minutes": N_("Until the next number, minutes"),
        "lost_minutes": N_("Rest after an unknown end, minutes"),
        "callback_tolerance_minutes": N_("A promised call may be early or late by, minutes"),
        "absent_minutes": N_("An absent operator's promise goes to others after, minutes"),
    },
}

FACTS: Final[Mapping[Fact, str]] = {
    Fact.NEXT: N_("Nothing speaks against it: called as soon as the turn comes."),
    Fact.CAMPAIGN_NOT_YET: N_("The campaign begins %(until)s."),
    Fact.CAMPAIGN_OVER: N_("The last day of the campaign has passed."),
    Fact.CAMPAIGN_HOURS: N_("The campaign's own hours begin there %(until)s."),
    Fact.WAITS: N_("Waits until %(until)s: %(why)s."),
    Fact.OVER: N_("Not called any more: %(why)s."),
    Fact.ON_THE_LINE: N_("Is being called just now."),
    Fact.BEING_CALLED: N_("This person is being called just now by another entry or campaign."),
    Fact.NEEDS_AGENT: N_("Called only when an operator is there for sure."),
    Fact.LAW: N_("The law profile does not allow it: %(why)s."),
    Fact.NUMBER_GONE: N_("The number is not on the client's card any more."),
    Fact.CLIENT_GONE: N_("The client is deleted."),
    Fact.QUOTA_FULL: N_("The quota of “%(word)s” is reached: %(count)s."),
    Fact.QUOTA_UNDER_WAY: N_(
        "The calls under way may fill the quota of “%(word)s” (%(count)s): this one waits for them."
    ),
    Fact.BETTER_LATER: N_(
        "Such numbers answer better later today: those whose best hour is now go first."
    ),
}
"""The facts with one sentence; the others depend on their figures."""
CAMPAIGN_STATES: Final[Mapping[str, str]] = {
    "draft": N_("The campaign is still being prepared: nobody is called for it."),
    "running": N_("The campaign is running."),
    "paused": N_("The campaign is paused: nobody is called for it."),
    "finished": N_("The campaign is finished: nobody is called for it any more."),
}
LAW_UNTIL: Final = N_("The law profile does not allow it until %(until)s: %(why)s.")
AGENT_NEEDED: Final = N_("Called only when %(agent)s is there: it was promised so.")
FIRST: Final = N_("Nobody stands before it.")


def told_fact(
    reader: Reader, said: Said, now: datetime, zones: str, names: Mapping[int, str]
) -> str:
    """One fact as a sentence; instants in the reader's zone, and by the clock of the person who is
    called where that is another. `names` are those of the operators."""
    values = {
        "until": told_until(reader, said.until, now, zones) if said.until else "",
        "why": reason(reader, said.word),
        "word": said.word or reader.gettext(N_("without a segment")),
        "count": number(reader, said.count or 0),
    }
    match said.fact:
        case Fact.CAMPAIGN_STATE:
            return reader.gettext(CAMPAIGN_STATES.get(said.word, said.word))
        case Fact.BEFORE:
            return _before(reader, said.count or 0)
        case Fact.NEEDS_AGENT if said.agent_id is not None and said.agent_id in names:
            return reader.gettext(AGENT_NEEDED, agent=names[said.agent_id])
        case Fact.LAW if said.until is not None:
            return reader.gettext(LAW_UNTIL, **values)
        case Fact.WAITS if said.until is None:
            return reader.gettext(N_("Waits: %(why)s."), **values)
        case _:
            return reader.gettext(FACTS[said.fact], **values)


def told_until(reader: Reader, until: datetime, now: datetime, zones: str) -> str:
    """ "tomorrow 09:00", and "(07:00 there)" where the clocks differ; the year 9999: never."""
    if until.year >= _NEVER:
        return reader.gettext(N_("further notice"))
    shown = moment(reader, until, now)
    local = sorted(
        (until.astimezone(ZoneInfo(zone)) for zone in zones.split()),
        key=lambda each: each.utcoffset() or timedelta(),
    )
    there = list(dict.fromkeys(f"{each:%H:%M}" for each in local))
    if len(there) > _FEW_CLOCKS:
        there = [f"{there[0]}–{there[-1]}"]  # a mobile number may be anywhere in a wide country
    if not there or there == [f"{until.astimezone(reader.zone):%H:%M}"]:
        return shown
    return reader.gettext(N_("%(here)s (%(there)s there)"), here=shown, there=" / ".join(there))


def reason(reader: Reader, word: str) -> str:
    """Why an entry waits or is over: a word of its own rules or of the law."""
    said = CAMPAIGN_WORDS["entry_reason"].get(word)
    return reader.gettext(said) if said else word


def _before(reader: Reader, count: int) -> str:
    if not count:
        return reader.gettext(FIRST)
    if count >= COUNTED:
        return reader.gettext(N_("At least %(count)s stand before it."), count=count)
    return reader.ngettext("%(num)d stands before it.", "%(num)d stand before it.", count)


_NEVER: Final = 9999
_FEW_CLOCKS: Final = 3
