"""Numbers on the office's own lists: who puts them there, what they stop, how they come off."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from crm_core.audit import list_audit
from crm_core.clock import ManualClock
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.storage.engine import Storage
from dialer.do_not_call.kinds import How, ListKind
from dialer.do_not_call.lists import DoNotCallLists, list_lists
from dialer.do_not_call.looking import list_numbers, list_of_number
from dialer.do_not_call.queries import naming as naming_select
from dialer.do_not_call.records import DoNotCall, Said
from dialer.do_not_call.tables import do_not_call_numbers
from tests.cast import Cast
from tests.dialer.do_not_call.conftest import Naming

IVAN, OLGA = "+79161234567", "+79031112233"
OFFICE = Said(How.OFFICE, "a competitor")


@pytest.fixture
async def own(lists: DoNotCallLists, cast: Cast) -> int:
    return await lists.create(cast.vera, ListKind.OWN, "Ours")


async def test_a_number_on_the_own_list_is_named_for_every_campaign_however_it_was_written(
    do_not_call: DoNotCall, naming: Naming, own: int, cast: Cast, campaign: int
) -> None:
    await do_not_call.add(cast.anna, own, "8 (916) 123-45-67", OFFICE)
    for campaign_id in (None, campaign, campaign + 1):
        assert await naming(IVAN, OLGA, campaign_id=campaign_id) == {IVAN: frozenset({"own"})}


async def test_a_campaigns_list_stops_that_campaign_alone(
    do_not_call: DoNotCall, lists: DoNotCallLists, naming: Naming, cast: Cast, campaign: int
) -> None:
    of_campaign = await lists.create(
        cast.vera, ListKind.CAMPAIGN, "Not about spring", campaign_id=campaign
    )
    await do_not_call.add(cast.vera, of_campaign, IVAN, Said(How.SAID))
    assert await naming(IVAN, campaign_id=campaign) == {IVAN: frozenset({"campaign"})}
    assert await naming(IVAN, campaign_id=campaign + 1) == {}
    assert await naming(IVAN) == {}


async def test_a_number_is_on_several_lists_and_off_each_by_itself(
    do_not_call: DoNotCall, lists: DoNotCallLists, naming: Naming, own: int, cast: Cast
) -> None:
    second = await lists.create(cast.dina, ListKind.OWN, "Court")
    first_row = await do_not_call.add(cast.vera, own, IVAN, OFFICE)
    await do_not_call.add(cast.vera, second, IVAN, Said(How.WRITTEN))
    assert await naming(IVAN) == {IVAN: frozenset({"own", "opt_out"})}
    await do_not_call.remove(cast.vera, first_row, "it was a mistake")
    assert await naming(IVAN) == {IVAN: frozenset({"opt_out"})}


async def test_what_holds_for_a_time_ends_by_itself_and_can_be_said_anew(
    do_not_call: DoNotCall, naming: Naming, own: int, cast: Cast, clock: ManualClock
) -> None:
    week = clock.now() + timedelta(days=7)
    await do_not_call.add(cast.vera, own, IVAN, Said(How.OFFICE, until=week))
    await clock.advance(7 * 86400 - 1)
    assert await naming(IVAN) == {IVAN: frozenset({"own"})}
    await clock.advance(1)
    assert await naming(IVAN) == {}
    with pytest.raises(Invalid, match="not_in_future"):
        await do_not_call.add(cast.vera, own, IVAN, Said(How.OFFICE, until=week))
    await do_not_call.add(cast.vera, own, IVAN, OFFICE)
    assert await naming(IVAN) == {IVAN: frozenset({"own"})}


async def test_saying_it_again_adds_nothing_and_saying_more_loses_nothing(
    do_not_call: DoNotCall, storage: Storage, own: int, cast: Cast, clock: ManualClock
) -> None:
    week = clock.now() + timedelta(days=7)
    first = await do_not_call.add(cast.vera, own, IVAN, Said(How.SAID, "angry", until=week))
    assert await do_not_call.add(cast.anna, own, IVAN, Said(How.SAID, until=week)) == first
    later = await do_not_call.add(cast.vera, own, IVAN, Said(How.OFFICE, client_id=cast.romashka))
    async with storage.read() as connection:
        new, old = await list_of_number(connection, IVAN)
    assert (new.id, new.how, new.until, new.client_id) == (later, "said", None, cast.romashka)
    assert (old.id, old.removed_at, old.reason) == (first, clock.now(), "angry")
    assert new.holds(clock.now())
    assert not old.holds(clock.now())


async def test_taking_off_is_told_and_undone_and_nothing_is_deleted(
    do_not_call: DoNotCall, storage: Storage, naming: Naming, own: int, cast: Cast
) -> None:
    number_id = await do_not_call.add(cast.anna, own, IVAN, OFFICE)
    with pytest.raises(Invalid, match="required"):
        await do_not_call.remove(cast.vera, number_id, " ")
    await do_not_call.remove(cast.vera, number_id, "a mistake")
    with pytest.raises(NotFound):
        await do_not_call.remove(cast.vera, number_id, "again")
    async with storage.read() as connection:
        (gone,) = await list_numbers(connection, own, removed=True)
        assert await list_numbers(connection, own) == []
        entries = await list_audit(connection, subject="do_not_call_list", subject_id=own)
    assert (gone.added_by, gone.removed_by) == ("Anna Orlova", "Vera Sokolova")
    assert gone.removal == "a mistake"
    assert [each.action for each in entries] == ["unlisted", "listed", "created"]
    assert IVAN not in str([each.details for each in entries])  # the trail outlives the person
    await do_not_call.restore(cast.vera, number_id)
    assert await naming(IVAN) == {IVAN: frozenset({"own"})}
    with pytest.raises(NotFound):
        await do_not_call.restore(cast.vera, number_id + 1)


async def test_an_operator_adds_to_the_own_list_and_takes_nothing_off(
    do_not_call: DoNotCall, lists: DoNotCallLists, own: int, cast: Cast, campaign: int
) -> None:
    of_campaign = await lists.create(cast.dina, ListKind.CAMPAIGN, "C", campaign_id=campaign)
    number_id = await do_not_call.add(cast.boris, own, IVAN, OFFICE)
    for refused in (
        do_not_call.remove(cast.boris, number_id, "why not"),
        do_not_call.restore(cast.boris, number_id),
        do_not_call.add(cast.boris, of_campaign, IVAN, OFFICE),
        lists.create(cast.boris, ListKind.OWN, "Mine"),
        lists.retire(cast.boris, own),
        lists.rename(cast.boris, own, "Mine"),
    ):
        with pytest.raises(Forbidden):
            await refused


async def test_a_list_that_is_given_up_stops_nobody_until_it_is_brought_back(
    do_not_call: DoNotCall, lists: DoNotCallLists, naming: Naming, own: int, cast: Cast,
    storage: Storage,
) -> None:  # fmt: skip
    await do_not_call.add(cast.vera, own, IVAN, OFFICE)
    await lists.retire(cast.vera, own)
    assert await naming(IVAN) == {}
    with pytest.raises(NotFound):
        await do_not_call.add(cast.vera, own, OLGA, OFFICE)
    with pytest.raises(NotFound):
        await lists.retire(cast.vera, own)
    async with storage.read() as connection:
        assert await list_lists(connection) == []
        (one,) = await list_lists(connection, retired=True)
    assert (one.list.id, one.numbers) == (own, 1)
    await lists.bring_back(cast.vera, own)
    assert await naming(IVAN) == {IVAN: frozenset({"own"})}


async def test_a_list_with_people_who_wanted_it_is_not_given_up(
    do_not_call: DoNotCall, lists: DoNotCallLists, own: int, cast: Cast
) -> None:
    await do_not_call.add(cast.vera, own, IVAN, Said(How.PRESSED))
    with pytest.raises(Conflict, match="list_has_opt_outs"):
        await lists.retire(cast.dina, own)


async def test_nonsense_is_refused_by_its_field(
    do_not_call: DoNotCall, lists: DoNotCallLists, own: int, cast: Cast
) -> None:
    national = await lists.create(cast.vera, ListKind.NATIONAL, "Robinson", country="sk")
    for refused, code in (
        (do_not_call.add(cast.vera, own, "\r\n", OFFICE), "required"),
        (do_not_call.add(cast.vera, own, "112", OFFICE), "number_not_valid"),
        (do_not_call.add(cast.vera, own, "+7 916 <script>", OFFICE), "number_not_valid"),
        (do_not_call.add(cast.vera, own, IVAN, Said(How.SAID, "x" * 501)), "too_long"),
        (do_not_call.add(cast.vera, own, IVAN, Said(How.SAID, call_id="no")), "not_a_choice"),
        (do_not_call.add(cast.vera, national, IVAN, OFFICE), "list_is_imported"),
        (lists.create(cast.vera, ListKind.OWN, "\x00"), "required"),
        (lists.create(cast.vera, ListKind.CAMPAIGN, "C"), "not_a_choice"),
        (lists.create(cast.vera, ListKind.OWN, "C", campaign_id=1), "not_a_choice"),
        (lists.create(cast.vera, ListKind.NATIONAL, "N"), "required"),
        (lists.create(cast.vera, ListKind.NATIONAL, "N", country="1!"), "not_a_choice"),
        (
            lists.create(cast.vera, ListKind.NATIONAL, "N", country="US", fresh_days=60),
            "out_of_range",
        ),
    ):
        with pytest.raises((Invalid, Conflict)) as answer:
            await refused
        assert answer.value.code == code


async def test_people_who_add_one_number_at_once_add_it_once(
    do_not_call: DoNotCall, storage: Storage, own: int, cast: Cast
) -> None:
    people = (cast.anna, cast.boris, cast.vera, cast.dina)
    ids = await asyncio.gather(*(do_not_call.add(each, own, IVAN, OFFICE) for each in people))
    assert len(set(ids)) == 1
    async with storage.read() as connection:
        counted = select(func.count()).select_from(do_not_call_numbers)
        assert (await connection.execute(counted)).scalar_one() == 1


async def test_the_numbers_of_a_list_are_paged_and_found_by_their_beginning(
    do_not_call: DoNotCall, storage: Storage, own: int, cast: Cast
) -> None:
    for n in range(5):
        await do_not_call.add(cast.vera, own, f"+7916123450{n}", OFFICE)
    await do_not_call.add(cast.vera, own, OLGA, OFFICE)
    async with storage.read() as connection:
        first = await list_numbers(connection, own, limit=4)
        rest = await list_numbers(connection, own, limit=4, before_id=first[-1].id)
        found = await list_numbers(connection, own, digits="7 (903)")
    assert first[0].e164 == OLGA
    assert len({each.id for each in (*first, *rest)}) == 6
    assert [each.e164 for each in found] == [OLGA]


async def test_the_question_of_the_choosing_uses_indexes_only(
    storage: Storage, clock: ManualClock, engine: str
) -> None:
    if engine != "sqlite":
        return
    query = naming_select([IVAN, OLGA], 1, clock.now())
    async with storage.read() as connection:
        written = query.compile(connection.sync_engine, compile_kwargs={"literal_binds": True})
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {written}")
        steps = [str(row._mapping["detail"]) for row in plan]
    assert not [step for step in steps if step.startswith("SCAN")], steps
