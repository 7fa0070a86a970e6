"""Asterisk's own logs, from which is read what happened while we were away."""

from typing import Final

from web.check_texts.text import Text
from web.i18n import N_

_CEL: Final = '[exchange]\ncel = "csv:////var/log/asterisk/cel-custom/Master.csv"'
_LOOK: Final = N_("Look at it under [exchange] in perezvon.toml.")

LOGS: Final = {
    "logs.none": Text(
        N_("Perezvon is not told where Asterisk logs its calls itself (CEL or CDR)."),
        N_(
            "Without that, calls that come in while Perezvon is stopped stay unknown. Have "
            "Asterisk log channel events (CEL) and name the place under [exchange] in "
            "perezvon.toml, for example so."
        ),
        _CEL,
    ),
    "logs.only_cdr": Text(
        N_("Of calls that come in while Perezvon is stopped only the outline will be known (CDR)."),
        N_("CEL tells them whole. Have Asterisk log it and name the place, for example so."),
        _CEL,
    ),
    "logs.read": Text(N_("%(log)s can be read (%(url)s); its newest row is of %(at)s.")),
    "logs.empty": Text(
        N_("%(log)s can be opened, but holds no row that can be read (%(url)s)."),
        N_(
            "Make a call and check again. If it stays so, Asterisk writes elsewhere, or in other "
            "columns."
        ),
    ),
    "logs.old": Text(
        N_("The newest row of %(log)s is of %(at)s (%(url)s)."),
        N_(
            "If there were calls since, Asterisk does not write there any more, or log_time_zone "
            "under [exchange] in perezvon.toml is wrong."
        ),
    ),
    "logs.ahead": Text(
        N_("The newest row of %(log)s is of %(at)s, which is yet to come (%(url)s)."),
        N_(
            "Its times are of another zone than we think: calls would be logged at wrong hours. "
            "Set log_time_zone under [exchange] in perezvon.toml."
        ),
        '[exchange]\nlog_time_zone = "Europe/Moscow"',
    ),
    "logs.no_file": Text(
        N_("There is no file for %(log)s (%(url)s)."),
        N_(
            "Look at the path under [exchange] in perezvon.toml. If Asterisk is on another "
            "machine, its file must be shared to this one."
        ),
    ),
    "logs.no_table": Text(
        N_("%(log)s has no table %(table)s (%(url)s)."),
        N_("If it is called otherwise, say so at the end of the address: ?table=name"),
    ),
    "logs.columns": Text(
        N_("%(log)s lacks columns that we need: %(missing)s (%(url)s)."),
        N_(
            "Have Asterisk write them too: in cel_custom.conf, cel_sqlite3_custom.conf or "
            "cdr_custom.conf, or add the columns to the table."
        ),
    ),
    "logs.not_rows": Text(
        N_("What stands in %(log)s are no rows of Asterisk's (%(url)s)."),
        N_("Look at the path and the columns under [exchange] in perezvon.toml."),
    ),
    "logs.unreadable": Text(
        N_("%(log)s cannot be read (%(url)s): %(details)s"),
        N_("Look at the path, and at the right to read of the user that Perezvon runs as."),
    ),
    "logs.unreachable": Text(
        N_("The database of %(log)s cannot be reached (%(url)s): %(details)s"),
        N_("See whether it runs, and look at the address under [exchange] in perezvon.toml."),
    ),
    "logs.scheme": Text(
        N_("The address of %(log)s is none that we know (%(url)s)."),
        _LOOK,
        "sqlite:///path   csv:///path   postgresql://user:password@host/name",
    ),
    "logs.slow": Text(
        N_("%(log)s gave no answer within %(seconds)s s (%(url)s)."),
        N_("A large table needs an index on the column of its times."),
    ),
    "logs.cel_off": Text(
        N_("Asterisk logs no channel events: CEL is switched off."),
        N_('In cel.conf, then: asterisk -rx "module reload cel"'),
        "[general]\nenable = yes\napps = dial,queue,park\nevents = ALL",
    ),
    "logs.cdr_off": Text(
        N_("Asterisk logs no calls: CDR is switched off."),
        N_('In cdr.conf, then: asterisk -rx "module reload cdr"'),
        "[general]\nenable = yes",
    ),
}
