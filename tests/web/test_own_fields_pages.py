"""Own fields on the pages: shaped by an administrator, filled on cards, hidden and put away."""

import pytest

from crm_core.agents.rights import RecordKind
from crm_core.audit import list_audit
from crm_core.custom_fields.reading import CustomField, list_fields
from crm_core.custom_fields.shaping import FieldPlan
from crm_core.custom_fields.types import FieldType
from crm_core.preferences import Preference, read_preference
from tests.web.browsing import Visitor
from tests.web.conftest import ClientAs, Office
from tests.web.sales import begin_sales

HERE = "/admin/fields"


async def fields_of(office: Office, kind: str = "client") -> dict[str, CustomField]:
    async with office.services.storage.read() as connection:
        return {each.title: each for each in await list_fields(connection, kind, active=None)}


async def field(
    office: Office, title: str, kind: FieldType = FieldType.TEXT, *, tab: str = "", **more: object
) -> CustomField:
    """One more field of clients, in a section of its own."""
    shaping, dina = office.services.shaping, office.cast.dina
    of = more.pop("of", RecordKind.CLIENT)
    assert isinstance(of, RecordKind)
    section = await shaping.sections.create(dina, of, title=f"S {title}", tab=tab)
    plan = FieldPlan(kind, title, currency="EUR", choices=("Cash", "Card"), **more)  # type: ignore[arg-type]
    await shaping.fields.create(dina, section, plan)
    return (await fields_of(office, of.value))[title]


async def fill(visitor: Visitor, at: str, own: CustomField, written: str, before: str = "") -> int:
    data = {"name": own.name, "written": written, "before": before}
    return (await visitor.post(f"/fields/{at}", data)).status


async def test_an_administrator_shapes_sections_fields_and_choices(
    office: Office, client_as: ClientAs
) -> None:
    dina = await client_as("dina")
    assert "There are no own fields yet" in (await dina.get(HERE)).words
    made = await dina.post(f"{HERE}/sections", {"of": "client", "title": "Pay", "tab": "Money"})
    assert "The section is added" in made.words
    for wrong in ({"title": " "}, {"tab": "x" * 101}):
        wanted = {"of": "client", "title": "Pay", **wrong}
        assert (await dina.post(f"{HERE}/sections", wanted)).status == 422
    here = f"{HERE}/sections/1"
    assert "What it holds" in (await dina.get(f"{here}/new")).words
    how = {"title": "How they pay", "type": "choice", "choices": "Cash\nCard\n\nCash"}
    await dina.post(f"{here}/fields", {**how, "hint": "As agreed", "hidden_from": "operator"})
    await dina.post(f"{here}/fields", {"title": "Limit", "type": "money", "currency": "eur"})
    for wrong in (
        {"type": "robot"},
        {"type": "money", "currency": "€"},
        {"type": "choice", "choices": " "},
        {"title": ""},
        {"hidden_from": "administrator"},
    ):
        answer = await dina.post(f"{here}/fields", {"title": "T", "type": "text", **wrong})
        assert answer.status == 422, wrong
    made_fields = await fields_of(office)
    how_field, limit = made_fields["How they pay"], made_fields["Limit"]
    assert [each.title for each in how_field.choices] == ["Cash", "Card"]
    assert (how_field.tab, limit.currency) == ("Money", "EUR")
    shown = await dina.get(HERE)
    assert "hidden from some" in shown.words
    preview = shown.text.partition("How it will look")[2]
    assert '<option value="2">Card</option>' in preview
    at = f"{HERE}/{how_field.id}"
    assert "As agreed" in (await dina.get(at)).text
    await dina.post(f"{at}/choices", {"title": "Barter"})
    assert (await dina.post(f"{at}/choices", {"title": "CASH"})).status == 422
    await dina.post(f"{at}/choices/3", {"title": "Goods"})
    await dina.post(f"{at}/choices/1", {"retire": "1"})
    await dina.post(f"{at}/choices/order", {"moved": "3", "to": "up"})
    await dina.post(at, {"title": "Payment", "hint": "", "section_id": str(how_field.section_id)})
    payment = (await fields_of(office))["Payment"]
    assert [(each.title, each.active) for each in payment.choices] == [
        *(("Goods", True), ("Card", True), ("Cash", False)),
    ]
    assert payment.hidden_from == frozenset()
    audit = (await dina.get("/admin/audit?subject=custom_field")).words
    assert "Card, Goods → Goods, Card" in audit


