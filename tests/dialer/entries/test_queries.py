"""What the pages of a campaign read of its list, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from crm_core.errors import NotFound
from dialer.campaigns.access import visible_campaigns
from dialer.entries.figures import figures_of, reasons_of, segments_of
from dialer.entries.groups import groups_of
from dialer.entries.loaded import Wanted
from dialer.entries.queries import (
    Wished,
    client_names,
    entries_named,
    get_entry,
    list_attempts,
    list_entries,
)
from dialer.entries.standings import standings_of
from dialer.entries.states import EntryState
from dialer.entries.tables import entries
from tests.dialer.entries.office import Office, moscow, vladivostok

NUMBERS = ("+7 916 123-45-01", "+7 916 123-45-02", "+7 916 123-45-03")


async def _wait(office: Office, entry_id: int, reason: str, hours: float) -> None:
    due_at = office.clock.now() + timedelta(hours=hours)
    held = update(entries).where(entries.c.id == entry_id)
    async with office.storage.write() as tx:
        await tx.execute(held.values(state="waiting", reason=reason, due_at=due_at))


async def test_figures_count_what_is_due_and_say_when_the_next_is(office: Office) -> None:
    ids = await office.listed(*NUMBERS)
    await _wait(office, ids[0], "busy", -1)
    await _wait(office, ids[1], "no_consent", 5)
    now = office.clock.now()
    async with office.storage.read() as connection:
        figures = (await figures_of(connection, [office.campaign_id, 999], now))[office.campaign_id]
        reasons = await reasons_of(connection, office.campaign_id)
    assert dict(figures.states) == {EntryState.WAITING: 2, EntryState.READY: 1}
    assert (figures.total, figures.due, figures.open_now) == (3, 1, 2)
    assert figures.next_due_at == now + timedelta(hours=5)
    assert reasons.of(EntryState.WAITING) == [("busy", 1), ("no_consent", 1)]


async def test_a_list_is_narrowed_and_continued(office: Office) -> None:
    ids = await office.listed(*NUMBERS[:2], wanted=Wanted("north"))
    ids += await office.listed(NUMBERS[2])
    await _wait(office, ids[0], "busy", 1)
    vera, campaign_id = office.cast.vera, office.campaign_id

    async def found(wished: Wished, **where: int) -> list[int]:
        async with office.storage.read() as connection:
            rows = await list_entries(connection, vera, campaign_id, wished, **where)
        return [each.id for each in rows]

    assert await found(Wished()) == ids
    assert await found(Wished(), limit=2) == ids[:2]
    assert await found(Wished(), after_id=ids[1]) == ids[2:]
    assert await found(Wished(segment="north")) == ids[:2]
    assert await found(Wished(segment="")) == ids[2:]
    assert await found(Wished(EntryState.WAITING)) == ids[:1]
    assert await found(Wished(reason="busy")) == ids[:1]
    async with office.storage.read() as connection:
        assert await segments_of(connection, campaign_id) == ["", "north"]


async def test_one_is_read_with_its_calls_and_only_in_its_campaign(office: Office) -> None:
    [entry_id] = await office.listed(NUMBERS[0])
    vera, campaign_id = office.cast.vera, office.campaign_id
    async with office.storage.read() as connection:
        entry = await get_entry(connection, vera, campaign_id, entry_id)
        assert (entry.e164, entry.zones) == ("+79161234501", "Europe/Moscow") or entry.zones
        assert await list_attempts(connection, entry_id) == []
        assert set(await entries_named(connection, vera, [entry_id, 999])) == {entry_id}
        names = await client_names(connection, vera, [entry.client_id, 999])
        assert set(names) == {entry.client_id}
        with pytest.raises(NotFound):
            await get_entry(connection, vera, campaign_id + 1, entry_id)


async def test_a_client_is_told_on_which_lists_he_is_as_far_as_one_sees_them(
    office: Office,
) -> None:
    [entry_id] = await office.listed(NUMBERS[0])
    async with office.storage.read() as connection:
        vera, anna = office.cast.vera, office.cast.anna
        entry = await get_entry(connection, vera, office.campaign_id, entry_id)
        [standing] = await standings_of(connection, entry.client_id, visible_campaigns(vera))
        assert (standing.entry_id, standing.campaign_id) == (entry_id, office.campaign_id)
        assert await standings_of(connection, entry.client_id, visible_campaigns(anna)) == []


async def test_a_list_is_told_by_zones_segments_and_kinds_of_those_who_are_left(
    office: Office,
) -> None:
    await office.listed(moscow(1), moscow(2), wanted=Wanted(segment="north"))
    [gone, _] = await office.listed(vladivostok(1), vladivostok(2))
    await office.listed(moscow(3), "+79161234567")
    await office.mark(gone, state="never")
    async with office.storage.read() as connection:
        found = await groups_of(connection, office.campaign_id)
    zones = {key for key in found if key[2] == "mobile"}
    assert [len(named.split()) > 5 for named, _, _ in zones] == [True]
    assert {key: count for key, count in found.items() if key[2] == "landline"} == {
        ("Europe/Moscow", "north", "landline"): 2,
        ("Asia/Vladivostok", "", "landline"): 1,
        ("Europe/Moscow", "", "landline"): 1,
    }
