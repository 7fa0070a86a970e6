"""What is wrong with a scenario file, as sentences; part of `web/sentences.py`."""

from typing import Final

from web.i18n import N_

SCENARIO_SENTENCES: Final[dict[str, str | tuple[str, ...]]] = {
    "unknown_key": N_("There is no key “%(name)s” here. docs/simulate.md lists them all."),
    "no_table": N_("A table is needed here: [in brackets] or {in braces}."),
    "no_list": N_("A list is needed here: [one, two]."),
    "no_text": N_("Text is needed here, in quotes."),
    "no_number": N_("Write a number."),
    "no_time": N_('“%(value)s” is no time of the day. Write it like "09:30".'),
    "no_day": N_("Write a day like 2026-01-12, between %(least)s and %(most)s."),
    "not_one_of": N_("Write one of these: %(choices)s."),
    "hour_unknown": N_("“%(value)s” is no hour. Write 0 to 23, in quotes."),
    "profile_unknown": N_("There is no law profile “%(value)s”."),
    "mode_not_simulated": N_(
        "In preview the operator decides when to dial, so there is nothing to simulate. "
        "Take progressive, power or predictive."
    ),
    "break_outside_shift": N_("The break is not within the working hours."),
    "shares_zero": N_("The shares come to nothing: at least one must be above 0."),
    "shares_over_one": N_("Answers, busy lines and machines come to more than all calls together."),
    "nobody_to_call": N_(
        "The law lets nobody on this list be called, so a list without an end cannot be simulated."
    ),
    "scenario_refused": N_("%(key)s: %(said)s"),
    "simulation_runs": N_("Your last simulation still runs. Wait for it, or stop it."),
    "simulations_full": N_("Others are simulating just now. Try again in a minute."),
}
