"""Administration of what is sold: products and services with unit, price and currency."""

from typing import Any

from aiohttp import web

from crm_core.deals.products import Product, get_product, list_products
from crm_core.errors import CrmError
from crm_core.money import read_amount, written_amount
from web.first_pipelines import currency_of
from web.forms import Form, read_form
from web.visits import go, page, person, services

HERE = "/admin/products"


async def index(request: web.Request) -> web.Response:
    """All of them by title, the retired last, and a form for one more."""
    return await _index(request, _blank(request))


async def create(request: web.Request) -> web.Response:
    """One more."""
    form = await read_form(request)
    try:
        await services(request).sales.products.create(person(request), **_values(form))
    except CrmError as refused:
        form.refused_by(refused)
        return await _index(request, form, status=422)
    return go(HERE, told="product_created")


async def edit(request: web.Request) -> web.Response:
    """The form of one."""
    one = await _one(request)
    price = written_amount(one.price, one.currency)
    form = Form.of(title=one.title, unit=one.unit, price=price, currency=one.currency)
    return page(request, "products/edit.html", one=one, form=form)


async def save(request: web.Request) -> web.Response:
    """Another title, unit, price, currency."""
    one, form = await _one(request), await read_form(request)
    try:
        await services(request).sales.products.edit(person(request), one.id, **_values(form))
    except CrmError as refused:
        form.refused_by(refused)
        return page(request, "products/edit.html", status=422, one=one, form=form)
    return go(HERE, told="product_saved")


async def retire(request: web.Request) -> web.Response:
    """Offer it no longer; the deals of the past keep it."""
    await read_form(request)
    await services(request).sales.products.retire(person(request), _id(request))
    return go(HERE, told="product_retired")


async def restore(request: web.Request) -> web.Response:
    """Offer it again."""
    await read_form(request)
    await services(request).sales.products.restore(person(request), _id(request))
    return go(HERE, told="product_restored")


def _values(form: Form) -> dict[str, Any]:
    """What was written; Invalid where the price is none in its currency."""
    currency = form.value("currency").strip().upper()
    return {
        "title": form.value("title"),
        "unit": form.value("unit"),
        "currency": currency,
        "price": read_amount("price", form.value("price"), currency),
    }


def _blank(request: web.Request) -> Form:
    return Form.of(currency=currency_of(services(request).settings.exchange.country))


async def _one(request: web.Request) -> Product:
    async with services(request).storage.read() as connection:
        return await get_product(connection, _id(request))


async def _index(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    async with services(request).storage.read() as connection:
        known = await list_products(connection, active=None)
    return page(
        request,
        "products/index.html",
        status=status,
        form=form,
        listed=[each for each in known if each.active],
        retired=[each for each in known if not each.active],
    )


def _id(request: web.Request) -> int:
    return int(request.match_info["product_id"])
