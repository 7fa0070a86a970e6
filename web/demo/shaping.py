"""What the made-up office writes down beside what every office does: own fields, and tags."""

from collections.abc import Mapping
from typing import Final

from crm_core.agents.people import Agent
from crm_core.agents.rights import RecordKind
from crm_core.clients.editable import client_editables
from crm_core.custom_fields.reading import CustomField, list_fields
from crm_core.custom_fields.shaping import FieldPlan, Shaping
from crm_core.custom_fields.types import FieldType
from crm_core.editing.edits import Edits
from crm_core.lists.saved_views import SavedViews, ViewState
from crm_core.lists.shapes import ListName
from crm_core.storage.engine import Storage
from crm_core.tags.colours import Colour
from crm_core.tags.keeping import TagKeeping
from crm_core.tags.tagging import Tagging
from web.demo.exchange import COUNTRY
from web.demo.history import PastClock
from web.demo.tongues import in_language

TEXT, CHOICE, CHOICES = FieldType.TEXT, FieldType.CHOICE, FieldType.CHOICES
SECTIONS: Final = (
    (
        RecordKind.CLIENT,
        "",
        "Условия",
        (
            FieldPlan(CHOICE, "Оплата", choices=("Предоплата", "По факту", "Отсрочка 14 дней")),
            FieldPlan(FieldType.MONEY, "Кредитный лимит", currency="RUB"),
            FieldPlan(
                FieldType.NUMBER, "Скидка, %", hint="Больше 15 — только с начальником отдела"
            ),
            FieldPlan(FieldType.DATE, "Договор до"),
            FieldPlan(FieldType.LINK, "Папка с документами", hint="https://"),
            FieldPlan(TEXT, "Надёжность", hidden_from=("operator",)),
        ),
    ),
    (
        RecordKind.CLIENT,
        "Доставка",
        "Куда и как",
        (
            FieldPlan(TEXT, "Как проехать", hint="Въезд, шлагбаум, кому звонить"),
            FieldPlan(CHOICES, "Дни приёмки", choices=("пн", "вт", "ср", "чт", "пт", "сб", "вс")),
            FieldPlan(FieldType.YES_NO, "Нужен пропуск"),
        ),
    ),
    (
        RecordKind.DEAL,
        "",
        "Объект",
        (
            FieldPlan(CHOICE, "Помещение", choices=("Квартира", "Офис", "Склад", "Кафе", "Улица")),
            FieldPlan(FieldType.NUMBER, "Площадь, м²"),
        ),
    ),
    (RecordKind.LEAD, "", "Запрос", (FieldPlan(FieldType.DATE, "Нужно к"),)),
)
FILLED: Final[Mapping[str, Mapping[str, str]]] = {
    "ООО «Ромашка»": {
        "Оплата": "3",
        "Кредитный лимит": "300000",
        "Скидка, %": "7,5",
        "Договор до": "2027-01-31",
        "Папка с документами": "disk.example/romashka",
        "Как проехать": "Въезд со двора, шлагбаум. Охрана: доб. 15.",
        "Дни приёмки": "1,3,5",
        "Нужен пропуск": "1",
    },
    "АО «Северный ветер»": {"Оплата": "1", "Скидка, %": "12"},
    "Иван Петров": {"Как проехать": "Третий подъезд, домофон 41."},
}
"""Written as people write it, by client and title."""
COLOURS: Final = {"VIP": Colour.YELLOW, "дизайнер": Colour.VIOLET, "опт": Colour.BLUE}
TAGGED: Final = {
    "ООО «Ромашка»": ("VIP", "опт"),
    "АО «Северный ветер»": ("опт", "тендер"),
    "Иван Петров": ("дизайнер",),
    "Ольга Новикова": ("дизайнер",),
    "Hans Müller": ("VIP",),
}


async def add_own_fields(
    storage: Storage,
    past: PastClock,
    staff: Mapping[str, Agent],
    known: Mapping[str, int],
    language: str,
) -> None:
    """Fields, what stands in some of them, and tags, of the clients that are `known` by name."""
    shaping = Shaping.of(storage, past)
    for kind, tab, title, plans in in_language(SECTIONS, language):
        section_id = await shaping.sections.create(None, kind, title=title, tab=tab)
        for plan in plans:
            await shaping.fields.create(None, section_id, plan)
    async with storage.read() as connection:
        fields = {each.title: each for each in await list_fields(connection, "client")}
    await _fill(storage, past, staff["anna"], known, fields, in_language(FILLED, language))
    tagging, keeping = Tagging(storage, past), TagKeeping(storage, past)
    made = {}
    for name, titles in in_language(TAGGED, language).items():
        for title in titles:
            made[title], _ = await tagging.tag(staff["anna"], "client", known[name], title)
    for title, colour in in_language(COLOURS, language).items():
        await keeping.paint(None, made[title].id, colour)
    vip = ViewState({"tag": str(made["VIP"].id)}, ("name", "tags", "owner", "step", "talk"), "name")
    await SavedViews(storage, past).create(
        staff["vera"],
        ListName.CLIENTS,
        in_language("VIP: кто ими занят", language),
        vip,
        shared=True,
    )


async def _fill(
    storage: Storage,
    past: PastClock,
    agent: Agent,
    known: Mapping[str, int],
    fields: Mapping[str, CustomField],
    filled: Mapping[str, Mapping[str, str]],
) -> None:
    edits = Edits(storage, past, client_editables(COUNTRY))
    for name, values in filled.items():
        for title, written in values.items():
            await edits.change(agent, "client", known[name], fields[title].name, written, "")
