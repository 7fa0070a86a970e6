"""An office's own law: who may change it, what is remembered, what an attempt can prove."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from crm_core.agents.people import Agent
from crm_core.audit import list_audit
from crm_core.clock import ManualClock
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.storage.engine import Storage
from dialer.compliance.stored import as_values
from dialer.profiles import records
from dialer.profiles.built_in import built_in
from dialer.profiles.events import LawProfileChanged, ProfileAction
from dialer.profiles.queries import (
    KeptProfile,
    ProfileChange,
    find_in_force,
    get_profile,
    get_version,
    list_changes,
    list_profiles,
)
from dialer.profiles.records import LawProfiles
from dialer.profiles.tables import law_profile_changes, law_profiles
from tests.cast import Cast

LATER = {"abandonment": {**as_values(built_in()["us_federal"])["abandonment"], "limit": 0.05}}
STRICTER = {"minimum_ring_seconds": 20}


@pytest.fixture
def law(storage: Storage, clock: ManualClock) -> LawProfiles:
    return LawProfiles(storage, clock)


async def kept(storage: Storage, key: str) -> KeptProfile:
    async with storage.read() as connection:
        return await get_profile(connection, key)


async def history(storage: Storage, key: str) -> list[ProfileChange]:
    async with storage.read() as connection:
        return await list_changes(connection, key)


async def test_an_untouched_office_has_the_profiles_that_came(storage: Storage) -> None:
    async with storage.read() as connection:
        found = await list_profiles(connection)
    assert {each.profile.key: each.profile for each in found} == dict(built_in())
    assert not any(each.is_own or each.version for each in found)


async def test_a_supervisor_may_tighten_and_everybody_hears_of_it(
    law: LawProfiles, storage: Storage, cast: Cast
) -> None:
    told: list[object] = []
    storage.on_commit = told.extend
    assert await law.edit(cast.vera, "us_federal", STRICTER) == ()
    now = await kept(storage, "us_federal")
    assert (now.profile.minimum_ring_seconds, now.version, now.is_own) == (20, 1, True)
    assert now.profile.hours == built_in()["us_federal"].hours
    assert told == [LawProfileChanged("us_federal")]


async def test_a_supervisor_may_not_loosen_whatever_the_reason(
    law: LawProfiles, storage: Storage, cast: Cast
) -> None:
    with pytest.raises(Forbidden):
        await law.edit(cast.vera, "us_federal", LATER, reason="The boss wants it")
    assert (await kept(storage, "us_federal")).profile == built_in()["us_federal"]
    assert await history(storage, "us_federal") == []


async def test_neither_operators_nor_the_head_of_sales_touch_the_law(
    law: LawProfiles, cast: Cast
) -> None:
    for actor in (cast.anna, cast.grigory):
        with pytest.raises(Forbidden):
            await law.edit(actor, "us_federal", STRICTER)
        with pytest.raises(Forbidden):
            await law.copy(actor, "us_federal", "Mine")
        with pytest.raises(Forbidden):
            await law.reset(actor, "us_federal")


@pytest.mark.parametrize("reason", ["", "   ", "\r\n\t"])
async def test_an_administrator_loosens_with_a_reason_only(
    law: LawProfiles, storage: Storage, cast: Cast, reason: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await law.edit(cast.dina, "us_federal", LATER, reason=reason)
    assert (refused.value.field, refused.value.code) == ("reason", "required")
    said = "Exempt: the callee asked\r\nfor the call"
    assert await law.edit(cast.dina, "us_federal", LATER, reason=said) == ("abandonment_limit",)
    changed = (await history(storage, "us_federal"))[0]
    assert (changed.loosened, changed.agent_id, changed.agent_name) == (
        ("abandonment_limit",),
        cast.dina.id,
        "Dina Belova",
    )
    assert changed.reason == "Exempt: the callee asked\nfor the call"


async def test_a_loosening_stands_in_the_audit_trail_with_its_reason(
    law: LawProfiles, storage: Storage, cast: Cast
) -> None:
    await law.edit(cast.dina, "us_federal", LATER, reason="Advice of counsel")
    async with storage.read() as connection:
        entry = (await list_audit(connection, subject="law_profile"))[0]
    assert (entry.action, entry.subject_id, entry.agent_id) == (
        "edited",
        "us_federal",
        cast.dina.id,
    )
    assert entry.details["reason"] == "Advice of counsel"
    assert entry.details["loosened"] == ["abandonment_limit"]
    assert entry.details["abandonment"][1]["limit"] == 0.05


async def test_what_was_in_force_when_can_be_proved(
    law: LawProfiles, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    await law.note_built_in()
    noted_at = clock.now()
    clock.step(3600)
    await law.edit(cast.dina, "ru", {"embargo_hours": 96})
    clock.step(3600)
    await law.edit(cast.dina, "ru", {"embargo_hours": 0}, reason="No law asks for it")
    async with storage.read() as connection:
        first = await find_in_force(connection, "ru", noted_at)
        second = await find_in_force(connection, "ru", clock.now().replace(hour=10, minute=30))
        assert first is not None
        assert second is not None
        assert (first.profile, second.profile.embargo_hours) == (built_in()["ru"], 96)
        assert [first.version, second.version, (await get_profile(connection, "ru")).version] == [
            *(1, 2, 3)
        ]
        assert (await get_version(connection, "ru", 2)).embargo_hours == 96
        assert await find_in_force(connection, "ru", noted_at.replace(year=2025)) is None
        with pytest.raises(NotFound):
            await get_version(connection, "ru", 4)


async def test_what_came_with_the_product_is_noted_once(
    law: LawProfiles, storage: Storage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await law.note_built_in() == list(built_in())
    assert await law.note_built_in() == []
    await law.edit(cast.vera, "uk", STRICTER)
    other = {key: replace(built_in()[key], embargo_hours=100) for key in ("uk", "sk")}
    monkeypatch.setattr(records, "built_in", lambda: {**built_in(), **other})
    monkeypatch.setattr("dialer.profiles.queries.built_in", lambda: {**built_in(), **other})
    assert await law.note_built_in() == ["sk"]
    assert [each.action for each in await history(storage, "sk")] == [ProfileAction.CAME] * 2
    assert (await kept(storage, "uk")).profile.minimum_ring_seconds == 20


async def test_a_copy_is_the_offices_own_and_goes_its_own_way(
    law: LawProfiles, storage: Storage, cast: Cast
) -> None:
    key = await law.copy(cast.vera, "sk", "  Naša <b>firma</b>\r\n")
    await law.edit(cast.vera, key, STRICTER)
    copy = await kept(storage, key)
    assert (key, copy.title, copy.base_key) == ("own-1", "Naša <b>firma</b>", "sk")
    assert (copy.profile.key, copy.profile.minimum_ring_seconds) == ("own-1", 20)
    assert (await kept(storage, "sk")).profile == built_in()["sk"]
    assert await law.copy(cast.dina, key, "Another") == "own-2"
    assert (await kept(storage, "own-2")).profile.minimum_ring_seconds == 20
    assert (await kept(storage, "own-2")).base_key == "sk"
    with pytest.raises(Invalid, match="title_taken"):
        await law.copy(cast.dina, "de", "another")
    await law.rename(cast.vera, "own-2", "Another one")
    assert (await kept(storage, "own-2")).title == "Another one"


async def test_a_reset_is_a_loosening_where_the_office_was_stricter(
    law: LawProfiles, storage: Storage, cast: Cast
) -> None:
    await law.edit(cast.vera, "de", STRICTER)
    with pytest.raises(Forbidden):
        await law.reset(cast.vera, "de", reason="Back")
    with pytest.raises(Invalid, match="required"):
        await law.reset(cast.dina, "de")
    assert await law.reset(cast.dina, "de", reason="Back") == ("minimum_ring_seconds",)
    now = await kept(storage, "de")
    assert (now.profile, now.is_own, now.version) == (built_in()["de"], False, 2)
    await law.edit(cast.vera, "de", STRICTER)
    assert (await kept(storage, "de")).version == 3


async def test_a_retired_copy_is_offered_to_nobody_and_still_holds(
    law: LawProfiles, storage: Storage, cast: Cast
) -> None:
    key = await law.copy(cast.dina, "uk", "Old")
    with pytest.raises(Forbidden):
        await law.retire(cast.vera, key)
    await law.retire(cast.dina, key)
    async with storage.read() as connection:
        assert key not in {each.profile.key for each in await list_profiles(connection)}
        every = await list_profiles(connection, with_retired=True)
    assert key in {each.profile.key for each in every}
    assert (await kept(storage, key)).profile.abandonment.limit == 0
    with pytest.raises(Invalid, match="not_a_choice"):
        await law.retire(cast.dina, "uk")


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"hours": {"monday": ["8-21"]}}, "hours.monday", "hours_bad"),
        ({"embargo_hours": -1}, "embargo_hours", "out_of_range"),
        ({"abandonment": {"limit": 2}}, "abandonment.limit", "out_of_range"),
        ({"hidden": 1}, "hidden", "unknown_field"),
    ],
)
async def test_nonsense_is_refused_with_its_place_and_changes_nothing(
    law: LawProfiles,
    storage: Storage,
    cast: Cast,
    values: dict[str, object],
    field: str,
    code: str,
) -> None:
    with pytest.raises(Invalid) as refused:
        await law.edit(cast.dina, "us_federal", values, reason="because")
    assert (refused.value.field, refused.value.code) == (field, code)
    assert await history(storage, "us_federal") == []


async def test_no_such_profile_is_not_found(law: LawProfiles, cast: Cast) -> None:
    with pytest.raises(NotFound):
        await law.edit(cast.dina, "xx\r\nyy", STRICTER)


async def test_of_two_who_edit_at_once_the_second_is_told(
    law: LawProfiles, storage: Storage, cast: Cast
) -> None:
    async def edit(actor: Agent, seconds: int) -> object:
        try:
            return await law.edit(actor, "sk", {"minimum_ring_seconds": seconds}, version=0)
        except Conflict as refused:
            return refused.code

    done = await asyncio.gather(edit(cast.vera, 20), edit(cast.dina, 25))
    assert sorted(map(str, done)) == ["()", "stale"]
    async with storage.read() as connection:
        count = select(func.count()).select_from(law_profile_changes)
        assert (await connection.execute(count)).scalar_one() == 1


async def test_saving_what_is_so_already_makes_no_version(
    law: LawProfiles, storage: Storage, cast: Cast
) -> None:
    values = as_values(built_in()["sk"])
    assert await law.edit(cast.vera, "sk", values) == ()
    assert (await kept(storage, "sk")).version == 0
    assert await history(storage, "sk") == []


async def test_an_own_profile_from_before_the_sources_by_rule_has_those_it_came_with(
    law: LawProfiles, storage: Storage, cast: Cast
) -> None:
    key = await law.copy(cast.vera, "uk", "Ours")
    values = as_values((await kept(storage, key)).profile)
    assert values.pop("rule_sources")["embargo_hours"].startswith("Ofcom")
    async with storage.write() as tx:
        await tx.execute(update(law_profiles).values(values=values))
    again = (await kept(storage, key)).profile
    assert again.rule_sources == built_in()["uk"].rule_sources
    assert await law.edit(cast.vera, key, STRICTER) == ()
    assert (await kept(storage, key)).profile.rule_sources == built_in()["uk"].rule_sources
