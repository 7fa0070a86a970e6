"""What can go wrong between us and the exchange; every error has a stable `code` to translate."""

from enum import StrEnum
from typing import ClassVar


class LinkReason(StrEnum):
    """Why there is no link to Asterisk: the `reason` of a `LinkDown`, and of an `ExchangeLost`.

    `UNREADABLE` is of the second alone: the link is up, but what goes on could not be read.
    `FORBIDDEN`: the link is up, but its account may not ask what goes on. `UNTOLD`: it was not told
    of calls, and is made anew in case it may hear of them by now.
    """

    UNREACHABLE = "unreachable"
    CONNECT_TIMED_OUT = "connect_timed_out"
    TLS_FAILED = "tls_failed"
    TLS_WANTED = "tls_wanted"
    NOT_ASTERISK = "not_asterisk"
    LOGIN_REFUSED = "login_refused"
    FORBIDDEN = "forbidden"
    UNTOLD = "untold"
    PEER_CLOSED = "peer_closed"
    SHUTDOWN = "shutdown"
    SILENT = "silent"
    FELL_BEHIND = "fell_behind"
    UNREADABLE = "unreadable"
    STOPPED = "stopped"
    FAULT = "fault"


class TelephonyError(Exception):
    """Base of all; the text is for the log, `code` for people (translated above)."""

    code: ClassVar[str] = "telephony_failed"


class NotConnected(TelephonyError):
    """Nothing was sent: there is no link to Asterisk now."""

    code = "not_connected"


class LinkLost(NotConnected):
    """The link fell while Asterisk owed the answer: the action may or may not have been done."""

    code = "link_lost"


class ActionTimedOut(TelephonyError):
    """No answer in time: the action may or may not have been done."""

    code = "action_timed_out"


class ActionRefused(TelephonyError):
    """Asterisk answered "Error"; `message` is its own (English) reason."""

    code = "action_refused"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class LoginRefused(ActionRefused):
    """Asterisk does not take this username and secret (or this address)."""

    code = "login_refused"


class UnsafeValue(TelephonyError):
    """A value that must not be sent: CR, LF, NUL, or not what `field` may be. Nothing was sent."""

    code = "unsafe_value"

    def __init__(self, field: str) -> None:
        super().__init__(f"refused: {field}")
        self.field = field


class NotParked(TelephonyError):
    """The channel to be taken off hold stands in no parking space."""

    code = "not_parked"
