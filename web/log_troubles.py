"""Why one of the exchange's own logs cannot be read, as sentences."""

from collections.abc import Mapping
from typing import Final

from crm_core.catchup.shelf import SourceRefused
from web.i18n import N_, Reader
from web.refusals import Refusal

TROUBLES: Final[Mapping[str, str]] = {
    "none": N_(
        "Where Asterisk keeps its own log is not set. Set [exchange] cel (or cdr); "
        "docs/asterisk.md says how."
    ),
    "scheme": N_(
        "The address of Asterisk's own log begins with sqlite://, csv:// or postgresql://, not "
        "with %(scheme)s."
    ),
    "no_file": N_("Asterisk's own log is not there: %(path)s. Is it the right path?"),
    "no_table": N_("Asterisk's own log has no table %(table)s."),
    "columns": N_("Asterisk's own log lacks the columns %(missing)s; docs/asterisk.md lists them."),
    "unreadable": N_("Asterisk's own log cannot be read (%(path)s): %(reason)s."),
    "unreachable": N_("The database with Asterisk's own log cannot be reached: %(reason)s."),
}
"""By the codes of SourceRefused."""


def log_trouble(reader: Reader, code: str, values: Mapping[str, object]) -> str:
    """One sentence; values that are not known any more are left as an ellipsis."""
    known = {"scheme": "…", "path": "…", "table": "…", "missing": "…", "reason": "…", **values}
    return reader.gettext(TROUBLES[code], **known)


def refusal_of(refused: SourceRefused) -> Refusal:
    """The same for a command that cannot go on."""
    return Refusal(TROUBLES[refused.code], **refused.values)
