"""A running AmiClient against a fake server, and patient ways to hear what it says."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from telephony.ami import AmiClient, AmiMessage, LinkDown, LinkUp, StreamItem
from telephony.patience import Patience
from tests.telephony.fake_ami import FakeAmi, fake_ami

ARRIVAL = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
QUICK = Patience(
    first_wait_seconds=0.01,
    longest_wait_seconds=0.05,
    refused_wait_seconds=300.0,
    boot_grace_seconds=2.0,
)
Item = TypeVar("Item", AmiMessage, LinkUp, LinkDown)


@dataclass
class Talk:
    """The client, its task, its one stream, and the waits it asked for."""

    fake: FakeAmi
    client: AmiClient
    task: asyncio.Task[None]
    stream: AsyncIterator[StreamItem]
    waits: list[float]

    async def next(self) -> StreamItem:
        async with asyncio.timeout(10):
            return await anext(self.stream)

    async def hear(self, kind: type[Item]) -> Item:
        """The next item of this kind; what comes before it is passed over."""
        while True:
            item = await self.next()
            if isinstance(item, kind):
                return item

    async def event(self, name: str) -> AmiMessage:
        while True:
            message = await self.hear(AmiMessage)
            if message.name == name:
                return message


@asynccontextmanager
async def talk(
    fake: FakeAmi,
    *,
    patience: Patience = QUICK,
    up: bool = True,
    longest_sleep: float = 0.02,
    settings: dict[str, Any] | None = None,
    **options: Any,
) -> AsyncIterator[Talk]:
    """A client of `fake`, connected if `up`. Its waits are noted; waits over a second never end."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if seconds > 1:
            await asyncio.Event().wait()
        await asyncio.sleep(min(seconds, longest_sleep))

    client = AmiClient(
        fake.settings(**(settings or {})),
        sleep=sleep,
        patience=patience,
        **{"now": lambda: ARRIVAL, **options},
    )
    task = asyncio.create_task(client.run())
    talk = Talk(fake, client, task, client.messages(), waits)
    try:
        if up:
            await talk.hear(LinkUp)
        yield talk
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def connected(**options: Any) -> AsyncIterator[Talk]:
    """A healthy fake server and a client of it."""
    async with fake_ami() as fake, talk(fake, **options) as talking:
        yield talking


async def eventually(fact: Callable[[], bool]) -> None:
    """Let the loop turn until `fact` holds."""
    async with asyncio.timeout(10):
        while not fact():  # noqa: ASYNC110 - facts of the client have no event to wait for
            await asyncio.sleep(0.001)
