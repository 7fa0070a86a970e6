"""An office under fire: the service in a process of its own beside a busy exchange, and what must
be true of it again soon after each fault."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import aiohttp
from sqlalchemy import select

import telephony.ami
from crm_core.agents.tables import agent_states
from crm_core.catchup.catching_up import LATE_SECONDS
from crm_core.storage.engine import Storage
from telephony.patience import Patience
from tests.cast import Cast
from tests.journeys.crowd import Accounts, accounts
from tests.journeys.office import furnish, until
from tests.journeys.running import Service, perezvon_run, seat
from tests.lab.ami_link import AmiLink, Headers
from tests.lab.asterisk import LabAsterisk
from tests.lab.processes import free_port

SOON_SECONDS = 5.0
"""So soon after a fault her state is right again."""
PHONE = "PJSIP/101"
ASIDE_SECONDS = 0.2
"""Between two looks into Asterisk's own log, which it cannot write meanwhile."""


@dataclass
class OfficeUnderFire:
    """Operator Anna is ready at phone 101. `ami` is a link of the test's own, which no fault cuts;
    calls of before it all are not counted."""

    exchange: LabAsterisk
    database: str
    storage: Storage
    cast: Cast
    ami: AmiLink
    folder: Path
    port: int
    before: frozenset[str]

    @property
    def log(self) -> Path:
        return self.folder / "run.log"

    @asynccontextmanager
    async def service(self, **options: Any) -> AsyncIterator[Service]:
        """`perezvon run`, hearing the exchange; `options` are those of `perezvon_run`."""
        async with perezvon_run(
            self.exchange, self.database, self.port, self.log, **options
        ) as running:
            yield running

    # --- what the service says -------------------------------------------------------------------

    async def health(self) -> dict[str, Any]:
        """What /healthz answers."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.port}/healthz") as answer,
        ):
            told: dict[str, Any] = await answer.json()
            return told

    async def told(self, part: str) -> dict[str, Any]:
        """What it says of one part."""
        found: dict[str, Any] = (await self.health())["parts"][part]
        return found

    async def says(self, part: str, code: str, **values: Any) -> bool:
        """Whether it says this of the part now."""
        found = await self.told(part)
        same: bool = found["code"] == code and values.items() <= found["values"].items()
        return same

    async def until_said(
        self, part: str, code: str, *, patience_seconds: float = 15, **values: Any
    ) -> None:
        """Return once health says so; TimeoutError if it never does."""
        await until(
            lambda: self.says(part, code, **values),
            f"health says {code} of {part}",
            patience_seconds=patience_seconds,
        )

    # --- what must be true -----------------------------------------------------------------------

    async def until_her_state_is_right(self) -> None:
        """Within SOON_SECONDS; the error tells what was seen."""
        seen: list[str] = []

        async def is_right() -> bool:
            hers, stored = await self._her_channels(), await self.state()
            if "Up" in hers:
                right = stored == "talking"
            else:
                right = stored == "ringing" if hers else stored not in ("talking", "ringing")
            told = f"{stored} with {sorted(hers)}"
            if seen[-1:] != [told]:
                seen.append(told)
            return right

        try:
            await until(is_right, "her state is right", patience_seconds=SOON_SECONDS)
        except TimeoutError as error:
            raise TimeoutError(f"{error}; seen: {seen}") from None

    async def hear_again(self) -> None:
        """The exchange has been restarted: the test's own link is made anew."""
        await self.ami.close()
        self.ami = AmiLink(self.exchange.ami_port, self.exchange.ami_secret)
        await self.ami.__aenter__()

    async def until_quiet(self) -> None:
        """Return when nobody is on the line any more: whom the end of the crowd left there, because
        the machine was busy, is hung up."""
        await asyncio.to_thread(self.exchange.cli, "channel request hangup all")
        await until(self._is_quiet, "all have hung up", patience_seconds=30)

    async def accounts(self) -> Accounts:
        """What was billed and what is logged, of the calls of this test."""
        found = await accounts(self.exchange, self.storage)
        billed = {key: bill for key, bill in found.billed.items() if key not in self.before}
        logged = {key: log for key, log in found.logged.items() if key not in self.before}
        return replace(found, billed=billed, logged=logged)

    async def until_billed(self, calls: int) -> None:
        """Return once so many calls of this test are over."""

        async def are() -> bool:
            await asyncio.sleep(ASIDE_SECONDS)
            return len((await self.accounts()).billed) >= calls

        await until(are, f"{calls} calls are over", patience_seconds=30)

    async def settled(self, patience_seconds: float = LATE_SECONDS + 20) -> Accounts:
        """The accounts once they agree; as they are then if they never do."""

        async def agree() -> bool:
            await asyncio.sleep(ASIDE_SECONDS)
            return not (await self.accounts()).disagreements()

        with suppress(TimeoutError):  # what does not agree is told by the test
            await until(agree, "the logs agree", patience_seconds=patience_seconds)
        return await self.accounts()

    async def _her_channels(self) -> set[str]:
        """The states of what her phone does at this moment."""
        return {state for name, state in await self.channels() if name.startswith(f"{PHONE}-")}

    async def state(self) -> str:
        """Her state as the database has it."""
        async with self.storage.read() as connection:
            found = (await connection.execute(select(agent_states.c.state))).scalar_one()
        return str(found)

    async def talks_of(self, phone: str) -> list[str]:
        """The linkedids of the calls in which this phone is answered."""
        return [
            event["linkedid"]
            for event in await self._listed()
            if event["channel"].startswith(f"{phone}-") and event["channelstatedesc"] == "Up"
        ]

    async def _is_quiet(self) -> bool:
        return not await self.channels()

    async def channels(self) -> list[tuple[str, str]]:
        """Name and state of every channel that the exchange has."""
        return [(event["channel"], event["channelstatedesc"]) for event in await self._listed()]

    async def _listed(self) -> list[Headers]:
        since = len(self.ami.events)
        await self.ami.do("CoreShowChannels")
        await self.ami.until(lambda e: e["event"] == "CoreShowChannelsComplete", since=since)
        return [e for e in self.ami.events[since:] if e["event"] == "CoreShowChannel"]


OfficeT = TypeVar("OfficeT", bound=OfficeUnderFire)


def under_fire(exchange: LabAsterisk, folder: Path) -> AbstractAsyncContextManager[OfficeUnderFire]:
    """A furnished office with its database in `folder`; the service is not running yet."""
    return furnished(OfficeUnderFire, exchange, f"sqlite:///{folder / 'perezvon.db'}", folder)


@asynccontextmanager
async def furnished(
    kind: type[OfficeT], exchange: LabAsterisk, database: str, folder: Path
) -> AsyncIterator[OfficeT]:
    """The same of another kind, with its database anywhere."""
    cast = await furnish(database)
    storage = Storage.open(database)
    try:
        await seat(storage, cast.anna.id, cast.desk_101)
        before = frozenset((await accounts(exchange, storage)).billed)
        ami = await AmiLink(exchange.ami_port, exchange.ami_secret).__aenter__()
        office = kind(exchange, database, storage, cast, ami, folder, free_port(), before)
        try:
            yield office
        finally:
            await office.ami.close()
    finally:
        await storage.close()


def impatient() -> None:
    """For `become`: this process tries again at once. Fifty cuts need not take minutes."""
    hasty = partial(Patience, first_wait_seconds=0.05, longest_wait_seconds=0.2)
    patch.object(telephony.ami, "Patience", hasty).start()


async def turns(seconds: float) -> None:
    """Let so much time of a busy office pass: when it is torn must be a matter of chance."""
    await asyncio.sleep(seconds)
