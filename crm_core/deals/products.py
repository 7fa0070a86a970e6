"""What is sold: products and services with unit, price and currency."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.arranging import Arranging, only_known
from crm_core.agents.directory import Kind
from crm_core.agents.people import Agent
from crm_core.deals.tables import products
from crm_core.errors import NotFound
from crm_core.money import LARGEST_AMOUNT, checked_currency
from crm_core.wording import existing_id, line, whole


@dataclass(frozen=True, slots=True)
class Product:
    """`price` in the smallest unit of `currency`, for one `unit`."""

    id: int
    title: str
    unit: str
    price: int
    currency: str
    active: bool


async def list_products(
    connection: AsyncConnection, *, active: bool | None = True
) -> list[Product]:
    """By title; `active=None` includes the retired."""
    query = select(products).order_by(products.c.title, products.c.id)
    if active is not None:
        query = query.where(products.c.active == active)
    return [Product(**row) for row in (await connection.execute(query)).mappings()]


async def get_product(connection: AsyncConnection, product_id: int) -> Product:
    """One product, retired or not. Raises NotFound."""
    query = select(products).where(products.c.id == existing_id(product_id))
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(product_id=product_id)
    return Product(**row)


class Products(Arranging):
    """Commands on what is sold: products and services. Invalid: required, currency_bad,
    out_of_range."""

    table = products
    kind: Kind = "products"
    subject = "product"
    unique: Mapping[str, str] = {}

    async def create(
        self, actor: Agent | None, *, title: str, currency: str, price: int = 0, unit: str = ""
    ) -> int:
        """A new product's id; `price` in the smallest unit of `currency`."""
        given = {"title": title, "unit": unit, "price": price, "currency": currency}
        return await self._create(actor, {**_checked(given), "active": True})

    async def edit(self, actor: Agent | None, product_id: int, **fields: Any) -> None:
        """Change title, unit, price or currency; the lines of deals keep what they were sold as."""
        await self._change(actor, product_id, _checked(fields))


_OF_PRODUCTS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "title": lambda title: line("title", title, limit=300),
    "unit": lambda unit: line("unit", unit, limit=32, required=False),
    "price": lambda price: whole("price", price, least=0, most=LARGEST_AMOUNT),
    "currency": lambda currency: checked_currency("currency", currency),
}


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    only_known(fields, _OF_PRODUCTS)
    return {field: _OF_PRODUCTS[field](value) for field, value in fields.items()}
