"""One office twice: the simulated exchange with people played by hand, and a real Asterisk with
SIP phones. A script written for a `House` is played in either, word for word."""

import asyncio
import io
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import NamedTuple, Protocol

from crm_core.clock import SystemClock
from telephony import actions
from telephony.actions import Action
from telephony.ami import AmiClient
from telephony.blocks import read_message
from telephony.errors import ActionRefused
from telephony.events import CallRecord
from telephony.recorder import Recorder
from telephony.replay import read_stream, replay
from telephony.settings import TelephonySettings
from telephony.simulator import Exchange, Incoming, Mood, Outgoing, PhonePlan, Plan, Reply, Talk
from telephony.simulator.channels import Channel, State
from telephony.simulator.plan import QueuePlan, Route
from telephony.simulator.requests import Requests
from telephony.simulator.stories import StoryTeller, Town
from telephony.stream import Reply as Answer
from telephony.switchboard import Switchboard
from tests.lab.asterisk import LabAsterisk
from tests.lab.sip_phone import Dialog
from tests.lab.stage import Stage, stage

PHONES = r"\d{3}"
CLIENT, OTHER_CLIENT = "79161234567", "79031112233"
DIRECT, SALES = "74951000101", "74951000201"
RING_SECONDS = 4.0
"""How long both dialplans let a phone ring."""
KEYING_SECONDS = 0.4
"""No longer number begins like 102 there: nothing is waited for once the digits are keyed."""
FOR_EVER = 3600.0
PATIENCE_SECONDS = 30.0
REFUSALS = {"busy": (486, 17), "declined": (603, 21)}


class Line(Protocol):
    """One end of a call, in the hand of whoever is there."""

    async def answer(self) -> None: ...

    async def hang_up(self) -> None: ...

    def refuse(self, how: str) -> None:
        """`how`: busy, declined."""

    async def answered(self) -> None:
        """Return when the other side has answered."""

    async def over(self) -> None:
        """Return when the exchange has ended it."""


class House(ABC):
    """What a script may do. Extensions are 101 to 104, seated nowhere."""

    board: Switchboard

    @abstractmethod
    async def client_calls(self, number: str, *, caller: str = CLIENT, name: str = "") -> Line: ...

    @abstractmethod
    async def phone_dials(self, extension: str, number: str) -> Line: ...

    @abstractmethod
    async def rings(self, extension: str) -> Line:
        """The next call that comes to the phone."""

    @abstractmethod
    async def client_rings(self) -> Line:
        """The next call that goes out to the town."""

    @abstractmethod
    async def pause(self, seconds: float) -> None: ...

    @abstractmethod
    async def channel_of(self, extension: str) -> str:
        """The phone's one channel."""

    @abstractmethod
    async def line_of(self, caller: str) -> str:
        """The channel of the outside line on which this number calls."""

    async def seat(self, queue: str, *extensions: str) -> None:
        for extension in extensions:
            await self.board.queue_add(queue, f"PJSIP/{extension}", f"Operator {extension}")


Script = Callable[[House], Awaitable[None]]


# --- the simulated one ---------------------------------------------------------------------------


class _Patient(StoryTeller):
    """In this town people do only what a script says."""

    def reply(self) -> Reply:
        return Reply("miss")


