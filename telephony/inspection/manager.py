"""How manager.conf treats us: exact times, patience with us, nothing filtered away. Pure."""

from collections.abc import Iterator
from typing import Final

from telephony.headers import integer
from telephony.inspection.config import Section, is_yes
from telephony.inspection.finding import Finding, ok, warn

SHORT_WRITE_MILLISECONDS: Final = 1000
ASTERISKS_OWN_WRITE_MILLISECONDS: Final = 100


def judged(
    general: Section | None, account: Section | None, stamped: bool | None
) -> Iterator[Finding]:
    """`stamped`: whether events were seen to carry their time, None if none came."""
    yield _timestamps(general, stamped)
    if account is None:
        yield warn("settings.write_timeout_unseen")
        return
    yield _write_timeout(account)
    if "eventfilter" in account:
        yield warn("settings.events_filtered", filter=account["eventfilter"])
    usual = is_yes(general or {}, "allowmultiplelogin", usual=True)
    if not is_yes(account, "allowmultiplelogin", usual=usual):
        yield warn("settings.single_login")


def _timestamps(general: Section | None, stamped: bool | None) -> Finding:
    written = None if general is None else is_yes(general, "timestampevents", usual=False)
    if stamped or (stamped is None and written):
        return ok("settings.timestamps")
    if stamped is None and written is None:
        return warn("settings.timestamps_unseen")
    return warn("settings.timestamps_not_loaded" if written else "settings.timestamps_missing")


def _write_timeout(account: Section) -> Finding:
    usual = ASTERISKS_OWN_WRITE_MILLISECONDS
    milliseconds = integer(account.get("writetimeout", ""), usual)
    if milliseconds < SHORT_WRITE_MILLISECONDS:
        return warn("settings.write_timeout_short", milliseconds=milliseconds)
    return ok("settings.write_timeout", milliseconds=milliseconds)
