"""A SIP telephone in Python, for what SIPp is too clumsy for: holds, transfers, two calls at once.

A phone rings by itself when it is called; what then happens the test decides. Everything is UDP on
127.0.0.1, where nothing gets lost, so there are no retransmissions.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.lab.sip_dialog import Dialog, Refused, soon
from tests.lab.sip_message import SipMessage, address, authorization, parse, token

__all__ = ["Dialog", "Phone", "Refused"]

_REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    302: "Moved Temporarily",
    404: "Not Found",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    503: "Service Unavailable",
    603: "Decline",
}


class Phone(asyncio.DatagramProtocol):
    """A telephone: one UDP port, any number of calls. `name` is its account."""

    def __init__(self, name: str, server: int, *, password: str = "", agent: str = "lab") -> None:
        self.name = name
        self.server = server
        self.agent = agent
        self.port = 0
        self.dialogs: dict[str, Dialog] = {}
        self.mood: Callable[[Dialog], object] = Dialog.ring
        self._password = password
        self._calls: asyncio.Queue[Dialog] = asyncio.Queue()
        self._waiting: dict[str, tuple[asyncio.Future[SipMessage], Any]] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", self.port)
        )
        self._transport = transport
        self.port = int(transport.get_extra_info("sockname")[1])

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for dialog in self.dialogs.values():
            dialog.media.close()
        if self._transport is not None:
            self._transport.close()

    async def register(self, *, expires: int = 3600) -> None:
        """Tell the exchange where this phone is; `expires=0` signs off."""
        registrar = f"sip:127.0.0.1:{self.server}"
        own = f"<sip:{self.name}@127.0.0.1:{self.server}>"
        session = Dialog(self, token(), f"{own};tag={token()}", own, registrar)
        wish = ("Expires", str(expires))
        response = await session.request("REGISTER", wish)
        if response.status == 401:
            response = await session.request(
                "REGISTER", wish, self.prove(response, "REGISTER", registrar)
            )
        assert response.status == 200, response.start

    def dial(self, number: str, *, caller: str | None = None, name: str = "") -> Dialog:
        """Call a number; `caller` and `name` go into From (default: the account)."""
        user = self.name if caller is None else caller
        own = f"<sip:{user}@127.0.0.1:{self.server}>" if user else "<sip:127.0.0.1>"
        local = f"{_quoted(name)}{own};tag={token()}"
        target = f"sip:{number}@127.0.0.1:{self.server}"
        dialog = Dialog(self, token(), local, f"<{target}>", target)
        self.dialogs[dialog.call_id] = dialog
        self.in_background(dialog.place([]))
        return dialog

    async def incoming(self) -> Dialog:
        """The next call that comes to this phone."""
        return await soon(self._calls.get())

    def forget_calls(self) -> None:
        """Between two scenes: no call is waiting to be seen, the phone is in a plain mood."""
        self._calls = asyncio.Queue()
        self.mood = Dialog.ring

    @property
    def contact(self) -> str:
        return f"<sip:{self.name}@127.0.0.1:{self.port}>"

    def via(self) -> str:
        return f"SIP/2.0/UDP 127.0.0.1:{self.port};rport;branch=z9hG4bK{token()}"

    def prove(self, challenge: SipMessage, method: str, uri: str) -> tuple[str, str]:
        """The header that answers a challenge with this account's password."""
        if challenge.status == 407:
            asked, name = challenge.get("Proxy-Authenticate"), "Proxy-Authorization"
        else:
            asked, name = challenge.get("WWW-Authenticate"), "Authorization"
        return name, authorization(asked, method, uri, self.name, self._password)

    def transmit(self, message: SipMessage, port: int = 0) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(message.encode(), ("127.0.0.1", port or self.server))

    async def exchange(
        self, message: SipMessage, *, on_progress: Any = None, patient: bool = False
    ) -> SipMessage:
        """Send a request, wait for its final response."""
        final: asyncio.Future[SipMessage] = asyncio.get_running_loop().create_future()
        self._waiting[message.branch] = (final, on_progress)
        self.transmit(message)
        return await (final if patient else soon(final))

    def respond(
        self,
        request: SipMessage,
        status: int,
        *headers: tuple[str, str],
        to: str = "",
        body: str = "",
    ) -> SipMessage:
        copied = [(k, v) for k, v in request.headers if k in ("Via", "From", "Call-ID", "CSeq")]
        typed = [("Content-Type", "application/sdp")] if body else []
        contact = [] if any(k == "Contact" for k, _ in headers) else [("Contact", self.contact)]
        start = f"SIP/2.0 {status} {_REASONS.get(status, 'Other')}"
        target = ("To", to or request.get("To"))
        response = SipMessage(start, [*copied, target, *contact, *headers, *typed], body)
        self.transmit(response)
        return response

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = parse(data)
        if message.status:
            self._take_response(message)
        elif message.get("Call-ID") in self.dialogs:
            self.dialogs[message.get("Call-ID")].receive(message)
        elif message.method == "INVITE":
            self._take_call(message)
        elif message.method != "ACK":
            self.respond(message, 200 if message.method in ("OPTIONS", "NOTIFY") else 481)

    def _take_response(self, response: SipMessage) -> None:
        waiting = self._waiting.get(response.branch)
        if waiting is None or response.method == "CANCEL":
            return
        final, on_progress = waiting
        if response.status < 200:
            if on_progress is not None:
                on_progress(response)
        elif not final.done():
            del self._waiting[response.branch]
            final.set_result(response)

    def _take_call(self, invite: SipMessage) -> None:
        local = f"{invite.get('To')};tag={token()}"
        target = address(invite.get("Contact"))
        dialog = Dialog(self, invite.get("Call-ID"), local, invite.get("From"), target)
        dialog.invite, dialog.incoming = invite, True
        self.dialogs[dialog.call_id] = dialog
        self.respond(invite, 100)
        done = self.mood(dialog)
        if isinstance(done, Awaitable):
            self.in_background(done)
        self._calls.put_nowait(dialog)

    def in_background(self, work: Awaitable[None]) -> None:
        """Do `work` without waiting for it."""
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '" ' if name else ""