class SimulatedHouse(House):
    """Its time is turned by the script: nothing is waited for. With the `paces` of a real house
    (the seconds from the script's beginning to the end of each pause) people are as slow as there.
    """

    def __init__(self, paces: Sequence[float] = ()) -> None:
        self._paces = list(paces)
        self._said: list[bytes] = []
        self.exchange = Exchange(
            _plan(), self._said.append, start=datetime(2026, 3, 2, 9, tzinfo=UTC)
        )
        self.exchange.teller = _Patient(Town((), ()), 0)
        self._seen: set[str] = set()
        serial = count(1)
        settings = TelephonySettings()
        self.board = Switchboard(_Asked(self), settings, lambda: f"perezvon-{next(serial)}")

    async def client_calls(self, number: str, *, caller: str = CLIENT, name: str = "") -> Line:
        story = Incoming(caller, name, number, FOR_EVER, Talk(FOR_EVER))
        return SimulatedLine(self, self.exchange.incoming(story))

    async def phone_dials(self, extension: str, number: str) -> Line:
        story = Outgoing(number, Reply("miss"), FOR_EVER, Talk(FOR_EVER))
        channel = self.exchange.outgoing(extension, story)
        assert channel is not None, f"{extension} is in use"
        return SimulatedLine(self, channel)

    async def rings(self, extension: str) -> Line:
        return self._next_ringing(f"PJSIP/{extension}")

    async def client_rings(self) -> Line:
        return self._next_ringing("PJSIP/trunk")

    async def pause(self, seconds: float) -> None:
        table = self.exchange.timetable
        over = table.now + timedelta(seconds=seconds)
        if self._paces:
            over = max(table.now, self.exchange.started_at + timedelta(seconds=self._paces.pop(0)))
        table.run_until(over)

    async def channel_of(self, extension: str) -> str:
        [found] = self.exchange.switch.of_interface(f"PJSIP/{extension}")
        return found.name

    async def line_of(self, caller: str) -> str:
        lines = self.exchange.switch.of_interface("PJSIP/trunk")
        [found] = [line for line in lines if line.number == caller]
        return found.name

    def records(self) -> list[CallRecord]:
        """The calls so far, once everybody has gone."""
        self.until(lambda: not self.exchange.switch.channels)
        return replay(read_stream(b"".join(self._said)), PHONES)

    def until(self, fact: Callable[[], object]) -> None:
        """Turn the hands until `fact` is so."""
        table = self.exchange.timetable
        deadline = table.now + timedelta(seconds=PATIENCE_SECONDS)
        while not fact():
            due = table.next_due()
            assert due is not None, "nothing more will happen"
            assert due <= deadline, f"not within {PATIENCE_SECONDS} s"
            table.run_until(due)

    def _next_ringing(self, interface: str) -> Line:
        def ringing() -> list[Channel]:
            channels = self.exchange.switch.of_interface(interface)
            return [
                one
                for one in channels
                if one.state is State.RINGING and one.uniqueid not in self._seen
            ]

        self.until(ringing)
        channel = ringing()[0]
        self._seen.add(channel.uniqueid)
        return SimulatedLine(self, channel)


class SimulatedLine:
    def __init__(self, house: SimulatedHouse, channel: Channel) -> None:
        self._house, self._channel = house, channel

    async def answer(self) -> None:
        assert self._channel.ringer is not None, "it does not ring"
        self._channel.ringer.leg_answered(self._channel)

    async def hang_up(self) -> None:
        self._house.exchange.put_down(self._channel)

    def refuse(self, how: str) -> None:
        assert self._channel.ringer is not None, "it does not ring"
        self._channel.ringer.leg_refused(self._channel, REFUSALS[how][1])

    async def answered(self) -> None:
        self._house.until(lambda: self._channel.state is State.UP)

    async def over(self) -> None:
        self._house.until(lambda: self._channel.gone)


class _Asked:
    """Stands for an AmiClient: each action is answered by the simulated exchange at once."""

    def __init__(self, house: SimulatedHouse) -> None:
        self._requests = Requests(house.exchange)
        self._house = house

    async def send(self, action: Action, *, timeout_seconds: float | None = None) -> Answer:
        request: dict[str, list[str]] = {"action": [action.name]}
        for name, value in action.headers:
            request.setdefault(name.lower(), []).append(value)
        said = self._requests.answer(request)
        now = self._house.exchange.timetable.now
        blocks = [read_message(one, now) for one in said.split(b"\r\n\r\n") if one]
        head, *items = [one for one in blocks if one is not None]
        if head.headers["response"] == "Error":
            raise ActionRefused(head.headers.get("message", ""))
        return Answer(head.headers, tuple(items))


def _plan() -> Plan:
    """The part of the laboratory's dialplan that the scripts use."""
    silent = Mood(1, 1, misses=1.0)
    names = {"101": "Анна", "102": "Борис", "103": "Вера", "104": "Глеб"}
    phones = tuple(PhonePlan(extension, name, silent) for extension, name in names.items())
    direct = {f"74951000{phone.extension}": Route(extension=phone.extension) for phone in phones}
    queues = (QueuePlan("sales", "201", "ringall", 15.0, 20.0, answers=True),)
    routes = {SALES: Route(queue="sales"), **direct}
    return Plan(phones, queues, routes, RING_SECONDS, KEYING_SECONDS)


