"""One connection to AMI, from TCP to goodbye: panoramisk, hardened by subclassing.

The only module that knows panoramisk (which has no types). Its protocol writes the actions and
matches their answers; what it gets wrong is replaced here: reading, login, waiting, losing a link.
Events never become a panoramisk Message: at 6 KiB each they are only built for awaited answers.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from panoramisk import Manager
from panoramisk.actions import Action as PanoramiskAction
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from telephony import actions
from telephony.actions import Action
from telephony.blocks import BlockReader, NotAsterisk, read_message
from telephony.errors import (
    ActionRefused,
    ActionTimedOut,
    LinkLost,
    LinkReason,
    LoginRefused,
    NotConnected,
)
from telephony.settings import TelephonySettings
from telephony.stream import AmiMessage, Reply

log = logging.getLogger(__name__)

SHUTDOWN_TELLS_SECONDS = 30.0  # a link that ends this soon after a Shutdown event ended by it
_REFUSALS = ("error", "fail", "failure")
_LIST_OVER = ("complete", "cancelled")


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a link is given: the time, who takes messages, which blocks are noise, who records."""

    now: Callable[[], datetime]
    take: Callable[[AmiMessage], None]
    is_noise: Callable[[bytes], bool]
    raw: Callable[[bytes, datetime], None] | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """How a link ended."""

    reason: LinkReason
    details: str = ""


class Awaited(Message):  # type: ignore[misc]
    """An AmiMessage in the form in which panoramisk matches answers."""

    def __init__(self, message: AmiMessage) -> None:
        self._store = {key: (key, value) for key, value in message.headers.items()}
        self.manager = None
        self.ami = message


class Pending(PanoramiskAction):  # type: ignore[misc]
    """An action on its way. How its answer ends is known beforehand, never guessed from texts."""

    def __init__(self, action: Action) -> None:
        headers: dict[str, Any] = {"Action": action.name}
        for key, value in action.headers:
            headers[key] = [*headers[key], value] if key in headers else [value]
        super().__init__(headers, as_list=bool(action.expects.list_end))
        self.list_end = action.expects.list_end.lower()
        self.future.add_done_callback(_note_outcome)

    def concerns(self, message: AmiMessage) -> bool:
        """Events that merely carry our id (OriginateResponse) answer nothing."""
        return not message.name or bool(self.list_end)

    @property
    def multi(self) -> bool:
        return bool(self.list_end) and not self.refused

    @property
    def refused(self) -> bool:
        word: str = self.responses[0].ami.headers.get("response", "")
        return word.lower() in _REFUSALS

    @property
    def completed(self) -> bool:
        if not self.multi:
            return True
        last = self.responses[-1].ami
        over = last.headers.get("eventlist", "").lower() in _LIST_OVER
        return bool(last.name) and (over or last.name.lower() == self.list_end)

    def reply(self) -> Reply:
        """The answer; ActionRefused if it is "Error"."""
        head = self.responses[0].ami.headers
        if self.refused:
            raise ActionRefused(head.get("message", "refused"))
        items = tuple(response.ami for response in self.responses[1:])
        return Reply(head, items)


def _note_outcome(future: asyncio.Future[Any]) -> None:
    """Nobody may be waiting any more: an unread exception is no news then."""
    if not future.cancelled():
        future.exception()


class LinkProtocol(AMIProtocol):  # type: ignore[misc]
    """panoramisk's protocol reading whole blocks, each guarded; answers matched by ActionID."""

    encoding = "utf-8"

    def __init__(self, link: "AmiLink", wiring: Wiring) -> None:
        self._link = link
        self._wiring = wiring
        self._reader = BlockReader()
        self._shutdown_at: float | None = None
        self.last_byte_at = 0.0
        self.closed = True

    @property
    def ami_version(self) -> str:
        return self._reader.version or ""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.factory = self._link
        self.last_byte_at = self._link.loop.time()

    def data_received(self, data: bytes) -> None:
        received_at = self._wiring.now()
        self.last_byte_at = self._link.loop.time()
        self._record(data, received_at)
        try:
            blocks = self._reader.feed(data)
        except NotAsterisk as stranger:
            self.end(Loss(LinkReason.NOT_ASTERISK, str(stranger)))
            return
        for block in blocks:
            if self.closed:
                return
            try:
                self._take(block, received_at)
            except Exception:  # one block that cannot be understood never stops the next
                log.exception("an AMI block of %d bytes was skipped", len(block))

    def _record(self, data: bytes, received_at: datetime) -> None:
        if self._wiring.raw is None:
            return
        try:
            self._wiring.raw(data, received_at)
        except Exception:
            log.exception("the raw AMI stream could not be recorded")

    def _take(self, block: bytes, received_at: datetime) -> None:
        awaited = bool(self.responses) and b"\r\nActionID: " in block
        if not awaited and self._wiring.is_noise(block):
            return
        message = read_message(block, received_at)
        if message is None:
            return
        pending = self.responses.get(message.headers.get("actionid")) if awaited else None
        if pending is None or not pending.concerns(message):
            if message.name:
                self.factory.dispatch(message)
            return
        if pending.list_end:
            self.factory.dispatch(message)
        self.handle_message(Awaited(message))

    def note_shutdown(self) -> None:
        self._shutdown_at = self._link.loop.time()

    def forget(self, pending: Pending) -> None:
        """Stop waiting for the answer; one that comes later is nobody's."""
        self.responses.pop(pending.id, None)

    def connection_lost(self, exc: Exception | None) -> None:
        told = self._shutdown_at is not None
        recent = told and self._link.loop.time() - self._shutdown_at < SHUTDOWN_TELLS_SECONDS
        reason = LinkReason.SHUTDOWN if recent else LinkReason.PEER_CLOSED
        self.end(Loss(reason, str(exc or "")))

    def end(self, loss: Loss) -> None:
        """Close at once; everything unanswered fails and is never sent again."""
        self.close()
        self._link.connection_lost(loss)

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        self.transport.abort()
        unanswered = list(self.responses.values())
        self.responses.clear()
        for pending in unanswered:
            if not pending.future.done():
                pending.future.set_exception(LinkLost("the link fell before the answer came"))


