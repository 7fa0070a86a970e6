"""A phone's ear and mouth: 50 packets a second of silence or speech, and digits as events."""

import asyncio
import struct

_SILENCE = b"\xff" * 160
_SPEECH = bytes(0x0F if i // 4 % 2 else 0x8F for i in range(160))
_SAMPLES = 160
_DIGITS = "0123456789*#ABCD"
_CLEARLY_HEARD = 10
"""Packets: a fifth of a second of sound."""


class Media(asyncio.DatagramProtocol):
    """One RTP port of 127.0.0.1. `heard` counts packets; `hears` is set once sound flows."""

    def __init__(self) -> None:
        self.port = 0
        self.heard = 0
        self.hears = asyncio.Event()
        self._peer = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._sequence = 1
        self._timestamp = 160
        self._talking: asyncio.Task[None] | None = None
        self._digits: list[str] = []
        self._loud_packets = 0

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", 0)
        )
        self._transport = transport
        self.port = int(transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard += 1
        if self.heard >= _CLEARLY_HEARD:
            self.hears.set()

    def talk_to(self, port: int) -> None:
        """Begin (or go on) to send to the peer's port."""
        self._peer = port or self._peer
        if self._talking is None and self._peer:
            self._talking = asyncio.create_task(self._talk())

    def press(self, digits: str) -> None:
        """Queue digits to be keyed one after another, a tenth of a second each."""
        self._digits.extend(digits)

    def speak(self, seconds: float) -> None:
        """Be loud for so long, then silent again."""
        self._loud_packets = round(seconds * 50)

    def close(self) -> None:
        if self._talking is not None:
            self._talking.cancel()
        if self._transport is not None:
            self._transport.close()

    async def _talk(self) -> None:
        while True:
            if self._digits:
                await self._key(self._digits.pop(0))
            self._send(0, _SPEECH if self._loud_packets > 0 else _SILENCE, self._timestamp)
            self._loud_packets -= 1
            self._timestamp += _SAMPLES
            await asyncio.sleep(0.02)

    async def _key(self, digit: str) -> None:
        """RFC 4733: one timestamp, a growing duration, the end said three times."""
        code, began = _DIGITS.index(digit), self._timestamp
        for step in range(1, 6):
            event = struct.pack("!BBH", code, 10, step * _SAMPLES)
            self._send(101, event, began, marker=step == 1)
            await asyncio.sleep(0.02)
        for _ in range(3):
            self._send(101, struct.pack("!BBH", code, 0x80 | 10, 6 * _SAMPLES), began)
        self._timestamp += 8 * _SAMPLES
        await asyncio.sleep(0.06)

    def _send(self, payload: int, body: bytes, timestamp: int, *, marker: bool = False) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        kind = payload | (0x80 if marker else 0)
        head = struct.pack("!BBHII", 0x80, kind, self._sequence & 0xFFFF, timestamp, 0x1AB)
        self._sequence += 1
        self._transport.sendto(head + body, ("127.0.0.1", self._peer))
