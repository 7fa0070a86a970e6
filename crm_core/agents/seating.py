"""Makes the exchange's queue seats what they should be, however often it fails or restarts."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from crm_core.clock import Clock
from telephony.errors import NotConnected

log = structlog.get_logger(__name__)

WRAP_UP_PAUSE: Final = "wrap-up"
"""The seat's pause from the answer until the wrap-up is finished: no call in the gap."""
LEAVING_PAUSE: Final = "leaving"
RETRY_SECONDS: Final = 5.0
LONGEST_RETRY_SECONDS: Final = 60.0


class Seats(Protocol):
    """What is asked of the exchange about queue members; each may raise, none must be lost."""

    async def take(
        self, interface: str, agent_name: str, queues: Mapping[str, int], *, paused: bool = False
    ) -> None:
        """Become a member of `queues` (name -> penalty), with `paused` one who is offered nothing
        from the first moment on; being a member already is no error and changes nothing."""

    async def leave(self, interface: str, queues: Mapping[str, int]) -> None:
        """Be no member of `queues`; not being one is no error."""

    async def pause(self, interface: str, reason: str) -> None: ...

    async def unpause(self, interface: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Seat:
    """How one phone should stand in its queues; `pause` is the reason or None."""

    agent_name: str
    queues: Mapping[str, int]
    pause: str | None = None


@dataclass(slots=True)
class _Phone:
    wanted: Seat | None = None
    certain: Seat | None = None  # what the exchange has confirmed since it was last connected
    known: bool = False
    task: asyncio.Task[None] | None = None
    awake: asyncio.Event = field(default_factory=asyncio.Event)
    idle: asyncio.Event = field(default_factory=asyncio.Event)


class SeatKeeper:
    """One task per phone works until the seat is as wanted; the newest wish counts."""

    def __init__(self, seats: Seats, clock: Clock) -> None:
        self._seats = seats
        self._clock = clock
        self._phones: dict[str, _Phone] = {}

    def want(self, interface: str, seat: Seat | None) -> None:
        """Have the phone seated like this (None: nowhere); returns at once."""
        phone = self._phones.setdefault(interface, _Phone())
        if phone.wanted == seat and phone.task is not None:
            return
        phone.wanted = seat
        self._wake(interface, phone)

    def start_over(self, found: Mapping[str, Mapping[str, int]]) -> None:
        """The exchange is connected anew: every seat is asked for again.

        `found` are the queues (with penalties) in which it has each phone of ours: where nobody
        sits there any more, as when he left while the exchange was away, the phone is taken out.
        """
        for interface, queues in found.items():
            phone = self._phones.setdefault(interface, _Phone())
            phone.certain = _as_found(phone, queues)
        for interface, phone in self._phones.items():
            phone.known = False
            if phone.wanted is not None or phone.certain is not None:
                self._wake(interface, phone)

    async def settled(self) -> None:
        """Return when every phone is as wanted or waits for its next attempt."""
        for phone in list(self._phones.values()):
            await phone.idle.wait()

    async def close(self) -> None:
        tasks = [phone.task for phone in self._phones.values() if phone.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _wake(self, interface: str, phone: _Phone) -> None:
        phone.idle.clear()
        phone.awake.set()
        if phone.task is None or phone.task.done():
            phone.task = asyncio.create_task(self._keep(interface, phone), name=f"seat:{interface}")

    async def _keep(self, interface: str, phone: _Phone) -> None:
        pause = RETRY_SECONDS
        while phone.awake.is_set():
            phone.awake.clear()
            wanted = phone.wanted
            try:
                await self._apply(interface, phone, wanted)
            except Exception as error:
                # The state is kept here; the seat follows when the exchange listens again.
                if not isinstance(error, NotConnected):  # which is told once, not for each seat
                    log.warning("seat_not_applied", interface=interface, error=str(error))
                phone.known = False
                phone.idle.set()
                await self._wait(phone, pause)
                pause = min(pause * 2, LONGEST_RETRY_SECONDS)
            else:
                pause = RETRY_SECONDS
        phone.idle.set()

    async def _wait(self, phone: _Phone, seconds: float) -> None:
        """Until it is time to try again, or something new is wanted."""
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        waking = asyncio.ensure_future(phone.awake.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waking.cancel()
        phone.awake.set()

    async def _apply(self, interface: str, phone: _Phone, wanted: Seat | None) -> None:
        before = phone.certain
        had, has = (before.queues if before else {}), (wanted.queues if wanted else {})
        # Who is a member keeps his penalty until he leaves.
        if gone := {name: had[name] for name in had if has.get(name) != had[name]}:
            await self._seats.leave(interface, gone)
        if wanted is None or not has:
            phone.certain, phone.known = None, True
            return
        new = {name: penalty for name, penalty in has.items() if had.get(name) != penalty}
        if new or not phone.known:
            paused = wanted.pause is not None
            await self._seats.take(interface, wanted.agent_name, new or has, paused=paused)
        if not phone.known or new or before is None or before.pause != wanted.pause:
            if wanted.pause is None:
                await self._seats.unpause(interface)
            else:
                await self._seats.pause(interface, wanted.pause)
        phone.certain, phone.known = wanted, True


def _as_found(phone: _Phone, found: Mapping[str, int]) -> Seat | None:
    """What the exchange is sure to have of a phone, by its own word and by what it confirmed."""
    before = dict(phone.certain.queues) if phone.certain else {}
    if phone.wanted is None:
        queues = {**before, **found}
    else:
        # In which other queues somebody sits who is here is not for us to end.
        kept = {name: penalty for name, penalty in before.items() if name not in found}
        queues = {**kept, **{name: found[name] for name in found if name in phone.wanted.queues}}
    return Seat("", queues) if queues else None
