"""One SIP call as one phone sees it: what its person does, and what the other side asks."""

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

from tests.lab.rtp import Media
from tests.lab.sip_message import SipMessage, address, media_port, parameter, sdp, user_of

if TYPE_CHECKING:
    from tests.lab.sip_phone import Phone

T = TypeVar("T")

PATIENCE_SECONDS = 12.0
"""How long a phone waits for what the test says must happen."""


class Refused(Exception):
    """The other side did not take the call; `status` is its SIP answer."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class Dialog:
    """One call as one phone sees it."""

    def __init__(self, phone: "Phone", call_id: str, local: str, remote: str, target: str) -> None:
        self.phone = phone
        self.call_id = call_id
        self.local = local
        self.remote = remote
        self.target = target
        self.media = Media()
        self.invite: SipMessage | None = None
        self.incoming = False
        self.status = 0
        self.notified: list[str] = []
        self.last_response: SipMessage | None = None
        self.trying = asyncio.Event()
        self.ringing = asyncio.Event()
        self.settled = asyncio.Event()
        self.ended = asyncio.Event()
        self._sequence = 0
        self._sdp_version = 1

    # -- what a person does -------------------------------------------------------------------

    @property
    def called(self) -> str:
        """The number in the request line of an incoming call."""
        return user_of(self.invite.start.split()[1]) if self.invite else ""

    @property
    def caller(self) -> str:
        """The number in the From header of an incoming call."""
        return user_of(address(self.invite.get("From"))) if self.invite else ""

    def ring(self) -> None:
        self._answer_invite(180)

    async def progress(self) -> None:
        """Early media: sound before the answer."""
        assert self.invite is not None
        if not self.media.port:
            await self.media.open()
        self._answer_invite(183, body=sdp(self.media.port))
        self.media.talk_to(media_port(self.invite.body))

    async def answer(self) -> None:
        """Pick up; returns when the answer has been acknowledged."""
        assert self.invite is not None
        if not self.media.port:
            await self.media.open()
        self.status = 200
        self._answer_invite(200, body=sdp(self.media.port))
        self.media.talk_to(media_port(self.invite.body))
        await soon(self.settled.wait())

    def refuse(self, status: int) -> None:
        self.status = status
        self._answer_invite(status)
        self._over()

    def redirect(self, number: str) -> None:
        """302: call that number instead."""
        self.status = 302
        contact = f"<sip:{number}@127.0.0.1:{self.phone.server}>"
        self._answer_invite(302, ("Contact", contact))
        self._over()

    async def answered(self) -> None:
        """Wait until the other side takes the call; Refused when it does not."""
        await soon(self.settled.wait())
        if self.status != 200:
            raise Refused(self.status)

    async def refused(self) -> int:
        """Wait until the other side refuses; its status."""
        await soon(self.settled.wait())
        assert self.status >= 300, f"expected a refusal, got {self.status}"
        return self.status

    async def rings(self) -> None:
        await soon(self.ringing.wait())

    async def over(self) -> None:
        """Wait until the call has ended, by whomever."""
        await soon(self.ended.wait())

    async def hang_up(self) -> None:
        """BYE, or CANCEL before the answer, or a refusal of what still rings."""
        if self.ended.is_set():
            return
        if self.status == 200:
            self._over()
            await self.request("BYE")
        elif self.incoming:
            self.refuse(603)
        else:
            await soon(self.trying.wait())
            self._cancel()
            await soon(self.settled.wait())

    async def hold(self, direction: str = "sendonly") -> None:
        """Put the other side on hold; some phones say `inactive`."""
        await self._reinvite(direction)

    async def resume(self) -> None:
        await self._reinvite("sendrecv")

    def press(self, digits: str) -> None:
        self.media.press(digits)

    async def refer(self, number: str) -> None:
        """Blind transfer: hand the other side to `number`."""
        await self._refer(f"<sip:{number}@127.0.0.1:{self.phone.server}>")

    async def refer_to(self, other: "Dialog") -> None:
        """Attended transfer: join the other side of this call with that of `other`."""
        to_tag, from_tag = parameter(other.remote, "tag"), parameter(other.local, "tag")
        replaces = f"{other.call_id}%3Bto-tag%3D{to_tag}%3Bfrom-tag%3D{from_tag}"
        await self._refer(f"<{other.target}?Replaces={replaces}>")

    # -- how it is said -----------------------------------------------------------------------

    async def request(self, method: str, *headers: tuple[str, str], body: str = "") -> SipMessage:
        """Send a request inside the dialog; its final response."""
        message = self.compose(method, *headers, body=body)
        response = await self.phone.exchange(message)
        if method == "INVITE":
            self.acknowledge(message, response)
        return response

    def compose(self, method: str, *headers: tuple[str, str], body: str = "") -> SipMessage:
        self._sequence += 1
        typed = [("Content-Type", "application/sdp")] if body else []
        return SipMessage(
            f"{method} {self.target} SIP/2.0",
            [
                ("Via", self.phone.via()),
                ("Max-Forwards", "70"),
                ("From", self.local),
                ("To", self.remote),
                ("Call-ID", self.call_id),
                ("CSeq", f"{self._sequence} {method}"),
                ("Contact", self.phone.contact),
                ("User-Agent", self.phone.agent),
                ("Allow", "INVITE, ACK, CANCEL, BYE, REFER, NOTIFY, OPTIONS, UPDATE, INFO"),
                ("Supported", "replaces"),
                *headers,
                *typed,
            ],
            body,
        )

    def acknowledge(self, invite: SipMessage, response: SipMessage) -> None:
        """The ACK: inside the transaction for a refusal, on its own for a 200."""
        same = response.status >= 300
        self.phone.transmit(
            SipMessage(
                f"ACK {invite.start.split()[1] if same else self.target} SIP/2.0",
                [
                    ("Via", invite.get("Via") if same else self.phone.via()),
                    ("Max-Forwards", "70"),
                    ("From", self.local),
                    ("To", response.get("To")),
                    ("Call-ID", self.call_id),
                    ("CSeq", f"{invite.sequence} ACK"),
                ],
            )
        )

    async def place(self, headers: list[tuple[str, str]]) -> None:
        """Send the INVITE of an outgoing call and follow it to its end, in the background."""
        await self.media.open()
        self.invite = self.compose("INVITE", *headers, body=sdp(self.media.port))
        response = await self._invite_until_settled()
        if response.status in (401, 407):
            self.acknowledge(self.invite, response)
            proof = self.phone.prove(response, "INVITE", self.target)
            self.invite = self.compose("INVITE", *headers, proof, body=sdp(self.media.port))
            response = await self._invite_until_settled()
        self.acknowledge(self.invite, response)
        self.status = response.status
        if response.status == 200:
            self.media.talk_to(media_port(response.body))
        else:
            self._over()
        self.settled.set()

    async def _invite_until_settled(self) -> SipMessage:
        assert self.invite is not None
        response = await self.phone.exchange(self.invite, on_progress=self._progress, patient=True)
        if response.status < 300:
            self.remote = response.get("To")
            self.target = address(response.get("Contact"))
        return response

    def _progress(self, response: SipMessage) -> None:
        self.remote = response.get("To")
        self.trying.set()
        if response.status > 100:
            self.ringing.set()
        if response.body:
            self.media.talk_to(media_port(response.body))

    def _cancel(self) -> None:
        assert self.invite is not None
        kept = ("Via", "Max-Forwards", "From", "To", "Call-ID")
        headers = [(key, value) for key, value in self.invite.headers if key in kept]
        headers.append(("CSeq", f"{self.invite.sequence} CANCEL"))
        uri = self.invite.start.split()[1]
        self.phone.transmit(SipMessage(f"CANCEL {uri} SIP/2.0", headers))

    async def _reinvite(self, direction: str) -> None:
        self._sdp_version += 1
        body = sdp(self.media.port, direction=direction, version=self._sdp_version)
        response = await self.request("INVITE", body=body)
        assert response.status == 200, response.start

    async def _refer(self, target: str) -> None:
        response = await self.request(
            "REFER", ("Refer-To", target), ("Referred-By", f"<sip:{self.phone.name}@127.0.0.1>")
        )
        assert response.status == 202, response.start

    def _answer_invite(self, status: int, *headers: tuple[str, str], body: str = "") -> None:
        assert self.invite is not None
        self.last_response = self.phone.respond(
            self.invite, status, *headers, to=self.local, body=body
        )

    def _over(self) -> None:
        self.ended.set()
        self.media.close()

    # -- what the other side asks inside the dialog ---------------------------------------------

    def receive(self, request: SipMessage) -> None:
        method = request.method
        if method == "ACK":
            self.settled.set()
        elif method == "INVITE":
            self._receive_reinvite(request)
        elif method == "CANCEL":
            self.phone.respond(request, 200, to=self.local)
            if not self.ended.is_set() and self.status == 0:
                self.refuse(487)
        elif method == "BYE":
            self.phone.respond(request, 200)
            self._over()
        else:
            self.phone.respond(request, 200)
            if method == "NOTIFY":
                self._told_of_transfer(request.body.strip())

    def _told_of_transfer(self, news: str) -> None:
        """A phone that learns of its transfer's success hangs up by itself."""
        self.notified.append(news)
        if news.startswith("SIP/2.0 2"):
            self.phone.in_background(self.hang_up())

    def _receive_reinvite(self, request: SipMessage) -> None:
        if self.status != 200:
            if self.last_response is not None:
                self.phone.transmit(self.last_response)
            return
        self._sdp_version += 1
        self.phone.respond(request, 200, body=sdp(self.media.port, version=self._sdp_version))
        self.media.talk_to(media_port(request.body))


async def soon(event: Awaitable[T]) -> T:
    """What is awaited, or TimeoutError when it takes longer than a phone's patience."""
    return await asyncio.wait_for(event, PATIENCE_SECONDS)
