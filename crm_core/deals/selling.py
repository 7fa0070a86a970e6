"""The lines of a deal, each changed by itself; their sum is its amount."""

from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clock import Clock
from crm_core.deals import moving
from crm_core.deals.access import access_deal
from crm_core.deals.lines import (
    MOST_LINES,
    WHOLE_QUANTITY,
    DealLine,
    checked_total,
    read_discount,
    read_quantity,
    written_scaled,
)
from crm_core.deals.moving import DEALS, Row
from crm_core.deals.records import deal_changed
from crm_core.deals.tables import deal_lines, deals, products
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.money import read_amount, written_amount
from crm_core.storage.engine import Storage, Write
from crm_core.wording import existing_id, line


async def list_lines(connection: AsyncConnection, deal_id: int) -> list[DealLine]:
    """The lines of a deal in their order; whoever asks has been let in by the deal's door."""
    rows = (await connection.execute(_lines(deal_id))).mappings()
    return [DealLine(**{field: row[field] for field in DealLine.__slots__}) for row in rows]


class Selling:
    """Commands on the lines of deals. What is written is read as people write it."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def add(
        self,
        actor: Agent,
        deal_id: int,
        *,
        product_id: int | None = None,
        title: str = "",
        quantity: str = "1",
        price: str = "",
        discount: str = "",
    ) -> int:
        """One more line's id, of a product at its price, or of what is in no list.

        Invalid: required, not_a_choice, other_currency (with the product's), not_a_quantity,
        not_an_amount, not_a_discount, amount_too_large, too_many_lines.
        """
        async with self._storage.write() as tx:
            deal = await self._deal(tx, actor, deal_id)
            known = await list_lines(tx.connection, deal_id)
            if len(known) >= MOST_LINES:
                raise Invalid("title", "too_many_lines", most=MOST_LINES)
            sold = await _product(tx, product_id, deal["currency"])
            values = {
                "product_id": product_id,
                "title": line("title", title or sold["title"], limit=300),
                "quantity": read_quantity(quantity or "1"),
                "unit": sold["unit"],
                "price": _price(price, deal) if price.strip() else sold["price"],
                "discount": read_discount(discount),
                "position": max((each.position for each in known), default=0) + 1,
            }
            made = await tx.execute(insert(deal_lines).values(deal_id=deal_id, **values))
            await self._changed(tx, actor, deal, "line_added", title=values["title"])
        return int(made.inserted_primary_key[0])

    async def change(
        self, actor: Agent, deal_id: int, line_id: int, name: str, written: str, before: str
    ) -> None:
        """Write title, quantity, unit, price or discount anew, if it still is what the writer saw
        (`before`, as he would write it): else Conflict("edited_meanwhile")."""
        async with self._storage.write() as tx:
            deal = await self._deal(tx, actor, deal_id)
            row = await _line(tx, deal_id, line_id)
            value = _read(name, written, deal)
            if value == row[name]:
                return
            if _read(name, before, deal) != row[name]:
                theirs = _written(name, row[name], deal)
                raise Conflict("edited_meanwhile", theirs=theirs, agent_name="")
            chosen = update(deal_lines).where(deal_lines.c.id == line_id)
            await tx.execute(chosen.values(**{name: value}))
            said = [_written(name, each, deal) for each in (row[name], value)]
            await self._changed(tx, actor, deal, "line_edited", **{name: said})

    async def remove(self, actor: Agent, deal_id: int, line_id: int) -> None:
        """Take the line out. Raises NotFound."""
        async with self._storage.write() as tx:
            deal = await self._deal(tx, actor, deal_id)
            row = await _line(tx, deal_id, line_id)
            await tx.execute(delete(deal_lines).where(deal_lines.c.id == line_id))
            await self._changed(tx, actor, deal, "line_removed", title=row["title"])

    async def _deal(self, tx: Write, actor: Agent, deal_id: int) -> dict[str, Any]:
        await access_deal(tx.connection, actor, deal_id, Action.EDIT)
        return await moving.row_of(tx, DEALS, deal_id)

    async def _changed(
        self, tx: Write, actor: Agent, deal: Row, action: str, **details: Any
    ) -> None:
        """The sum of the lines is the amount; the last line that goes leaves the amount."""
        now, lines = self._clock.now(), await list_lines(tx.connection, deal["id"])
        amount = checked_total(each.total for each in lines) if lines else deal["amount"]
        await audit.record(tx, now, actor.id, action, "deal", deal["id"], **details)
        mine = update(deals).where(deals.c.id == deal["id"])
        await tx.execute(mine.values(amount=amount, updated_at=now, version=deals.c.version + 1))
        await deal_changed(tx, deal)


async def has_lines(connection: AsyncConnection, deal_id: int) -> bool:
    """Whether the amount is a sum, and not to be written by hand."""
    query = select(func.count()).where(deal_lines.c.deal_id == deal_id)
    return bool((await connection.execute(query)).scalar_one())


def _lines(deal_id: int) -> Select[Any]:
    query = select(deal_lines).where(deal_lines.c.deal_id == deal_id)
    return query.order_by(deal_lines.c.position, deal_lines.c.id)


async def _line(tx: Write, deal_id: int, line_id: int) -> Row:
    mine = (deal_lines.c.id == existing_id(line_id)) & (deal_lines.c.deal_id == deal_id)
    row = (await tx.execute(select(deal_lines).where(mine))).mappings().one_or_none()
    if row is None:
        raise NotFound(line_id=line_id)
    return dict(row)


async def _product(tx: Write, product_id: int | None, currency: str) -> Row:
    if product_id is None:
        return {"title": "", "unit": "", "price": 0}
    query = select(products).where(products.c.id == existing_id(product_id), products.c.active)
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        raise Invalid("product", "not_a_choice")
    if row["currency"] != currency:
        raise Invalid("product", "other_currency", currency=row["currency"])
    return dict(row)


def _price(written: str, deal: Row) -> int:
    return read_amount("price", written, deal["currency"])


def _read(name: str, written: str, deal: Row) -> Any:
    if name == "title":
        return line("title", written, limit=300)
    if name == "unit":
        return line("unit", written, limit=32, required=False)
    if name == "quantity":
        return read_quantity(written)
    if name == "price":
        return _price(written, deal)
    if name == "discount":
        return read_discount(written)
    raise Invalid(name, "unknown_field")


def _written(name: str, value: Any, deal: Row) -> str:
    if name == "price":
        return written_amount(value, deal["currency"])
    scale = {"quantity": WHOLE_QUANTITY, "discount": 100}.get(name)
    return written_scaled(value, scale) if scale else str(value)