async def test_sections_and_fields_are_put_in_order_and_switched_off(
    office: Office, client_as: ClientAs
) -> None:
    dina, one, two = await client_as("dina"), await field(office, "One"), await field(office, "Two")
    await dina.post(f"{HERE}/sections/order?of=client", {"moved": two.section_id, "to": "up"})
    assert list(await fields_of(office)) == ["Two", "One"]
    order = {"ids": f"{one.section_id},{two.section_id}"}
    assert (await dina.post(f"{HERE}/sections/order?of=client", order)).json == {}
    assert list(await fields_of(office)) == ["One", "Two"]
    await dina.post(f"{HERE}/{two.id}", {"title": "Two", "section_id": str(one.section_id)})
    await dina.post(f"{HERE}/sections/{one.section_id}/order", {"moved": two.id, "to": "up"})
    assert list(await fields_of(office)) == ["Two", "One"]
    await dina.post(f"{HERE}/{one.id}/switch", {})
    await dina.post(f"{HERE}/sections/{two.section_id}/switch", {})
    shown = (await dina.get(HERE)).words
    assert shown.count("switched off") == 2
    await dina.post(f"{HERE}/{one.id}/switch", {"on": "1"})
    await dina.post(f"{HERE}/sections/{one.section_id}", {"title": "Both", "tab": "Far"})
    assert {each.tab for each in (await fields_of(office)).values()} == {"Far"}
    for strange in (f"{HERE}/999", f"{HERE}/sections/999/new"):
        assert (await dina.get(strange)).status == 404


@pytest.mark.parametrize(
    ("kind", "written", "said"),
    [
        (FieldType.NUMBER, "1234.5", "1,234.5"),
        (FieldType.MONEY, "99.5", "€99.50"),
        (FieldType.DATE, "2026-03-01", "Mar 1, 2026"),
        (FieldType.CHOICE, "2", "Card"),
        (FieldType.CHOICES, "1,2", "Cash, Card"),
        (FieldType.YES_NO, "1", "yes"),
        (FieldType.LINK, "example.com/a", "example.com/a"),
        (FieldType.TEXT, "<b>two</b>\nlines", "&lt;b&gt;two"),
    ],
)
async def test_what_is_filled_in_is_read_by_people_on_the_card_and_in_its_history(
    office: Office, client_as: ClientAs, kind: FieldType, written: str, said: str
) -> None:
    own, anna = await field(office, "Own one", kind), await client_as("anna")
    pavel = office.cast.pavel
    assert await fill(anna, f"client/{pavel}", own, written) == 200
    card = (await anna.get(f"/clients/{pavel}/card")).text
    assert "Own one" in card
    assert f'id="own-client-{pavel}-{own.id}" hidden' not in card
    history = (await anna.get(f"/clients/{pavel}/timeline?shown=changes")).text
    assert "Own one:" in history
    assert said in history
    assert "own_" not in history


async def test_an_empty_field_is_offered_by_its_name_to_whoever_may_fill_it(
    office: Office, client_as: ClientAs
) -> None:
    own, far = await field(office, "Passport"), await field(office, "Gate", tab="Delivery")
    anna, pavel = await client_as("anna"), office.cast.pavel
    card = (await anna.get(f"/clients/{pavel}")).text
    assert f'id="own-client-{pavel}-{own.id}" hidden' in card
    assert f'data-reveals="own-client-{pavel}-{own.id}"' in card
    assert f'data-reveals="own-client-{pavel}-{far.id}"' in card.partition('data-own-page="1"')[2]
    assert 'role="tab"' in card