class AmiLink(Manager):  # type: ignore[misc]
    """A panoramisk Manager for exactly one connection; `lost` tells when and how it ended."""

    def __init__(self, settings: TelephonySettings, wiring: Wiring) -> None:
        super().__init__(
            host=settings.host,
            port=settings.port,
            loop=asyncio.get_running_loop(),
            protocol_factory=lambda: LinkProtocol(self, wiring),
        )
        self.settings = settings
        self.ping_interval = settings.keepalive_seconds
        self.booted = asyncio.Event()
        self.lost: asyncio.Future[Loss] = self.loop.create_future()
        self._take = wiring.take
        self._last_ping: Pending | None = None

    @property
    def ami_version(self) -> str:
        return "" if self.protocol is None else str(self.protocol.ami_version)

    async def connect(self, tls: ssl.SSLContext | None) -> None:
        """TCP (and TLS); OSError if it cannot be had, no timeout of its own."""
        _, self.protocol = await self.loop.create_connection(
            self.config["protocol_factory"], self.config["host"], self.config["port"], ssl=tls
        )

    async def log_in(self) -> None:
        """LoginRefused if Asterisk says no; then keep the link alive by pings."""
        try:
            await self.request(actions.login(self.settings.username, self.settings.secret), None)
        except ActionRefused as refusal:
            raise LoginRefused(refusal.message) from None
        self.authenticated = True
        self.pinger = self.loop.call_later(self.ping_interval, self.ping)

    async def request(self, action: Action, timeout_seconds: float | None) -> Reply:
        """Send and await the answer. NotConnected, LinkLost, ActionTimedOut, ActionRefused."""
        if self.protocol is None or self.protocol.closed:
            raise NotConnected(action.name)
        pending = Pending(action)
        try:
            async with asyncio.timeout(timeout_seconds):
                await self.send_action(pending, as_list=pending.as_list)
        except TimeoutError:
            raise ActionTimedOut(action.name) from None
        finally:
            self.protocol.forget(pending)
        return pending.reply()

    def ping(self) -> None:
        """Every `keepalive_seconds`: end the link of a silent peer, otherwise ask for a sign."""
        idle = self.loop.time() - self.protocol.last_byte_at
        if idle >= self.settings.silence_seconds:
            self.protocol.end(Loss(LinkReason.SILENT, f"no byte for {idle:.0f} s"))
            return
        self._forget_ping()
        left = self.settings.silence_seconds - idle
        self.pinger = self.loop.call_later(min(self.ping_interval, left), self.ping)
        self._last_ping = Pending(actions.ping())
        self.send_action(self._last_ping, as_list=False)

    def _forget_ping(self) -> None:
        if self._last_ping is not None:
            self.protocol.forget(self._last_ping)

    async def send_awaiting_actions(self, *_: object) -> None:
        """Nothing waits for a later link: what could not be sent has failed."""

    def dispatch(self, event: AmiMessage) -> None:
        if event.name == "FullyBooted":
            self.booted.set()
        elif event.name == "Shutdown":
            self.protocol.note_shutdown()
        self._take(event)

    def connection_lost(self, loss: Loss) -> None:
        if self.pinger is not None:
            self.pinger.cancel()
            self.pinger = None
        if not self.lost.done():
            self.lost.set_result(loss)

    def end(self, loss: Loss) -> None:
        """Close the link for a reason of our own."""
        if self.protocol is not None:
            self.protocol.end(loss)
        else:
            self.connection_lost(loss)

    def leave(self) -> None:
        """Say Logoff if anyone listens, and close."""
        if self.protocol is not None and not self.protocol.closed:
            self.send_action(Pending(actions.logoff()), as_list=False)
            self.protocol.transport.close()
        self.end(Loss(LinkReason.STOPPED))


def tls_context(settings: TelephonySettings) -> ssl.SSLContext | None:
    """None without TLS. Without verification the peer is believed whoever it is."""
    if not settings.tls:
        return None
    context = ssl.create_default_context()
    if not settings.tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
