"""What kept a link from coming up, as a reason that people can do something about."""

import asyncio
import logging
import ssl
from typing import Final

from telephony.errors import LinkReason, LoginRefused
from telephony.link import AmiLink, Loss

log = logging.getLogger(__name__)

PROBE_SECONDS: Final = 2.0


async def loss_of(fault: Exception, link: AmiLink) -> Loss:
    """The link's own word first, it saw the cause; a peer that hung up before its greeting is
    asked once whether it waits for TLS."""
    loss = _loss_of(fault, link)
    mute = loss.reason is LinkReason.PEER_CLOSED and not link.ami_version
    if mute and not link.settings.tls and await speaks_tls(link.settings.host, link.settings.port):
        return Loss(LinkReason.TLS_WANTED, loss.details)
    return loss


async def speaks_tls(host: str, port: int) -> bool:
    """Whether a TLS handshake succeeds there, whoever it is; nothing else is said."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except OSError:  # a time-out and a refused handshake are such errors too
        return False
    writer.transport.abort()
    return True


def _loss_of(fault: Exception, link: AmiLink) -> Loss:
    if isinstance(fault, LoginRefused):
        return Loss(LinkReason.LOGIN_REFUSED, fault.message)
    if link.lost.done():
        return link.lost.result()
    if isinstance(fault, ssl.SSLError):
        return Loss(LinkReason.TLS_FAILED, str(fault))
    if isinstance(fault, TimeoutError):
        return Loss(LinkReason.CONNECT_TIMED_OUT)
    if isinstance(fault, OSError):
        return Loss(LinkReason.UNREACHABLE, str(fault))
    log.error("the link to Asterisk could not be made", exc_info=fault)
    return Loss(LinkReason.FAULT, str(fault))
