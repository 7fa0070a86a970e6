"""A campaign with a list, and those who dial it: what the tests of entries begin with."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from crm_core.clients.tables import client_numbers, clients
from crm_core.clock import ManualClock
from crm_core.storage.engine import Storage
from dialer.campaigns.queries import get_campaign
from dialer.campaigns.records import Campaigns
from dialer.campaigns.states import CampaignState
from dialer.campaigns.tables import attempts, campaigns
from dialer.entries.choice import Choice, Rules
from dialer.entries.choosing import choose
from dialer.entries.leasing import Lease, Leases, law_in_force
from dialer.entries.lending import Leased
from dialer.entries.loaded import Loaded, Wanted
from dialer.entries.loading import Loading
from dialer.entries.releasing import Ended
from dialer.entries.tables import entries, entry_numbers
from dialer.pacing.policy import Mode
from telephony.events import Outcome
from telephony.numbers import is_mobile, normalise
from tests.cast import Cast

PROFILE = "us_federal"  # needs no consent, calls from 8 to 21


@dataclass(frozen=True, slots=True)
class Office:
    """One campaign that runs; the clock stands at Monday noon in Moscow."""

    storage: Storage
    clock: ManualClock
    cast: Cast
    campaigns: Campaigns
    loading: Loading
    leases: Leases
    campaign_id: int

    async def people(self, *numbers: str, **marks: Any) -> list[int]:
        """New clients with one number each."""
        return [await self.person(each, **marks) for each in numbers]

    async def person(self, *numbers: str, **marks: Any) -> int:
        """A new client with these numbers."""
        now = self.clock.now()
        async with self.storage.write() as tx:
            stamps = {"created_at": now, "updated_at": now, "client_since": now}
            made = await tx.execute(
                insert(clients).values(kind="person", name=f"Person {numbers}", **stamps)
            )
            client_id = int(made.inserted_primary_key[0])
            for written in numbers:
                number = normalise(written, "RU")
                row = {
                    "written": written,
                    "e164": number.e164,
                    "digits": number.digits,
                    "last_digits": number.last_digits,
                    "mobile": number.e164 is not None and is_mobile(number.e164),
                }
                values = {"client_id": client_id, "created_at": now, **row, **marks}
                await tx.execute(insert(client_numbers).values(values))
        return client_id

    async def load(self, ids: Iterable[int], wanted: Wanted | None = None) -> Loaded:
        """Put them on the list."""
        chosen = select(clients.c.id).where(clients.c.id.in_([*ids]))
        return await self.loading.load(self.cast.vera, self.campaign_id, chosen, wanted)

    async def listed(self, *numbers: str, wanted: Wanted | None = None) -> list[int]:
        """New people on the list; the ids of their entries."""
        ids = await self.people(*numbers)
        await self.load(ids, wanted)
        async with self.storage.read() as connection:
            query = select(entries.c.id, entries.c.client_id)
            found = {row.client_id: row.id for row in await connection.execute(query)}
        return [found[each] for each in ids]

    async def set(self, **values: Any) -> None:
        """Columns of the campaign's row."""
        async with self.storage.write() as tx:
            here = campaigns.c.id == self.campaign_id
            await tx.execute(update(campaigns).where(here).values(**values))

    async def mark(self, entry_id: int, **values: Any) -> None:
        """Columns of an entry."""
        async with self.storage.write() as tx:
            await tx.execute(update(entries).where(entries.c.id == entry_id).values(**values))

    async def rules(self) -> Rules:
        """What a choice goes by."""
        async with self.storage.read() as connection:
            campaign = await get_campaign(connection, self.campaign_id)
            return Rules(campaign, await law_in_force(connection, campaign.profile_key))

    async def choose(self, count: int = 50, **more: Any) -> Choice:
        """Who is next now."""
        rules = await self.rules()
        async with self.storage.read() as connection:
            return await choose(connection, rules, self.clock.now(), count, **more)

    async def lease(self, count: int = 50, **more: Any) -> Lease:
        """Lend them."""
        return await self.leases.lease(self.campaign_id, count, **more)

    async def dial(self, **more: Any) -> Leased:
        """The one who is next."""
        [leased] = (await self.lease(1, **more)).leased
        return leased

    async def end(self, leased: Leased, outcome: Outcome, **more: Any) -> None:
        """The attempt is over."""
        assert await self.leases.release(leased.channel_id, Ended(outcome, **more))

    async def entry(self, entry_id: int) -> dict[str, Any]:
        """Its row."""
        async with self.storage.read() as connection:
            found = await connection.execute(select(entries).where(entries.c.id == entry_id))
            return dict(found.mappings().one())

    async def attempts(self) -> list[dict[str, Any]]:
        """Every row."""
        async with self.storage.read() as connection:
            found = await connection.execute(select(attempts).order_by(attempts.c.id))
            return [dict(row) for row in found.mappings()]

    async def numbers(self) -> list[dict[str, Any]]:
        """Every row."""
        async with self.storage.read() as connection:
            order = (entry_numbers.c.entry_id, entry_numbers.c.position)
            found = await connection.execute(select(entry_numbers).order_by(*order))
            return [dict(row) for row in found.mappings()]

    def later(self, **how: float) -> datetime:
        """Turn the clock on."""
        self.clock.step(timedelta(**how).total_seconds())
        return self.clock.now()

    def in_process(self, key: str, storage: Storage | None = None) -> "Office":
        """The same office as another process sees it."""
        storage = storage or self.storage
        return replace(self, storage=storage, leases=Leases(storage, self.clock, key=key))


async def open_office(storage: Storage, clock: ManualClock, cast: Cast) -> Office:
    """One campaign of mode progressive, running."""
    made = Campaigns(storage, clock, "RU")
    campaign_id = await made.create(cast.vera, "Spring", PROFILE, Mode.PROGRESSIVE)
    await made.move(cast.vera, campaign_id, CampaignState.RUNNING)
    leases = Leases(storage, clock, key="here")
    return Office(storage, clock, cast, made, Loading(storage, clock, "RU"), leases, campaign_id)


def moscow(n: int) -> str:
    """A landline of Moscow."""
    return f"+7495{1_000_000 + n:07d}"


def vladivostok(n: int) -> str:
    """A landline of Vladivostok, seven hours further on."""
    return f"+7423{2_000_000 + n:07d}"
