"""Deals go through their stages: told, audited, refused where two people move one at once."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from crm_core.agents.people import get_agent
from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.agents.tables import agents
from crm_core.audit import list_audit
from crm_core.clients.tables import clients
from crm_core.clock import ManualClock
from crm_core.deals.access import access_deal
from crm_core.deals.arrangement import StagePlan
from crm_core.deals.board import read_board
from crm_core.deals.filtering import RecordFilter, Whose
from crm_core.deals.lines import line_total, read_discount, read_quantity, written_scaled
from crm_core.deals.pipelines import list_pipelines
from crm_core.deals.records import NewDeal
from crm_core.deals.tables import deals, stage_changes
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.events import DealChanged
from crm_core.storage.engine import Storage
from crm_core.tables import catalogue_entries
from tests.cast import Cast
from tests.crm_core.sales import Sales, open_sales, with_scope


@pytest.fixture
async def sales(storage: Storage, clock: ManualClock, cast: Cast) -> Sales:
    return await open_sales(storage, clock)


async def _deal(storage: Storage, deal_id: int) -> dict[str, Any]:
    async with storage.read() as connection:
        query = select(deals).where(deals.c.id == deal_id)
        return dict((await connection.execute(query)).mappings().one())


async def _steps(storage: Storage, deal_id: int) -> list[tuple[int | None, int]]:
    async with storage.read() as connection:
        query = select(stage_changes).where(stage_changes.c.deal_id == deal_id)
        rows = (await connection.execute(query.order_by(stage_changes.c.id))).mappings()
        return [(row["from_stage_id"], row["to_stage_id"]) for row in rows]


async def _reason(storage: Storage, title: str = "Too dear") -> int:
    async with storage.write() as tx:
        made = await tx.execute(
            insert(catalogue_entries).values(catalogue="loss_reason", title=title)
        )
        return int(made.inserted_primary_key[0])


async def test_a_deal_begins_in_the_first_stage_and_is_its_makers(
    storage: Storage, sales: Sales, cast: Cast, clock: ManualClock
) -> None:
    told: list[object] = []
    storage.on_commit = told.extend
    deal_id = await sales.deal(cast.anna, cast.romashka)
    row = await _deal(storage, deal_id)
    assert (row["stage_id"], row["stage_since"]) == (sales.stage("New").id, clock.now())
    assert (row["owner_agent_id"], row["currency"]) == (cast.anna.id, "RUB")
    assert await _steps(storage, deal_id) == [(None, sales.stage("New").id)]
    assert told == [DealChanged(deal_id=deal_id, client_id=cast.romashka)]


async def test_a_move_is_a_line_of_history_and_starts_the_days_anew(
    storage: Storage, sales: Sales, cast: Cast, clock: ManualClock
) -> None:
    deal_id = await sales.deal(cast.anna, cast.romashka)
    await clock.advance(3600)
    new, offer = sales.stage("New").id, sales.stage("Offer").id
    await sales.deals.move(cast.anna, deal_id, offer, before=new)
    row = await _deal(storage, deal_id)
    assert (row["stage_id"], row["stage_since"], row["version"]) == (offer, clock.now(), 2)
    assert await _steps(storage, deal_id) == [(None, new), (new, offer)]


async def test_who_moves_what_another_has_moved_hears_who_and_where(
    sales: Sales, cast: Cast
) -> None:
    deal_id = await sales.deal(cast.anna, cast.romashka)
    new = sales.stage("New").id
    await sales.deals.move(cast.boris, deal_id, sales.stage("Offer").id, before=new)
    with pytest.raises(Conflict) as refused:
        await sales.deals.move(cast.anna, deal_id, sales.stage("Contract").id, before=new)
    assert refused.value.code == "moved_meanwhile"
    assert (refused.value.values["agent"], refused.value.values["stage"]) == (
        "Boris Klimov",
        "Offer",
    )


async def test_an_undone_move_is_as_if_it_had_not_been(
    storage: Storage, sales: Sales, cast: Cast, clock: ManualClock
) -> None:
    reason_id = await _reason(storage)
    deal_id = await sales.deal(cast.anna, cast.romashka)
    before, steps = await _deal(storage, deal_id), await _steps(storage, deal_id)
    await clock.advance(7200)
    new = sales.stage("New").id
    change_id = await sales.deals.lose(cast.anna, deal_id, before=new, reason_id=reason_id)
    assert (await _deal(storage, deal_id))["loss_reason_id"] == reason_id
    await sales.deals.undo_move(cast.anna, deal_id, change_id)
    after = await _deal(storage, deal_id)
    same = ("stage_id", "stage_since", "closed_at", "loss_reason_id")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert await _steps(storage, deal_id) == steps


async def test_a_move_is_taken_back_once_by_its_mover_and_only_while_it_is_the_last(
    sales: Sales, cast: Cast, clock: ManualClock
) -> None:
    deal_id = await sales.deal(cast.anna, cast.romashka)
    new, offer = sales.stage("New").id, sales.stage("Offer").id
    change_id = await sales.deals.move(cast.anna, deal_id, offer, before=new)
    with pytest.raises(NotFound):
        await sales.deals.undo_move(cast.boris, deal_id, change_id)
    await clock.advance(60)
    await sales.deals.move(cast.boris, deal_id, sales.stage("Contract").id, before=offer)
    with pytest.raises(Conflict):
        await sales.deals.undo_move(cast.anna, deal_id, change_id)


async def test_a_loss_needs_a_reason_of_the_list_and_a_win_none(
    storage: Storage, sales: Sales, cast: Cast
) -> None:
    deal_id = await sales.deal(cast.anna, cast.romashka)
    reason_id, new = await _reason(storage), sales.stage("New").id
    for wrong, code in ((None, "required"), (reason_id + 1, "not_a_choice")):
        with pytest.raises(Invalid) as refused:
            await sales.deals.lose(cast.anna, deal_id, before=new, reason_id=wrong)
        assert (refused.value.field, refused.value.code) == ("loss_reason", code)
    await sales.deals.lose(cast.anna, deal_id, before=new, reason_id=reason_id)
    assert (await _deal(storage, deal_id))["closed_at"] is not None
    await sales.deals.reopen(cast.anna, deal_id)
    row = await _deal(storage, deal_id)
    assert (row["stage_id"], row["closed_at"], row["loss_reason_id"]) == (new, None, None)
    await sales.deals.win(cast.anna, deal_id, before=new)
    assert (await _deal(storage, deal_id))["stage_id"] == sales.stage("Won").id
    with pytest.raises(Conflict):
        await sales.deals.move(cast.anna, deal_id, new, before=new)


async def test_what_is_open_cannot_be_reopened(sales: Sales, cast: Cast) -> None:
    deal_id = await sales.deal(cast.anna, cast.romashka)
    with pytest.raises(Conflict, match="not_closed"):
        await sales.deals.reopen(cast.anna, deal_id)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"title": " "}, "title"),
        ({"amount": -1}, "amount"),
        ({"currency": "roubles"}, "currency"),
        ({"contact_id": 999}, "contact"),
    ],
)
async def test_a_deal_that_cannot_be_is_not_made(
    wanted: dict[str, Any], field: str, storage: Storage, sales: Sales, cast: Cast
) -> None:
    with pytest.raises(Invalid) as refused:
        await sales.deals.create(
            cast.anna, NewDeal(**{"title": "Lamps", "client_id": cast.romashka, **wanted})
        )
    assert refused.value.field == field
    async with storage.read() as connection:
        assert (await connection.execute(select(deals))).first() is None


async def test_a_deal_does_not_begin_at_an_end_nor_in_a_retired_stage(
    sales: Sales, cast: Cast
) -> None:
    await sales.arrangement.stages.retire(cast.dina, sales.stage("Offer").id)
    for title, code in (("Won", "stage_ends"), ("Offer", "stage_retired")):
        wanted = NewDeal("Lamps", cast.romashka, sales.stage(title).id)
        with pytest.raises(Invalid, match=code):
            await sales.deals.create(cast.anna, wanted)


async def test_an_action_is_ticked_once_and_unticked(
    storage: Storage, sales: Sales, cast: Cast
) -> None:
    deal_id, action = await sales.deal(cast.anna, cast.romashka), sales.stage("New").actions[0]
    await sales.deals.tick(cast.anna, deal_id, action.id, done=True)
    await sales.deals.tick(cast.boris, deal_id, action.id, done=True)
    await sales.deals.tick(cast.anna, deal_id, action.id, done=False)
    async with storage.read() as connection:
        entries = await list_audit(connection, subject="deal", subject_id=deal_id)
    assert [entry.action for entry in entries] == ["action_not_done", "action_done", "created"]


async def test_the_lines_make_the_amount(storage: Storage, sales: Sales, cast: Cast) -> None:
    deal_id = await sales.deal(cast.anna, cast.romashka)
    lamp = await sales.arrangement.products.create(
        cast.dina, title="Lamp", currency="RUB", price=199_90, unit="pcs"
    )
    first = await sales.selling.add(cast.anna, deal_id, product_id=lamp, quantity="3")
    second = await sales.selling.add(
        cast.anna, deal_id, title="Delivery", price="1 500", discount="10"
    )
    assert (await _deal(storage, deal_id))["amount"] == 599_70 + 1350_00
    await sales.selling.change(cast.anna, deal_id, first, "quantity", "1,5", "3")
    assert (await _deal(storage, deal_id))["amount"] == 299_85 + 1350_00
    with pytest.raises(Conflict, match="edited_meanwhile") as refused:
        await sales.selling.change(cast.boris, deal_id, first, "quantity", "7", "3")
    assert refused.value.values["theirs"] == "1.5"
    await sales.selling.remove(cast.anna, deal_id, second)
    assert (await _deal(storage, deal_id))["amount"] == 299_85


async def test_a_product_in_another_currency_is_not_added(sales: Sales, cast: Cast) -> None:
    deal_id = await sales.deal(cast.anna, cast.romashka)
    lamp = await sales.arrangement.products.create(cast.dina, title="Lamp", currency="EUR")
    with pytest.raises(Invalid, match="other_currency"):
        await sales.selling.add(cast.anna, deal_id, product_id=lamp)


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_greater_discount_never_costs_more_and_none_is_the_whole_price(
    quantity: int, price: int, discount: int, other: int
) -> None:
    less, more = sorted((discount, other))
    assert line_total(quantity, price, more) <= line_total(quantity, price, less)
    assert abs(line_total(quantity, price, 0) * 1000 - quantity * price) <= 500
    assert line_total(quantity, price, 10_000) == 0


@given(st.integers(1, 10**9), st.integers(0, 10_000))
def test_what_is_written_of_a_line_is_read_as_it_was(quantity: int, discount: int) -> None:
    assert read_quantity(written_scaled(quantity, 1000)) == quantity
    assert read_discount(written_scaled(discount, 100).replace(".", ",") + " %") == discount


@pytest.mark.parametrize("written", ["", "0", "-1", "x", "1e99", "NaN", "inf"])
def test_what_is_no_quantity_is_refused(written: str) -> None:
    with pytest.raises(Invalid):
        read_quantity(written)


async def test_the_board_counts_sums_and_pages_each_column(
    storage: Storage, sales: Sales, cast: Cast, clock: ManualClock
) -> None:
    for number in range(5):
        wanted = NewDeal(f"Lamps {number}", cast.romashka, amount=100_00)
        await sales.deals.create(cast.anna, wanted)
        await clock.advance(1)
    new = sales.stage("New").id
    async with storage.read() as connection:
        columns = await read_board(
            connection, cast.anna, sales.deal_pipeline, RecordFilter(), clock.now(), limits={new: 2}
        )
    assert [column.stage.title for column in columns] == ["New", "Offer", "Contract", "Won", "Lost"]
    assert (columns[0].count, columns[0].sums, columns[0].more) == (5, (("RUB", 500_00),), 3)
    assert [card.title for card in columns[0].cards] == ["Lamps 4", "Lamps 3"]


async def test_the_board_shows_what_was_asked_for(
    storage: Storage, sales: Sales, cast: Cast, clock: ManualClock
) -> None:
    lamps = await sales.deal(cast.anna, cast.romashka, "Forty lamps")
    chairs = await sales.deal(cast.boris, cast.pavel, "Стулья")
    foreign = await sales.deal(cast.grigory, cast.pavel, "Tables")
    await clock.advance(timedelta(days=3).total_seconds())
    fresh = await sales.deal(cast.anna, cast.pavel, "Carpets")

    async def found(asked: RecordFilter) -> set[int]:
        async with storage.read() as connection:
            columns = await read_board(
                connection, cast.anna, sales.deal_pipeline, asked, clock.now()
            )
        return {card.id for column in columns for card in column.cards}

    assert await found(RecordFilter(whose=Whose.ME)) == {lamps, fresh}
    assert await found(RecordFilter(whose=Whose.TEAM)) == {lamps, chairs, fresh}
    assert await found(RecordFilter(stale=True)) == {lamps, chairs, foreign}
    assert await found(RecordFilter(search="стуль")) == {chairs}
    assert await found(RecordFilter(search="ромашка LAMPS")) == {lamps}
    assert await found(RecordFilter(search="9037654321")) == {chairs, foreign, fresh}


async def test_a_retired_stage_is_shown_while_something_stands_there(
    storage: Storage, sales: Sales, cast: Cast, clock: ManualClock
) -> None:
    deal_id = await sales.deal(cast.anna, cast.romashka)
    await sales.arrangement.stages.retire(cast.dina, sales.stage("New").id)

    async def titles() -> list[str]:
        async with storage.read() as connection:
            [pipeline] = await list_pipelines(connection, RecordKind.DEAL)
            board = await read_board(connection, cast.anna, pipeline, RecordFilter(), clock.now())
        return [column.stage.title for column in board]

    assert "New" in await titles()
    new = sales.stage("New").id
    await sales.deals.move(cast.anna, deal_id, sales.stage("Offer").id, before=new)
    assert "New" not in await titles()


async def test_the_last_stage_of_its_kind_and_the_last_pipeline_stay(
    sales: Sales, cast: Cast
) -> None:
    with pytest.raises(Conflict, match="last_stage"):
        await sales.arrangement.stages.retire(cast.dina, sales.stage("Won").id)
    with pytest.raises(Conflict, match="last_pipeline"):
        await sales.arrangement.pipelines.retire(cast.dina, sales.deal_pipeline.id)


async def test_stages_stand_as_they_were_put(storage: Storage, sales: Sales, cast: Cast) -> None:
    pipeline_id = sales.deal_pipeline.id
    made = await sales.arrangement.stages.create(cast.dina, pipeline_id, StagePlan("Talk", 20))
    offer, new = sales.stage("Offer").id, sales.stage("New").id
    await sales.arrangement.stages.arrange(cast.dina, pipeline_id, [offer, made, new])
    async with storage.read() as connection:
        [pipeline] = await list_pipelines(connection, RecordKind.DEAL)
    titles = [stage.title for stage in pipeline.in_use]
    assert titles == ["Offer", "Talk", "New", "Contract", "Won", "Lost"]
    with pytest.raises(NotFound):
        await sales.arrangement.stages.arrange(cast.dina, pipeline_id, [sales.stage("Fresh").id])


async def test_only_an_administrator_arranges_the_sales(sales: Sales, cast: Cast) -> None:
    with pytest.raises(Forbidden):
        await sales.arrangement.stages.edit(cast.grigory, sales.stage("New").id, title="Begin")


@pytest.mark.parametrize("scope", Scope)
async def test_a_deal_is_seen_and_changed_within_the_scope_of_the_role(
    scope: Scope, sales: Sales, cast: Cast, storage: Storage, clock: ManualClock
) -> None:
    by_owner = {
        Scope.OWN: await sales.deal(cast.anna, cast.pavel),
        Scope.TEAM: await sales.deal(cast.boris, cast.pavel),
        Scope.ALL: await sales.deal(cast.grigory, cast.pavel),
    }
    anna = with_scope(cast.anna, RecordKind.DEAL, scope)
    sees_only = with_scope(cast.anna, RecordKind.DEAL, scope, Action.EDIT)
    reached = {s for s in by_owner if list(Scope).index(s) <= list(Scope).index(scope)}
    new, offer = sales.stage("New").id, sales.stage("Offer").id
    async with storage.read() as connection:
        board = await read_board(connection, anna, sales.deal_pipeline, RecordFilter(), clock.now())
    assert {card.id for column in board for card in column.cards} == {
        by_owner[each] for each in reached
    }
    for whose, deal_id in by_owner.items():
        for actor, refusal in ((anna, NotFound), (sees_only, Forbidden)):
            if whose in reached:
                change_id = await sales.deals.move(actor, deal_id, offer, before=new)
                await sales.deals.undo_move(actor, deal_id, change_id)
            else:
                with pytest.raises(refusal):
                    await sales.deals.move(actor, deal_id, offer, before=new)


async def test_a_deal_of_a_key_client_is_kept_from_a_newcomer(
    storage: Storage, sales: Sales, cast: Cast
) -> None:
    deal_id = await sales.deal(cast.anna, cast.pavel)
    async with storage.write() as tx:
        await tx.execute(update(clients).where(clients.c.id == cast.pavel).values(is_key=True))
        await tx.execute(update(agents).where(agents.c.login == "boris").values(newcomer=True))
    async with storage.read() as connection:
        boris = await get_agent(connection, cast.boris.id)
        with pytest.raises(NotFound):
            await access_deal(connection, boris, deal_id)
        await access_deal(connection, cast.anna, deal_id)


async def test_a_deleted_deal_is_gone_until_it_is_brought_back(
    storage: Storage, sales: Sales, cast: Cast
) -> None:
    deal_id = await sales.deal(cast.anna, cast.romashka)
    with pytest.raises(Forbidden):
        await sales.deletion.delete(cast.boris, RecordKind.DEAL, deal_id)
    await sales.deletion.delete(cast.anna, RecordKind.DEAL, deal_id)
    async with storage.read() as connection:
        with pytest.raises(NotFound):
            await access_deal(connection, cast.anna, deal_id)
    with pytest.raises(NotFound):
        await sales.deletion.restore(cast.boris, RecordKind.DEAL, deal_id)
    await sales.deletion.restore(cast.anna, RecordKind.DEAL, deal_id)
    async with storage.read() as connection:
        await access_deal(connection, cast.anna, deal_id)


async def test_an_operator_gives_away_his_own_deals_only(
    storage: Storage, sales: Sales, cast: Cast
) -> None:
    deal_id = await sales.deal(cast.anna, cast.romashka)
    with pytest.raises(Forbidden):
        await sales.hand_over(cast.boris, RecordKind.DEAL, deal_id, cast.boris)
    await sales.hand_over(cast.anna, RecordKind.DEAL, deal_id, cast.boris)
    assert (await _deal(storage, deal_id))["owner_agent_id"] == cast.boris.id
