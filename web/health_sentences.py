"""What health says: the parts by name, and every code as a sentence that says what to do.

Values come written as the reader writes them: instants as "10:32" or "2 Mar 10:32", numbers with
their separators, `reason` as the end of a sentence about the link. Counts stand after a colon, so
that no language has to inflect them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from web.formats import moment, number
from web.health import Finding, Light
from web.i18n import N_, Reader
from web.sentences import LINK_REASONS, link_reason

PARTS: Final[dict[str, str]] = {
    "service": N_("The service"),
    "database": N_("Database"),
    "exchange": N_("Exchange"),
    "journal": N_("Call log"),
    "catch_up": N_("Catching up"),
    "listeners": N_("Followers of the calls"),
    "screens": N_("Screens"),
    "disk": N_("Disk"),
    "flight": N_("Flight recorder"),
    "clock": N_("Clock"),
}
"""A part without a name here is shown by its own word."""

LIGHTS: Final[dict[Light, str]] = {
    Light.GREEN: N_("Everything works."),
    Light.YELLOW: N_("It works, but something needs a look."),
    Light.RED: N_("Something does not work."),
}

FINDINGS: Final[dict[str, str]] = {
    "well": N_("All is well."),
    "failing": N_("It could not be asked: there was a fault of ours, see the log."),
    "silent": N_("No answer within %(seconds)s s."),
    # the service
    "serving": N_("It has run since %(since)s."),
    "part_failed": N_(
        "“%(part)s” failed at %(at)s and was started again (times so far: %(times)s). See the log."
    ),
    "place_lost": N_("Its place at the database is lost since %(since)s: it is being taken again."),
    # catching up
    "no_log": N_(
        "Where Asterisk keeps its own log is not set: what happens while this service is away is "
        "lost. Set [exchange] cel."
    ),
    "made_up_log": N_("This exchange is made up, and keeps no log of its own to read."),
    "nothing_missed": N_("Nothing had to be read from the exchange's own log so far."),
    "log_unread": N_(
        "The exchange's own log cannot be read: what happened between %(since)s and %(until)s may "
        "be missing. It is tried again every minute; the page “Check” says what is wrong."
    ),
    "caught_up": N_(
        "Read from %(since)s to %(until)s in the exchange's own log; calls: %(calls)s."
    ),
    # the database
    "database_away": N_("The database does not answer. See whether it runs."),
    "database_slow": N_("The database answers slowly: after %(seconds)s s."),
    # the exchange
    "connected": N_("Connected since %(since)s to Asterisk %(version)s."),
    "connecting": N_("Connecting to the exchange…"),
    "exchange_away": N_("No link to the exchange since %(since)s: %(reason)s."),
    "nothing_told": N_(
        "The exchange answers, but has told us nothing by itself since %(since)s. If calls do not "
        "appear, add to the line read of our account in manager.conf: system, call, agent, "
        "dialplan, reporting."
    ),
    "calls_untold": N_(
        "There are calls, and the exchange has told us of none since %(since)s: nothing pops, "
        "nothing is logged as it happens. Add to the line read of our account in manager.conf: "
        "system, call, agent, dialplan, reporting. Then “manager reload”; within five minutes we "
        "log in anew."
    ),
    "link_lags": N_(
        "What the exchange says arrives %(seconds)s s late. Its machine is overloaded, or its "
        "clock and ours differ."
    ),
    "link_ahead": N_(
        "The exchange's clock is %(seconds)s s ahead of ours: times in the call log are wrong."
    ),
    "link_backlog": N_("Messages of the exchange not yet read: %(waiting)s."),
    # the call log
    "journal_waits": N_(
        "The call log waits for the database since %(since)s; facts kept in memory: %(waiting)s. "
        "They are written when it is back."
    ),
    "journal_behind": N_("The call log is behind; facts that wait: %(waiting)s."),
    # who hears of calls
    "listener_behind": N_("“%(part)s” is behind; facts that wait for it: %(waiting)s."),
    # the screens
    "screens_open": N_("Screens open: %(open)s."),
    "screens_slow": N_(
        "Some browsers take their updates too slowly and had to start over; in the last five "
        "minutes: %(drops)s."
    ),
    # the last hours of what the exchange said
    "flight_records": N_("It records what the exchange says."),
    "flight_off": N_("It is switched off by the settings."),
    "flight_disk_full": N_("It records nothing: the disk is full. Calls are not affected."),
    "flight_folder_taken": N_(
        "It records nothing: another Perezvon records into its folder. Give each its own "
        "([flight] folder)."
    ),
    "flight_unwritable": N_(
        "It records nothing: its folder cannot be written. See who may write there "
        "([flight] folder)."
    ),
    # the machine
    "disk_room": N_("Free: %(free)s MB."),
    "disk_low": N_("The disk is nearly full: %(free)s MB are left. Make room soon."),
    "disk_full": N_(
        "The disk is full (%(free)s MB are left): nothing more can be written. Make room now."
    ),
    "clock_steady": N_("It runs evenly."),
    "clock_jumped": N_(
        "This machine's clock jumped by %(seconds)s s at %(at)s. See whether its time is kept by "
        "a server (NTP)."
    ),
    "loop_stalled": N_(
        "The service stood still for %(seconds)s s at %(at)s. The machine is overloaded."
    ),
}


def part_name(reader: Reader, part: str) -> str:
    """What `part` is called on the page."""
    return reader.gettext(PARTS[part]) if part in PARTS else part


def light_said(reader: Reader, light: Light) -> str:
    """The whole in one sentence."""
    return reader.gettext(LIGHTS[light])


def said(reader: Reader, finding: Finding, now: datetime) -> str:
    """The finding's sentence; where it has none, or lacks a value, its code: nothing hides."""
    text = FINDINGS.get(finding.code)
    if text is None:
        return finding.code
    shown = {name: _shown(reader, value, now) for name, value in finding.values.items()}
    if str(finding.values.get("reason")) in LINK_REASONS:
        shown["reason"] = link_reason(reader, str(finding.values["reason"]))
    if "part" in finding.values:
        shown["part"] = part_name(reader, str(finding.values["part"]))
    try:
        return reader.gettext(text) % shown
    except KeyError:
        return finding.code


def plain_values(values: Mapping[str, object]) -> dict[str, object]:
    """The values as JSON holds them: instants in ISO 8601."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _shown(reader: Reader, value: object, now: datetime) -> str:
    if isinstance(value, datetime):
        return moment(reader, value, now)
    if isinstance(value, int | float):
        return number(reader, round(value, 1))
    return "–" if value is None else str(value)
