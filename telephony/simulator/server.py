"""The simulated exchange on a TCP port: time runs, managers connect, bytes go out in order."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from telephony.simulator.exchange import Exchange
from telephony.simulator.plan import Plan
from telephony.simulator.requests import Requests
from telephony.simulator.session import Credentials, Session
from telephony.simulator.stories import Incoming, Talk, Town
from telephony.simulator.town import BusyTown, Pace

log = logging.getLogger(__name__)

SLOW_READER_BYTES = 3 * 1024 * 1024  # Asterisk, too, drops a manager that lets so much pile up
READ_BYTES = 65536

Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True, eq=False)
class _Manager:
    session: Session
    writer: asyncio.StreamWriter


@dataclass(frozen=True, slots=True)
class Rung:
    """A call that was just placed: its Linkedid, and the phones that ring for it now."""

    linkedid: str
    interfaces: tuple[str, ...]


class SimulatedExchange:
    """An AMI server on `host`:`port` (0: any free one) that plays `plan`.

    `now` gives aware UTC, `sleep` waits. Use it as `async with`, or `start`, `run`, `close`. With a
    `pace` the town calls by itself; without, only what `ring` and `exchange` are told.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        credentials: Credentials,
        now: Callable[[], datetime],
        sleep: Sleep,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 0,
        town: Town | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.host, self.port = host, port
        self._said: list[bytes] = []
        self.exchange = Exchange(plan, self._said.append, start=now(), seed=seed, town=town)
        self._requests = Requests(self.exchange)
        self._credentials, self._now, self._sleep = credentials, now, sleep
        self._town = None if pace is None else BusyTown(self.exchange, pace, seed=seed)
        self._managers: list[_Manager] = []
        self._server: asyncio.Server | None = None
        self._wake = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Listen; the port is returned. OSError if it is taken."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])
        if self._town is not None:
            self._town.start()
        return self.port

    async def run(self) -> None:
        """Let time pass until cancelled."""
        while True:
            self._wake.clear()
            self.catch_up()
            await self._wait_for_next()

    async def _wait_for_next(self) -> None:
        due = self.exchange.timetable.next_due()
        waits: set[asyncio.Future[Any]] = {asyncio.ensure_future(self._wake.wait())}
        if due is not None:
            seconds = max(0.0, (due - self._now()).total_seconds())
            waits.add(asyncio.ensure_future(self._sleep(seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    def catch_up(self) -> None:
        """Do what is due now and send what was said. A story that fails stops no other."""
        moment = self._now()
        while True:
            try:
                self.exchange.timetable.run_until(moment)
                break
            except Exception:
                log.exception("A simulated call went wrong")
        self._flush()

    def ring(
        self,
        *,
        number: str,
        dialled: str,
        name: str = "",
        patience_seconds: float = 60.0,
        talk: Talk | None = None,
    ) -> Rung:
        """Place a call now; its events have been written to every manager when this returns."""
        self.catch_up()
        story = Incoming(number, name, dialled, patience_seconds, talk or Talk())
        channel = self.exchange.incoming(story)
        self._flush()
        self._wake.set()
        ringing = [
            each.interface
            for each in self.exchange.switch.channels.values()
            if each.told is channel.told and each.ringer is not None
        ]
        return Rung(channel.linkedid, tuple(ringing))

    def cut(self) -> None:
        """Drop every manager's link, as a network or an Asterisk that dies would."""
        for manager in self._managers:
            manager.writer.transport.abort()

    @property
    def managers(self) -> int:
        """How many are logged in."""
        return sum(manager.session.logged_in for manager in self._managers)

    async def close(self) -> None:
        """Stop listening and drop everybody."""
        if self._server is not None:
            self._server.close()
            self.cut()
            await self._server.wait_closed()
            self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        self._running = asyncio.create_task(self.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
        await self.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        manager = _Manager(Session(self._credentials, secrets.token_hex(5)), writer)
        self._managers.append(manager)
        try:
            writer.write(manager.session.greeting)
            while not manager.session.over and (data := await reader.read(READ_BYTES)):
                for request in manager.session.feed(data):
                    self._answer(manager, request)
                await writer.drain()
        except (ConnectionError, TimeoutError):
            log.debug("A manager's link broke")
        finally:
            self._managers.remove(manager)
            writer.close()

    def _answer(self, manager: _Manager, request: dict[str, list[str]]) -> None:
        """The response first, then what the action caused: Asterisk's order."""
        if manager.session.over:
            return
        self.catch_up()
        uptime = int((self._now() - self.exchange.started_at).total_seconds())
        answer = manager.session.own(request, uptime)
        if answer is None:
            answer = self._requests.answer(request)
        manager.writer.write(answer)
        self._flush()
        self._wake.set()

    def _flush(self) -> None:
        if not self._said:
            return
        said = b"".join(self._said)
        self._said.clear()
        for manager in tuple(self._managers):
            if not manager.session.wants_events:
                continue
            if manager.writer.transport.get_write_buffer_size() > SLOW_READER_BYTES:
                log.warning("A manager reads too slowly and is dropped")
                manager.writer.transport.abort()
                continue
            manager.writer.write(said)
