"""What somebody opened lately is offered to him before he types, and only to him."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from crm_core.clients.tables import clients
from crm_core.clock import ManualClock
from crm_core.errors import Invalid, NotFound
from crm_core.search.kinds import SearchKind
from crm_core.search.openings import MOST_KEPT, Openings, recent
from crm_core.search.tables import openings
from crm_core.storage.engine import Storage
from crm_core.tasks.next_step import NextStep
from crm_core.tasks.records import Tasks
from tests.cast import Cast


@pytest.fixture
def opened(storage: Storage, clock: ManualClock) -> Openings:
    return Openings(storage, clock)


async def test_the_last_opened_comes_first_and_once(
    opened: Openings, storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    for client_id in (cast.romashka, cast.pavel, cast.romashka):
        await opened.note(cast.anna, SearchKind.CLIENT, client_id)
        await clock.advance(1)
    async with storage.read() as connection:
        mine = await recent(connection, cast.anna)
        assert [hit.title for hit in mine] == ["ООО «Ромашка»", "Павел Семёнов"]
        assert [hit.title for hit in await recent(connection, cast.anna, most=1)] == [mine[0].title]
        assert await recent(connection, cast.boris) == ()


async def test_what_he_may_not_see_any_more_is_not_offered(
    opened: Openings, storage: Storage, cast: Cast
) -> None:
    newcomer = replace(cast.boris, newcomer=True)
    await opened.note(newcomer, SearchKind.CLIENT, cast.pavel)
    async with storage.write() as tx:
        await tx.execute(update(clients).where(clients.c.id == cast.pavel).values(is_key=True))
    async with storage.read() as connection:
        assert await recent(connection, newcomer) == ()
    with pytest.raises(NotFound):
        await opened.note(newcomer, SearchKind.CLIENT, cast.pavel)


async def test_only_the_latest_are_kept(
    opened: Openings, storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    step = NextStep("Позвонить", clock.now(), cast.anna.id)
    tasks = Tasks(storage, clock)
    for _ in range(MOST_KEPT + 3):
        task_id = await tasks.create(cast.anna, step)
        await opened.note(cast.anna, SearchKind.TASK, task_id)
    async with storage.read() as connection:
        count = select(func.count()).select_from(openings)
        assert (await connection.execute(count)).scalar_one() == MOST_KEPT
        assert (await recent(connection, cast.anna))[0].record_id == task_id


@pytest.mark.parametrize(
    ("kind", "record_id", "refused"),
    [
        (SearchKind.CLIENT, 999, NotFound),
        (SearchKind.CLIENT, 2**40, NotFound),
        (SearchKind.NOTE, 1, Invalid),
    ],
)
async def test_what_is_not_there_or_has_no_page_is_not_kept(
    opened: Openings, cast: Cast, kind: SearchKind, record_id: int, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        await opened.note(cast.anna, kind, record_id)