async def test_what_is_hidden_from_operators_is_nowhere_for_them(
    office: Office, client_as: ClientAs
) -> None:
    own = await field(office, "Margin", hidden_from=["operator"])
    anna, vera, pavel = await client_as("anna"), await client_as("vera"), office.cast.pavel
    assert await fill(vera, f"client/{pavel}", own, "forty percent") == 200
    async with office.services.storage.read() as connection:
        (entry,) = await list_audit(connection, subject="client", subject_id=pavel)
    for visitor, sees in ((vera, True), (anna, False)):
        pages = (
            f"/clients/{pavel}",
            f"/clients/{pavel}/timeline?shown=changes",
        )
        for path in pages:
            assert ("Margin" in (await visitor.get(path)).text) is sees, path
        found = (await visitor.get("/search?q=forty percent")).words
        assert "Павел" not in found
    assert (
        f'data-undo-change="{entry.id}"'
        not in (await anna.get(f"/clients/{pavel}/timeline?shown=changes")).text
    )
    assert await fill(anna, f"client/{pavel}", own, "mine", "forty percent") == 422
    assert (await anna.post(f"/changes/{entry.id}/undo", {})).status == 404


async def test_leads_and_deals_have_fields_of_their_own(
    office: Office, client_as: ClientAs
) -> None:
    await begin_sales(office)
    anna = await client_as("anna")
    for kind in (RecordKind.DEAL, RecordKind.LEAD):
        own = await field(office, f"Of the {kind}", of=kind)
        data = {"title": "Lamps", "client_id": str(office.cast.pavel)}
        made = await anna.post(f"/{kind}s", data, follow=False)
        record = made.headers["Location"].rpartition("/")[2]
        assert await fill(anna, f"{kind}/{record}", own, "forty lamps of brass") == 200
        assert "forty lamps of brass" in (await anna.get(f"/{kind}s/{record}")).text
        assert f"/{kind}s/{record}" in (await anna.get("/search?q=lamps of brass")).text
        assert own.title not in (await anna.get(f"/clients/{office.cast.pavel}")).text


async def test_each_puts_away_for_himself_what_he_does_not_need(
    office: Office, client_as: ClientAs
) -> None:
    one, two = await field(office, "Alpha"), await field(office, "Beta")
    anna, boris = await client_as("anna"), await client_as("boris")
    here = f"/clients/{office.cast.pavel}/card"

    async def shown(visitor: Visitor) -> set[str]:
        card = (await visitor.get(here)).text
        return {each.title for each in (one, two) if f"-{each.id}-offer" in card}

    chosen = {"kind": "client", "section": [one.section_id, two.section_id], "field": [one.id]}
    await anna.post("/me/card", chosen)
    assert (await shown(anna), await shown(boris)) == ({"Alpha"}, {"Alpha", "Beta"})
    # A section that is put away takes its fields along, and forgets nothing of them.
    await anna.post("/me/card", {"kind": "client", "section": [one.section_id], "field": [one.id]})
    async with office.services.storage.read() as connection:
        kept = await read_preference(connection, office.cast.anna.id, Preference.CARD)
    assert kept == {"fields": [two.id], "sections": [two.section_id]}
    await anna.post("/me/card", {"kind": "client", "section": [one.section_id]})
    assert await shown(anna) == set()
    await anna.post(
        "/me/card",
        {"kind": "client", "section": [one.section_id, two.section_id], "field": [one.id, two.id]},
    )
    assert await shown(anna) == {"Alpha", "Beta"}
    await anna.post("/me/card", {"kind": "client"})
    assert await shown(anna) == set()
    await anna.post("/me/card", {"kind": "client", "reset": "1"})
    assert await shown(anna) == {"Alpha", "Beta"}
    async with office.services.storage.read() as connection:
        kept = await read_preference(connection, office.cast.anna.id, Preference.CARD)
    assert kept is None
