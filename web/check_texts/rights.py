"""What our account may hear and ask for."""

from typing import Final

from web.check_texts.text import Text
from web.i18n import N_

_READ: Final = "[%(username)s]\nread = system,call,agent,dialplan,reporting"
_WRITE: Final = "[%(username)s]\nwrite = system,call,agent,originate,reporting"
_ADD_TO_READ: Final = N_(
    "In manager.conf, complete the read line of our account, then run: "
    'asterisk -rx "manager reload". Perezvon has to log in anew: restart it.'
)
_ADD_TO_WRITE: Final = N_(
    "In manager.conf, complete the write line of our account, then run: "
    'asterisk -rx "manager reload". Perezvon has to log in anew: restart it.'
)
_READ_IN_FREEPBX: Final = N_(
    "In FreePBX: Settings → Asterisk Manager Users → %(username)s: tick system, call, agent, "
    "dialplan and reporting under “read”, Submit, Apply Config. Then restart Perezvon."
)
_WRITE_IN_FREEPBX: Final = N_(
    "In FreePBX: Settings → Asterisk Manager Users → %(username)s: tick system, call, agent, "
    "originate and reporting under “write”, Submit, Apply Config. Then restart Perezvon."
)


def _deaf(said: str) -> Text:
    return Text(said, _ADD_TO_READ, _READ, _READ_IN_FREEPBX)


def _mute(said: str) -> Text:
    return Text(said, _ADD_TO_WRITE, _WRITE, _WRITE_IN_FREEPBX)


RIGHTS: Final = {
    "rights.hear": Text(N_("It hears all that we need (read = %(classes)s).")),
    "rights.hear_unseen": Text(
        N_("What it may hear could not be seen."),
        N_("Compare the read line of our account in manager.conf with this one."),
        _READ,
        _READ_IN_FREEPBX,
    ),
    "rights.hear_call_missing": _deaf(
        N_("It does not hear of calls (read lacks call): nothing is logged, no card comes up.")
    ),
    "rights.hear_agent_missing": _deaf(
        N_("It does not hear of queues (read lacks agent): who waited and who was rung is unknown.")
    ),
    "rights.hear_system_missing": _deaf(
        N_("It does not hear when Asterisk starts and stops (read lacks system).")
    ),
    "rights.hear_dialplan_missing": _deaf(
        N_(
            "It does not hear of voicemail and answering machines (read lacks dialplan): such "
            "calls are logged as answered."
        )
    ),
    "rights.ask": Text(N_("It may ask for all that we need (write = %(classes)s).")),
    "rights.ask_unseen": Text(
        N_("What it may ask for could not be seen."),
        N_("Compare the write line of our account in manager.conf with this one."),
        _WRITE,
        _WRITE_IN_FREEPBX,
    ),
    "rights.ask_reporting_missing": _mute(
        N_(
            "It may not ask which calls are going on (write lacks reporting): after a restart, "
            "running calls are lost."
        )
    ),
    "rights.ask_call_missing": _mute(
        N_("It may not hang up, hold or transfer (write lacks call): those buttons do nothing.")
    ),
    "rights.ask_agent_missing": _mute(
        N_(
            "It may not seat and pause operators in queues (write lacks agent): the queues do not "
            "ring those who log in."
        )
    ),
    "rights.ask_originate_missing": _mute(
        N_("It may not dial (write lacks originate): a click on a number calls nobody.")
    ),
    "rights.ask_system_missing": _mute(
        N_("It may not look at endpoints and settings (write lacks system): they stay unchecked.")
    ),
}
