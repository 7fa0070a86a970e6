"""What comparing the exchange's own log with ours found, in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from crm_core.catchup.comparing import Verdict
from web.formats import day, seconds_time
from web.i18n import N_, Reader
from web.words import word

VERDICTS: Final[Mapping[Verdict, str]] = {
    Verdict.ACCOUNTED: N_("accounted for"),
    Verdict.MISSING: N_("missing"),
    Verdict.INCOMPLETE: N_("seen in part"),
    Verdict.DIFFERS: N_("told otherwise"),
    Verdict.UNLOGGED: N_("not in Asterisk's own log"),
}
_WHY: Final[Mapping[Verdict, str]] = {
    Verdict.ACCOUNTED: N_("both logs tell this call alike"),
    Verdict.MISSING: N_("the call log does not have it: nobody watched when it happened"),
    Verdict.INCOMPLETE: N_("the call log has a part of it: the link was lost in its middle"),
    Verdict.DIFFERS: N_("the call log tells it otherwise"),
    Verdict.UNLOGGED: N_(
        "only the call log has it: Asterisk was stopped by force in its middle, or its own log was "
        "switched off then"
    ),
}
_FIELDS: Final[Mapping[str, str]] = {
    "outcome": N_("outcome: here %(ours)s, there %(theirs)s"),
    "answered_by": N_("answered by: here %(ours)s, there %(theirs)s"),
    "started_at": N_("began: here %(ours)s, there %(theirs)s"),
    "ended_at": N_("ended: here %(ours)s, there %(theirs)s"),
}


def verdict(reader: Reader, found: Verdict) -> str:
    """Two words for a list."""
    return reader.gettext(VERDICTS[found])


def why(reader: Reader, found: Verdict) -> str:
    """What that means."""
    return reader.gettext(_WHY[found])


def difference(reader: Reader, field: str, ours: Any, theirs: Any) -> str:
    """One field as we have it and as the exchange's log has it; instants may be ISO texts."""
    values = {"ours": _shown(reader, field, ours), "theirs": _shown(reader, field, theirs)}
    return reader.gettext(_FIELDS[field], **values)


def _shown(reader: Reader, field: str, value: Any) -> str:
    if value in (None, "", (), []):
        return "—"
    if field == "outcome":
        return word(reader, value, "outcome")
    if field.endswith("_at"):
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return f"{day(reader, at)} {seconds_time(reader, at)}"
    return ", ".join(map(str, value))
