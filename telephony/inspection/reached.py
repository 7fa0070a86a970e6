"""Findings about the link itself: reached, secure, let in. Pure."""

import ipaddress
from collections.abc import Iterator
from typing import Final

from telephony.errors import LinkReason
from telephony.inspection.finding import Finding, bad, ok, warn
from telephony.settings import TelephonySettings
from telephony.stream import LinkDown

_CODES: Final = {
    LinkReason.UNREACHABLE: "link.unreachable",
    LinkReason.CONNECT_TIMED_OUT: "link.timed_out",
    LinkReason.TLS_WANTED: "link.tls_wanted",
    LinkReason.NOT_ASTERISK: "link.not_asterisk",
    LinkReason.LOGIN_REFUSED: "link.login_refused",
    LinkReason.PEER_CLOSED: "link.closed",
    LinkReason.SHUTDOWN: "link.shutting_down",
}


def why_not(down: LinkDown, settings: TelephonySettings) -> Finding:
    """What keeps us out, with the address that was tried."""
    code = _CODES.get(LinkReason(down.reason), "link.failed")
    if down.reason == LinkReason.TLS_FAILED:
        code = _why_not_secure(down.details)
    return bad(
        code,
        host=settings.host,
        port=settings.port,
        username=settings.username,
        tls=settings.tls,
        details=down.details,
    )


def _why_not_secure(details: str) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in details:
        return "link.certificate_refused"
    if "WRONG_VERSION_NUMBER" in details or "RECORD_LAYER" in details:
        return "link.not_tls"
    return "link.tls_failed"


def reached(settings: TelephonySettings) -> Iterator[Finding]:
    """The link stands: where to, and who could listen in between."""
    yield ok("link.reached", host=settings.host, port=settings.port)
    if settings.tls:
        if settings.tls_verify:
            yield ok("link.secure")
        else:
            yield warn("link.unverified")
    elif is_near(settings.host):
        yield ok("link.inside", host=settings.host)
    else:
        yield warn("link.readable", host=settings.host)
    yield ok("link.let_in", username=settings.username)


def is_near(host: str) -> bool:
    """Whether the way there leaves neither this machine nor a private network."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private
