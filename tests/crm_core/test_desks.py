"""What an administrator arranges is unique, checked, audited, and only his to arrange."""

from typing import Any

import pytest
from sqlalchemy import insert, update

from crm_core.agents.desks import Desks
from crm_core.agents.directory import (
    DirectoryChanged,
    Extension,
    find_queue,
    get_extension,
    get_queue,
    list_dispositions,
    list_extensions,
    list_members,
    list_pause_reasons,
    list_queues,
    queues_of,
)
from crm_core.agents.tables import agent_states, agents
from crm_core.audit import list_audit
from crm_core.clock import ManualClock
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.storage.engine import Storage
from tests.cast import Cast


@pytest.fixture
def desks(storage: Storage, clock: ManualClock) -> Desks:
    return Desks.of(storage, clock)


@pytest.fixture
def told(storage: Storage, cast: Cast) -> list[object]:
    facts: list[object] = []
    storage.on_commit = facts.extend
    return facts


async def sit(storage: Storage, clock: ManualClock, agent_id: int, extension_id: int) -> None:
    async with storage.write() as tx:
        await tx.execute(
            insert(agent_states).values(
                agent_id=agent_id, state="ready", since=clock.now(), extension_id=extension_id
            )
        )


async def let_go(storage: Storage, agent_id: int) -> None:
    async with storage.write() as tx:
        await tx.execute(update(agents).where(agents.c.id == agent_id).values(active=False))


