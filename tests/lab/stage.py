"""The stage on which a call situation is played: an exchange, phones, the city, and the truth.

The truth of a scene is what its script did on the phones, timed by their clock. It knows nothing
of AMI events, so that it can judge whoever reads them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.lab.ami_link import AmiLink
from tests.lab.asterisk import HOTLINE, PHONES, LabAsterisk
from tests.lab.sip_phone import Dialog, Phone

CLIENT = "79161234567"
"""The number that the client calls from unless a scene says otherwise."""
DID = "74951000"
"""The office's numbers begin so; the last three digits are what is inside."""

Scene = Callable[["Stage"], Awaitable[None]]


@dataclass
class Stage:
    """One scene's view of the laboratory."""

    exchange: LabAsterisk
    phones: dict[str, Phone]
    city: Phone
    ami: AmiLink
    truth: list[dict[str, Any]] = field(default_factory=list)
    join: Callable[[], Awaitable[None]] | None = None
    """Called by a scene that AMI joins late, at the moment it does."""
    leave: Callable[[], Awaitable[None]] | None = None
    """Drops the recorded connection; `join` makes the next."""
    listing: Callable[[], Awaitable[None]] | None = None
    """Asks, on the recorded connection, for the lists that a product asks for when it connects."""
    _members: list[tuple[str, str]] = field(default_factory=list)

    def now(self) -> float:
        """Seconds of the phones' clock."""
        return asyncio.get_running_loop().time()

    async def pause(self, seconds: float = 1.0) -> float:
        """Let time pass, as people do; the moment it is then."""
        await asyncio.sleep(seconds)
        return self.now()

    def from_city(self, inside: str, *, caller: str = CLIENT, name: str = "") -> Dialog:
        """The client calls one of the office's numbers."""
        number = inside if len(inside) > 3 else DID + inside
        return self.city.dial(number, caller=caller, name=name)

    async def seat(self, queue: str, *numbers: str, penalty: int = 0) -> None:
        """Put phones into a queue as members, each under a name, in this order."""
        for number in numbers:
            interface = number if "/" in number else f"PJSIP/{number}"
            phone = interface.partition("/")[2].partition("@")[0]
            await self.ami.do(
                "QueueAdd",
                Queue=queue,
                Interface=interface,
                Penalty=str(penalty),
                MemberName=f"Operator {phone}",
                StateInterface=f"PJSIP/{phone}",
            )
            self._members.append((queue, interface))

    async def channel_of(self, endpoint: str, *, state: str = "") -> str:
        """The name of the one channel that `endpoint` has now (with CoreShowChannels' state)."""
        since = len(self.ami.events)
        await self.ami.do("CoreShowChannels")
        await self.ami.until(lambda e: e["event"] == "CoreShowChannelsComplete", since=since)
        found = [
            event["channel"]
            for event in self.ami.events[since:]
            if event["event"] == "CoreShowChannel"
            and event["channel"].startswith(f"PJSIP/{endpoint}-")
            and state in event["channelstatedesc"]
        ]
        assert len(found) == 1, f"{endpoint}: {found}"
        return found[0]

    async def channels(self) -> int:
        """How many channels there are now."""
        since = len(self.ami.events)
        await self.ami.do("CoreShowChannels")
        done = await self.ami.until(lambda e: e["event"] == "CoreShowChannelsComplete", since=since)
        return int(done["listitems"])

    async def restart_exchange(self) -> None:
        """Asterisk restarts at once, cutting every call; phones stay registered."""
        await asyncio.to_thread(self.exchange.cli, "core restart now")
        await asyncio.to_thread(self.exchange.wait_until_up)
        await self.ami.close()
        self.ami = AmiLink(self.exchange.ami_port, self.exchange.ami_secret)
        await self.ami.__aenter__()

    async def quiet(self) -> None:
        """Wait until every channel has gone."""
        for _ in range(200):
            if await self.channels() == 0:
                return
            await asyncio.sleep(0.05)
        raise TimeoutError(f"channels remain: {self.exchange.cli('core show channels')}")

    async def clear(self) -> None:
        """After a scene: nobody in a queue, nobody on the phone."""
        for queue, interface in self._members:
            await self.ami.act("QueueRemove", Queue=queue, Interface=interface)
        self._members.clear()
        for phone in (*self.phones.values(), self.city):
            phone.forget_calls()
        self.ami.events.clear()
        self.truth = []

    def expect(
        self,
        *,
        answered_by: tuple[str, ...] = (),
        offered: tuple[tuple[str, str | list[str]], ...] = (),
        transfers: tuple[tuple[str, str, str], ...] = (),
        wait: float | None = None,
        talk: float | None = None,
        hold: float | None = 0.0,
        **known: Any,
    ) -> None:
        """Write down one call as it really was; what cannot be known or is open is left out."""
        call: dict[str, Any] = dict(known)
        call["answered_by"] = [_interface(number) for number in answered_by]
        call["offered"] = [
            {"interface": _interface(number), "result": result} for number, result in offered
        ]
        call["transfers"] = [
            {"kind": kind, "from": _interface(source), "to": _either(target)}
            for kind, source, target in transfers
        ]
        for name, value in (("wait", wait), ("talk", talk), ("hold", hold)):
            if value is not None:
                call[f"{name}_seconds"] = round(value, 2)
        self.truth.append(call)


def _interface(number: str) -> str:
    return number if "/" in number else f"PJSIP/{number}"


def _either(target: str) -> list[str]:
    """A transfer's goal may be told as what was dialled or as the phone that it meant."""
    return [target, f"PJSIP/{target}"] if len(target) == 3 and target.startswith("1") else [target]


@asynccontextmanager
async def stage(exchange: LabAsterisk) -> AsyncIterator[Stage]:
    """Registered phones and a listening city, for as long as the block lasts."""
    secret = exchange.phone_secret
    phones = {name: Phone(name, exchange.sip_port, password=secret) for name in (*PHONES, HOTLINE)}
    city = Phone("city", exchange.sip_port, agent="city")
    city.port = exchange.city_port
    link = AmiLink(exchange.ami_port, exchange.ami_secret)
    scene = Stage(exchange, phones, city, link)
    try:
        for phone in (*phones.values(), city):
            await phone.open()
        for phone in phones.values():
            await phone.register()
        await link.__aenter__()
        yield scene
    finally:
        await scene.ami.close()
        for phone in (*phones.values(), city):
            phone.close()
