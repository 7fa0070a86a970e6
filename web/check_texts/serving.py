"""How Asterisk serves us: its settings, its clock, its dialplan."""

from typing import Final

from web.check_texts.text import TO_SEE_FILES, Text
from web.i18n import N_

SETTINGS: Final = {
    "settings.timestamps": Text(N_("Every event carries its exact time (timestampevents = yes).")),
    "settings.timestamps_missing": Text(
        N_("Events carry no time of their own: waits and talks are as exact as the network."),
        N_('In manager.conf, then: asterisk -rx "manager reload"'),
        "[general]\ntimestampevents = yes",
        N_(
            "FreePBX does not show this setting. On the same machine the difference is a few "
            "milliseconds: nothing to do."
        ),
    ),
    "settings.timestamps_not_loaded": Text(
        N_("timestampevents = yes is written in manager.conf, but Asterisk has not read it yet."),
        N_('Run: asterisk -rx "manager reload"'),
    ),
    "settings.timestamps_unseen": Text(
        N_("Whether events carry their exact time (timestampevents) could not be seen."),
        TO_SEE_FILES,
    ),
    "settings.write_timeout": Text(
        N_("When we are busy, Asterisk waits %(milliseconds)s ms for us (writetimeout).")
    ),
    "settings.write_timeout_short": Text(
        N_(
            "Asterisk drops us when we are busy for %(milliseconds)s ms (writetimeout): in a rush "
            "the link may break."
        ),
        N_('In manager.conf, then: asterisk -rx "manager reload"'),
        "[%(username)s]\nwritetimeout = 5000",
        N_(
            "In FreePBX: Settings → Asterisk Manager Users → %(username)s: Write Timeout 5000, "
            "Submit, Apply Config."
        ),
    ),
    "settings.write_timeout_unseen": Text(
        N_("How long Asterisk waits for us when we are busy (writetimeout) could not be seen."),
        TO_SEE_FILES,
    ),
    "settings.events_filtered": Text(
        N_("Our account has an eventfilter (%(filter)s): what it filters away is never logged."),
        N_("Remove the eventfilter lines of our account from manager.conf."),
    ),
    "settings.single_login": Text(
        N_("Our account may be logged in only once (allowmultiplelogin = no)."),
        N_("Then this check cannot be made while Perezvon runs. Set it to yes in manager.conf."),
    ),
    "clock.agrees": Text(N_("Asterisk's clock and ours agree.")),
    "clock.ahead": Text(
        N_("Asterisk's clock is %(seconds)s s ahead of ours."),
        N_("Have both machines set their clocks by themselves (NTP, chrony)."),
    ),
    "clock.behind": Text(
        N_("Asterisk's clock is %(seconds)s s behind ours."),
        N_("Have both machines set their clocks by themselves (NTP, chrony)."),
    ),
    "clock.unseen": Text(N_("Asterisk did not tell its time."), N_("Check again.")),
}

DIALPLAN: Final = {
    "dialplan.plain": Text(N_("It is a plain Asterisk, set up by hand.")),
    "dialplan.freepbx": Text(
        N_("It is FreePBX (or Issabel): settings are made on its pages, not in files.")
    ),
    "dialplan.unseen": Text(
        N_("The dialplan could not be looked at: is it FreePBX, can numbers be dialled?"),
        N_("Our account lacks reporting in its write line: see above."),
    ),
    "dialplan.context": Text(N_("Numbers are dialled in the context %(context)s, which exists.")),
    "dialplan.context_missing": Text(
        N_("There is no context %(context)s: a click on a number calls nobody."),
        N_(
            "Set dial_context under [exchange] in perezvon.toml to the context your phones dial "
            "out from; it stands as “context” beside each phone in pjsip.conf."
        ),
        '[exchange]\ndial_context = "from-internal"',
    ),
    "dialplan.parking": Text(N_("Clients can be put on hold (res_parking is loaded).")),
    "dialplan.parking_missing": Text(
        N_("The button “Hold” has nowhere to put a client: res_parking is not loaded."),
        N_("Have the module loaded, at once and at every start (modules.conf)."),
        'asterisk -rx "module load res_parking.so"',
    ),
}