async def test_a_new_extension_gets_the_interface_of_the_house(
    desks: Desks, storage: Storage, cast: Cast, told: list[object]
) -> None:
    made = await desks.extensions.create(cast.dina, number=" 104 ")
    async with storage.read() as connection:
        assert await get_extension(connection, made) == Extension(
            made, "104", "PJSIP/104", None, True
        )
    assert told == [DirectoryChanged("extensions")]


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"number": "101"}, "number", "extension_taken"),
        ({"number": "104", "interface": "PJSIP/101"}, "interface", "interface_taken"),
        ({"number": "1"}, "number", "extension_bad"),
        ({"number": "1234567"}, "number", "extension_bad"),
        ({"number": "10a"}, "number", "extension_bad"),
        ({"number": "١٠٤"}, "number", "extension_bad"),
        (
            {"number": "104", "interface": "PJSIP/104\r\nAction: Logoff"},
            "interface",
            "interface_bad",
        ),
        ({"number": "104", "interface": "104"}, "interface", "interface_bad"),
    ],
)
async def test_an_extension_that_cannot_be_is_refused(
    desks: Desks, cast: Cast, fields: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await desks.extensions.create(cast.dina, **fields)
    assert (refused.value.field, refused.value.code) == (field, code)


async def test_a_desk_is_given_to_nobody_who_left_or_never_was(
    desks: Desks, storage: Storage, cast: Cast
) -> None:
    await let_go(storage, cast.boris.id)
    with pytest.raises(Invalid, match="agent_inactive"):
        await desks.extensions.edit(cast.dina, cast.desk_103, agent_id=cast.boris.id)
    with pytest.raises(NotFound):
        await desks.extensions.edit(cast.dina, cast.desk_103, agent_id=10**12)


@pytest.mark.parametrize(
    "change", [{"number": "111"}, {"interface": "SIP/1"}, {"agent_id": "boris"}, {}]
)
async def test_a_desk_is_not_changed_under_whoever_sits_there(
    desks: Desks, storage: Storage, clock: ManualClock, cast: Cast, change: dict[str, Any]
) -> None:
    await sit(storage, clock, cast.anna.id, cast.desk_101)
    if "agent_id" in change:
        change = {"agent_id": cast.boris.id}
    extensions = desks.extensions
    attempt = (
        extensions.edit(cast.dina, cast.desk_101, **change)
        if change
        else extensions.retire(cast.dina, cast.desk_101)
    )
    with pytest.raises(Conflict) as refused:
        await attempt
    assert refused.value.code == "extension_in_use"
    assert refused.value.values == {"name": "Anna Orlova"}


async def test_a_desk_may_become_a_hot_desk_or_his_own_while_he_sits_there(
    desks: Desks, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    await sit(storage, clock, cast.anna.id, cast.desk_101)
    await desks.extensions.edit(cast.dina, cast.desk_101, agent_id=None)
    await desks.extensions.edit(cast.dina, cast.desk_101, agent_id=cast.anna.id)
    async with storage.read() as connection:
        assert (await get_extension(connection, cast.desk_101)).agent_id == cast.anna.id


async def test_a_retired_extension_is_listed_no_longer_but_keeps_its_number(
    desks: Desks, storage: Storage, cast: Cast
) -> None:
    await desks.extensions.retire(cast.dina, cast.desk_103)
    async with storage.read() as connection:
        assert [e.number for e in await list_extensions(connection)] == ["101", "102"]
        assert len(await list_extensions(connection, active=None)) == 3
    with pytest.raises(Invalid, match="extension_taken"):
        await desks.extensions.create(cast.dina, number="103")
    await desks.extensions.restore(cast.dina, cast.desk_103)
    async with storage.read() as connection:
        assert len(await list_extensions(connection)) == 3


async def test_a_queue_keeps_its_rules(desks: Desks, storage: Storage, cast: Cast) -> None:
    made = await desks.queues.create(
        cast.dina, name="vip", title="Важные", wrap_up_seconds=120, wrap_up_skippable=True
    )
    await desks.queues.edit(cast.dina, made, next_step_required=False, callback_due_seconds=300)
    async with storage.read() as connection:
        queue = await get_queue(connection, made)
        assert await find_queue(connection, "vip") == queue
        assert await find_queue(connection, "nobody") is None
        assert len(await list_queues(connection)) == 3
    assert (queue.title, queue.wrap_up_seconds, queue.wrap_up_skippable) == ("Важные", 120, True)
    assert (queue.next_step_required, queue.callback_due_seconds) == (False, 300)


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"name": "sales"}, "name", "queue_taken"),
        ({"name": "with space"}, "name", "queue_bad"),
        ({"name": "a\r\nb"}, "name", "queue_bad"),
        ({"title": "  "}, "title", "required"),
        ({"wrap_up_seconds": 4}, "wrap_up_seconds", "out_of_range"),
        ({"wrap_up_seconds": 3601}, "wrap_up_seconds", "out_of_range"),
        ({"wrap_up_seconds": 10**30}, "wrap_up_seconds", "out_of_range"),
        ({"callback_due_seconds": 59}, "callback_due_seconds", "out_of_range"),
    ],
)
async def test_a_queue_that_cannot_be_is_refused(
    desks: Desks, cast: Cast, fields: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await desks.queues.create(cast.dina, **{"name": "new", "title": "New", **fields})
    assert (refused.value.field, refused.value.code) == (field, code)


async def test_a_team_is_listed_in_the_order_of_its_penalties(
    desks: Desks, storage: Storage, cast: Cast, told: list[object]
) -> None:
    await desks.queues.set_member(cast.dina, cast.support, cast.anna.id, penalty=5)
    await desks.queues.set_member(cast.dina, cast.support, cast.boris.id, penalty=9)
    async with storage.read() as connection:
        team = [(m.agent_name, m.penalty) for m in await list_members(connection, cast.support)]
        assert await queues_of(connection, cast.anna.id) == {"sales": 0, "support": 5}
        (entry, *_) = await list_audit(connection, subject="queue", subject_id=cast.support)
    assert team == [("Anna Orlova", 5), ("Boris Klimov", 9)]
    assert told == [DirectoryChanged("teams")] * 2
    assert entry.details == {"queue": "support", "agent_id": cast.boris.id, "penalty": [0, 9]}


async def test_a_member_leaves_the_team_once(desks: Desks, storage: Storage, cast: Cast) -> None:
    await desks.queues.remove_member(cast.dina, cast.sales, cast.anna.id)
    async with storage.read() as connection:
        assert await queues_of(connection, cast.anna.id) == {}
    with pytest.raises(NotFound):
        await desks.queues.remove_member(cast.dina, cast.sales, cast.anna.id)


async def test_a_team_takes_nobody_who_left(desks: Desks, storage: Storage, cast: Cast) -> None:
    await let_go(storage, cast.anna.id)
    with pytest.raises(Invalid, match="agent_inactive"):
        await desks.queues.set_member(cast.dina, cast.support, cast.anna.id)


async def test_a_retired_queue_is_served_by_nobody(
    desks: Desks, storage: Storage, cast: Cast
) -> None:
    await desks.queues.retire(cast.dina, cast.sales)
    async with storage.read() as connection:
        assert await queues_of(connection, cast.boris.id) == {"support": 0}
        assert [q.name for q in await list_queues(connection)] == ["support"]


async def test_pause_reasons_come_in_the_order_given(
    desks: Desks, storage: Storage, cast: Cast
) -> None:
    await desks.pause_reasons.create(cast.dina, code="doctor", title="Врач", position=0)
    await desks.pause_reasons.edit(cast.dina, cast.lunch, position=9, title="Обед")
    await desks.pause_reasons.retire(cast.dina, cast.training)
    async with storage.read() as connection:
        reasons = [(r.code, r.title) for r in await list_pause_reasons(connection)]
    assert reasons == [("doctor", "Врач"), ("lunch", "Обед")]


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        ("lunch", "code_taken"),
        ("wrap-up", "code_reserved"),
        ("", "code_bad"),
        ("Обед", "code_bad"),
        ("a b", "code_bad"),
        ("x\r\nAction: Logoff", "code_bad"),
    ],
)
async def test_a_code_that_asterisk_could_not_bear_is_refused(
    desks: Desks, cast: Cast, code: str, refusal: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await desks.pause_reasons.create(cast.dina, code=code, title="x")
    assert (refused.value.field, refused.value.code) == ("code", refusal)


async def test_dispositions_may_demand_a_next_step(
    desks: Desks, storage: Storage, cast: Cast
) -> None:
    made = await desks.dispositions.create(
        cast.dina, code="thinking", title="Думает", needs_next_step=True
    )
    await desks.dispositions.edit(cast.dina, cast.agreed, needs_next_step=False)
    async with storage.read() as connection:
        demands = {d.id: d.needs_next_step for d in await list_dispositions(connection)}
    assert demands[made]
    assert not demands[cast.agreed]


async def test_the_last_disposition_cannot_be_retired(desks: Desks, cast: Cast) -> None:
    await desks.dispositions.retire(cast.dina, cast.refused)
    await desks.dispositions.retire(cast.dina, cast.wrong_number)
    with pytest.raises(Conflict, match="last_disposition"):
        await desks.dispositions.retire(cast.dina, cast.agreed)
    await desks.dispositions.edit(cast.dina, cast.agreed, title="Согласен")


@pytest.mark.parametrize("who", ["anna", "vera", "grigory"])
async def test_only_an_administrator_arranges_anything(desks: Desks, cast: Cast, who: str) -> None:
    actor = getattr(cast, who)
    for attempt in (
        desks.extensions.create(actor, number="104"),
        desks.extensions.retire(actor, cast.desk_103),
        desks.queues.create(actor, name="new", title="New"),
        desks.queues.edit(actor, cast.sales, title="x"),
        desks.queues.set_member(actor, cast.sales, cast.anna.id),
        desks.queues.remove_member(actor, cast.sales, cast.anna.id),
        desks.pause_reasons.create(actor, code="x", title="x"),
        desks.dispositions.restore(actor, cast.agreed),
    ):
        with pytest.raises(Forbidden):
            await attempt


async def test_what_is_not_there_is_not_found_and_an_unknown_field_is_named(
    desks: Desks, cast: Cast
) -> None:
    for missing in (0, 999, 10**20):
        with pytest.raises(NotFound):
            await desks.queues.edit(cast.dina, missing, title="x")
        with pytest.raises(NotFound):
            await desks.extensions.retire(cast.dina, missing)
    with pytest.raises(Invalid, match="unknown_field"):
        await desks.queues.edit(cast.dina, cast.sales, id=7)
    with pytest.raises(Invalid, match="unknown_field"):
        await desks.pause_reasons.edit(cast.dina, cast.lunch, code="supper")


async def test_every_change_is_audited_from_and_to(
    desks: Desks, storage: Storage, cast: Cast
) -> None:
    await desks.queues.edit(cast.dina, cast.sales, title="Продажи", wrap_up_seconds=60)
    await desks.extensions.retire(cast.dina, cast.desk_103)
    async with storage.read() as connection:
        retired, edited = await list_audit(connection, agent_id=cast.dina.id)
    assert (edited.action, edited.subject, edited.subject_id) == (
        "edited",
        "queue",
        str(cast.sales),
    )
    assert edited.details == {"title": ["Sales", "Продажи"]}
    assert (retired.action, retired.details) == ("retired", {"active": [True, False]})
