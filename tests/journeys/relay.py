"""A TCP relay between the service and Asterisk's manager interface, that can be torn at will."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets the connection


class Tear(StrEnum):
    """How a connection ends: with a FIN, or with a RST."""

    FIN = "fin"
    RST = "rst"


@dataclass
class _Line:
    inside: asyncio.StreamWriter
    outside: asyncio.StreamWriter


@dataclass
class Relay:
    """`port` leads to Asterisk; `accepted` counts the connections, `open` are those that live."""

    target: int
    host: str = "127.0.0.1"
    port: int = 0
    accepted: int = 0
    is_shut: bool = False
    """Whether whoever comes is sent away."""
    heard: int = 0
    """Bytes that Asterisk has sent over the connection of now."""
    open: list[_Line] = field(default_factory=list)
    _limit: int | None = None
    _tear: Tear = Tear.FIN
    _torn: asyncio.Event = field(default_factory=asyncio.Event)
    _parting: list[asyncio.StreamWriter] = field(default_factory=list)

    async def cut(self, how: Tear) -> None:
        """Tear what is open now."""
        for line in list(self.open):
            self._end(line, how)

    async def cut_after(self, heard_bytes: int, how: Tear) -> None:
        """Tear what is open, and the next connection when so many bytes of Asterisk have come over
        it, be it in the middle of a line. Returns when that has happened."""
        self._limit, self._tear = heard_bytes, how
        self._torn.clear()
        await self.cut(how)
        await self._torn.wait()

    async def serve(self, inside: asyncio.StreamReader, service: asyncio.StreamWriter) -> None:
        """One connection, until either side or a cut ends it."""
        self.accepted += 1
        self.heard = 0
        limit, self._limit = self._limit, None
        if self.is_shut:
            service.transport.abort()
            return
        try:
            outside, exchange = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            service.transport.abort()
            self._torn.set()
            return
        line = _Line(service, exchange)
        self.open.append(line)
        left = asyncio.ensure_future(_copy(inside, exchange, lambda data: data))
        try:
            await _copy(outside, service, lambda data: self._within(data, limit))
        finally:
            left.cancel()
            await asyncio.wait([left])
            self._end(line, self._tear)
            if limit is not None:
                self._torn.set()

    async def forget(self) -> None:
        """Let go of what waits in vain for a last word to be taken."""
        for writer in self._parting:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()

    def _within(self, data: bytes, limit: int | None) -> bytes:
        """What of `data` may still pass; less than all is the end."""
        self.heard += len(data)
        too_many = 0 if limit is None else max(0, self.heard - limit)
        return data[: len(data) - too_many]

    def _end(self, line: _Line, how: Tear) -> None:
        if line not in self.open:
            return
        self.open.remove(line)
        if how is Tear.RST:
            made: socket.socket = line.inside.get_extra_info("socket")
            with suppress(OSError):  # the service was quicker
                made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            line.inside.transport.abort()
        line.inside.close()
        self._parting.append(line.inside)
        line.outside.transport.abort()


async def _copy(
    source: asyncio.StreamReader, goal: asyncio.StreamWriter, passing: Callable[[bytes], bytes]
) -> None:
    """Until the end of either, or until `passing` holds something back."""
    try:
        while data := await source.read(65536):
            passed = passing(data)
            goal.write(passed)
            await goal.drain()
            if len(passed) < len(data):
                return
    except OSError:
        return


@asynccontextmanager
async def relay_to(target: int, listener: socket.socket | None = None) -> AsyncIterator[Relay]:
    """A relay on a port of this machine, or on `listener`, for as long as the block lasts."""
    relay = Relay(target)
    if listener is None:
        listener = socket.create_server(("127.0.0.1", 0))
    server = await asyncio.start_server(relay.serve, sock=listener)
    relay.host, relay.port = listener.getsockname()
    try:
        yield relay
    finally:
        server.close()
        await relay.cut(Tear.FIN)
        await relay.forget()
        await server.wait_closed()
