"""One short link of the check's own: a single login, whatever comes of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from telephony.actions import Action
from telephony.ami import AmiClient
from telephony.errors import ActionRefused
from telephony.patience import Patience
from telephony.settings import TelephonySettings
from telephony.stream import AmiMessage, LinkDown, Reply, StreamItem

# Asterisk tells an account without the event class `system` no FullyBooted: that is to be seen,
# not to be waited for.
PATIENCE = Patience(boot_grace_seconds=1.5)

_UNSTAMPED = frozenset({"FullyBooted"})


class Session:
    """A link that is logged in; what was heard on it meanwhile is evidence."""

    def __init__(self, client: AmiClient) -> None:
        self._client = client
        self.heard: set[str] = set()
        """Names of the events that came by themselves."""
        self.stamped: bool | None = None
        """Whether events carry Asterisk's own time; None while none has come that would."""

    async def ask(self, action: Action) -> Reply | None:
        """The answer, None where it is refused. NotConnected, LinkLost, ActionTimedOut."""
        try:
            return await self._client.send(action)
        except ActionRefused:
            return None

    def hear(self, item: StreamItem) -> None:
        """Take one thing that came out of the link."""
        if not isinstance(item, AmiMessage) or "actionid" in item.headers:
            return
        self.heard.add(item.name)
        if item.name not in _UNSTAMPED:
            self.stamped = "timestamp" in item.headers


@asynccontextmanager
async def opened(
    settings: TelephonySettings, now: Callable[[], datetime]
) -> AsyncIterator[Session | LinkDown]:
    """Log in once: a session for as long as the block lasts, or why there is none."""
    client = AmiClient(settings, now=now, sleep=_for_ever, patience=PATIENCE)
    stream = client.messages()
    tasks = [asyncio.create_task(client.run())]
    try:
        first = await anext(stream)
        if isinstance(first, LinkDown):
            yield first
            return
        session = Session(client)
        tasks.append(asyncio.create_task(_listen(stream, session)))
        yield session
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _for_ever(seconds: float) -> None:
    """The wait before another attempt: there is none."""
    await asyncio.Event().wait()


async def _listen(stream: AsyncIterator[StreamItem], session: Session) -> None:
    async for item in stream:
        session.hear(item)
