"""How a list was filled last is still known when everything was begun anew."""

from dialer.entries.fillings import Fillings, find_filling
from dialer.entries.loaded import Loaded, NotLoaded
from tests.dialer.entries.office import Office


async def test_what_came_of_it_is_read_as_it_was_written(office: Office) -> None:
    fillings, loaded = Fillings(office.storage, office.clock), Loaded(added=7)
    loaded.leave_out(12, NotLoaded.NO_NUMBER)
    loaded.leave_out(13, NotLoaded.ZONE_UNKNOWN)
    await fillings.begin(office.cast.vera, office.campaign_id, 9)
    async with office.storage.read() as connection:
        going = await find_filling(connection, office.campaign_id)
        assert going is not None
        assert going.broke
        assert await find_filling(connection, office.campaign_id + 1) is None
    await fillings.end(office.campaign_id, loaded, broke=False)
    async with office.storage.read() as connection:
        found = await find_filling(connection, office.campaign_id)
    assert found is not None
    assert (found.total, found.loaded, found.broke) == (9, loaded, False)


async def test_the_next_filling_begins_from_nothing(office: Office) -> None:
    fillings = Fillings(office.storage, office.clock)
    for total in (9, 4):
        await fillings.begin(office.cast.vera, office.campaign_id, total)
        await fillings.end(office.campaign_id, Loaded(added=total), broke=total == 4)
    async with office.storage.read() as connection:
        found = await find_filling(connection, office.campaign_id)
    assert found is not None
    assert (found.loaded.added, found.broke) == (4, True)