# --- the real one --------------------------------------------------------------------------------


class RealHouse(House):
    """The laboratory's stage, asked by the product's own AMI client."""

    def __init__(self, stage: Stage, client: AmiClient, serial: "count[int]") -> None:
        self._stage, self._client = stage, client
        self._began = stage.now()
        self.paces: list[float] = []
        settings = TelephonySettings()
        self.board = Switchboard(client, settings, lambda: f"perezvon-{next(serial)}")

    async def client_calls(self, number: str, *, caller: str = CLIENT, name: str = "") -> Line:
        return RealLine(self._stage.from_city(number, caller=caller, name=name))

    async def phone_dials(self, extension: str, number: str) -> Line:
        return RealLine(self._stage.phones[extension].dial(number))

    async def rings(self, extension: str) -> Line:
        return RealLine(await self._stage.phones[extension].incoming())

    async def client_rings(self) -> Line:
        return RealLine(await self._stage.city.incoming())

    async def pause(self, seconds: float) -> None:
        self.paces.append(await self._stage.pause(seconds) - self._began)

    async def channel_of(self, extension: str) -> str:
        return await self._stage.channel_of(extension)

    async def line_of(self, caller: str) -> str:
        reply = await self._client.send(actions.core_show_channels())
        lines = [item.headers for item in reply.items if "channel" in item.headers]
        [found] = [
            line["channel"]
            for line in lines
            if line["calleridnum"] == caller and line["channel"].startswith("PJSIP/provider-")
        ]
        return found


class RealLine:
    def __init__(self, dialog: Dialog) -> None:
        self._dialog = dialog

    async def answer(self) -> None:
        await self._dialog.answer()

    async def hang_up(self) -> None:
        await self._dialog.hang_up()

    def refuse(self, how: str) -> None:
        self._dialog.refuse(REFUSALS[how][0])

    async def answered(self) -> None:
        await self._dialog.answered()

    async def over(self) -> None:
        await self._dialog.over()


class Played(NamedTuple):
    """The calls that a script made, and how fast people were."""

    calls: list[CallRecord]
    paces: list[float]


class RealStage:
    """Plays scripts one after the other; each gives the calls that Asterisk told of meanwhile."""

    def __init__(self, stage: Stage, exchange: LabAsterisk) -> None:
        clock = SystemClock()
        settings = TelephonySettings(port=exchange.ami_port, secret=exchange.ami_secret)
        self._stage = stage
        self._stream = io.BytesIO()
        self._recorder = Recorder(self._stream)
        self.client = AmiClient(settings, now=clock.now, sleep=clock.sleep, raw=self._hear)
        self._serial = count(1)

    def _hear(self, data: bytes, at: datetime) -> None:
        self._recorder.write(data, at)

    async def play(self, script: Script) -> Played:
        self._stream.seek(0)
        self._stream.truncate()
        house = RealHouse(self._stage, self.client, self._serial)
        try:
            await script(house)
            await self._stage.quiet()
            await self._heard_out()
            calls = replay(read_stream(self._stream.getvalue()), PHONES)
            return Played(calls, house.paces)
        finally:
            await asyncio.to_thread(self._stage.exchange.cli, "channel request hangup all")
            await self._stage.quiet()
            for extension in ("101", "102", "103", "104"):
                await self._unseat(extension)
            await self._stage.clear()

    async def _heard_out(self) -> None:
        """Return when the end of every channel has been heard: events may come after answers."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self._count(b"Newchannel") > self._count(b"Hangup"):  # noqa: ASYNC110 - told bytewise
                await asyncio.sleep(0.02)
        await self.client.send(actions.ping())

    def _count(self, event: bytes) -> int:
        return self._stream.getvalue().count(b"Event: " + event + b"\r\n")

    async def _unseat(self, extension: str) -> None:
        board = Switchboard(self.client, TelephonySettings(), str)
        await board.queue_remove("sales", f"PJSIP/{extension}")


@asynccontextmanager
async def real_stage(exchange: LabAsterisk) -> AsyncIterator[RealStage]:
    """Phones registered, the product's client connected."""
    async with stage(exchange) as scene:
        real = RealStage(scene, exchange)
        running = asyncio.create_task(real.client.run())
        try:
            async with asyncio.timeout(20):
                async for _up in real.client.messages():
                    break
            yield real
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
