"""A scriptable AMI server on a loopback port, for faults no real Asterisk can be asked for."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from telephony.settings import TelephonySettings

GREETING = b"Asterisk Call Manager/9.0.0\r\n"
SECRET = "let me in"

Request = dict[str, str]
Answer = Callable[["Line", Request], Awaitable[None]]


def block(*headers: tuple[str, str] | str) -> bytes:
    """A block of `Key: value` headers; a plain string is a line as it is."""
    lines = [header if isinstance(header, str) else ": ".join(header) for header in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def event(name: str, **headers: str) -> bytes:
    return block(("Event", name), *headers.items())


class Line:
    """One client's connection, as the server sees it; `heard` are its actions in order."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.heard: list[Request] = []

    def names(self) -> list[str]:
        """The actions heard, without pings and the questions of every beginning."""
        routine = ("Login", "CoreSettings", "Ping")
        return [request["Action"] for request in self.heard if request["Action"] not in routine]

    async def write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def respond(self, request: Request, response: str = "Success", **headers: str) -> None:
        await self.write(
            block(("Response", response), ("ActionID", request["ActionID"]), *headers.items())
        )

    async def trickle(self, data: bytes) -> None:
        """One byte a packet, each read by the client on its own."""
        for byte in data:
            await self.write(bytes([byte]))
            for _ in range(3):
                await asyncio.sleep(0)

    def drop(self) -> None:
        self.writer.transport.abort()


async def silence(line: Line, request: Request) -> None:
    """An answer that never comes."""


def success(**headers: str) -> Answer:
    async def answer(line: Line, request: Request) -> None:
        await line.respond(request, **headers)

    return answer


def refusal(message: str) -> Answer:
    async def answer(line: Line, request: Request) -> None:
        await line.respond(request, "Error", Message=message)

    return answer


async def pong(line: Line, request: Request) -> None:
    await line.respond(request, Ping="Pong", Timestamp="1795338000.000000")


async def let_in(line: Line, request: Request) -> None:
    """Asterisk's own answer to a login: success and FullyBooted, or an error and the door."""
    if request.get("Secret") == SECRET:
        await line.respond(request, Message="Authentication accepted")
        await line.write(event("FullyBooted", Privilege="system,all", Status="Fully Booted"))
    else:
        await line.respond(request, "Error", Message="Authentication failed")
        line.writer.close()


@dataclass
class FakeAmi:
    """`answers` by action name may be replaced at any time; an unknown action is an error."""

    answers: dict[str, Answer]
    greeting: bytes = GREETING
    lines: list[Line] = field(default_factory=list)
    arrivals: asyncio.Queue[Line] = field(default_factory=asyncio.Queue)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    port: int = 0

    @property
    def line(self) -> Line:
        """The newest connection."""
        return self.lines[-1]

    def settings(self, **changes: object) -> TelephonySettings:
        base = TelephonySettings(
            port=self.port, secret=SECRET, connect_timeout_seconds=5.0, action_timeout_seconds=5.0
        )
        return replace(base, **changes)  # type: ignore[arg-type]

    async def until(self, fact: Callable[[], bool]) -> None:
        """Wait for something to be true of what the server has heard."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(fact)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(reader, writer)
        try:
            writer.write(self.greeting)
            await self._note(lambda: self.lines.append(line))
            self.arrivals.put_nowait(line)
            await self._converse(line)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _converse(self, line: Line) -> None:
        while True:
            text = (await line.reader.readuntil(b"\r\n\r\n")).decode()
            request: Request = {}
            for header in text.strip("\r\n").split("\r\n"):
                key, _, value = header.partition(": ")
                request.setdefault(key, value)
            request["_text"] = text
            heard = request
            await self._note(lambda heard=heard: line.heard.append(heard))  # type: ignore[misc]
            answer = self.answers.get(request["Action"], refusal("Invalid/unknown command"))
            await answer(line, request)

    async def _note(self, change: Callable[[], None]) -> None:
        async with self.changed:
            change()
            self.changed.notify_all()


@asynccontextmanager
async def fake_ami(*, tls: ssl.SSLContext | None = None) -> AsyncIterator[FakeAmi]:
    """A running server that behaves like a healthy Asterisk until told otherwise."""
    version = success(AsteriskVersion="22.10.1")
    fake = FakeAmi({"Login": let_in, "Ping": pong, "CoreSettings": version})
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0, ssl=tls)
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        server.close()
        for line in fake.lines:
            line.drop()
        await server.wait_closed()
