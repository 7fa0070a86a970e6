"""What the made-up office sells, to whom, and how far it has come; leads that wait for someone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crm_core.agents.people import Agent
from crm_core.agents.rights import RecordKind
from crm_core.catalogues import Catalogue, Catalogues
from crm_core.deals.arrangement import SalesArrangement
from crm_core.deals.pipelines import Pipeline, list_pipelines
from crm_core.deals.records import Deals, NewDeal
from crm_core.deals.selling import Selling
from crm_core.leads.records import Leads, NewLead, Party
from crm_core.storage.engine import Storage
from crm_core.tasks.about import About
from crm_core.tasks.next_step import NextStep
from crm_core.tasks.records import Tasks
from web.demo.exchange import COUNTRY
from web.demo.history import PastClock
from web.demo.tongues import CURRENCY_COUNTRY, in_language, money_in
from web.first_pipelines import first_plans

PRODUCTS = (
    ("Светильник потолочный «Купол»", 4_890_00, "шт."),
    ("Бра настенное «Лён»", 2_350_00, "шт."),
    ("Лента светодиодная, 5 м", 1_190_00, "шт."),
    ("Монтаж светильника", 900_00, "шт."),
    ("Выезд замерщика", 2_500_00, "раз"),
    ("Доставка по городу", 1_500_00, "раз"),
)
WORDS = {
    Catalogue.SOURCE: ("Сайт", "Звонок", "Рекомендация", "Выставка", "Яндекс Директ"),
    Catalogue.MARKETING_CAMPAIGN: ("Весна 2026", "Свет для кафе"),
    Catalogue.LOSS_REASON: ("Дорого", "Купили у других", "Передумали", "Не дозвониться", "Не наше"),
}


@dataclass(frozen=True, slots=True)
class DemoDeal:
    """`stage` counts from 0; `days` in it; `step`: (text, days from now), or none; `lines`:
    (product, how many, discount)."""

    client: str
    title: str
    owner: str
    stage: int
    days: int
    expected: int
    lines: tuple[tuple[int, str, str], ...] = ()
    amount: int = 0
    step: tuple[str, float] | None = None
    lost_because: str = ""


DEALS = (
    DemoDeal("ООО «Ромашка»", "Свет для нового склада", "anna", 1, 4, 12,
             ((0, "40", "5"), (3, "40", "")), step=("Узнать, что решили по смете", -0.1)),
    DemoDeal("ООО «Ромашка»", "Бра в приёмную", "anna", 0, 1, 20, ((1, "6", ""),),
             step=("Прислать каталог", 0.2)),
    DemoDeal("АО «Северный ветер»", "Подсветка фасада", "boris", 2, 17, -2, amount=1_240_000_00,
             step=("Получить подписанный договор", -1)),
    DemoDeal("ИП Кравцов А. А.", "Лента в витрины", "elena", 1, 2, 9,
             ((2, "25", "10"), (5, "1", "")), step=("Позвонить: устроила ли цена", 1)),
    DemoDeal("Строймаркет «Кирпич»", "Поставка на сезон", "pavel", 3, 3, 4, amount=860_000_00,
             step=("Проверить оплату", 0.1)),
    DemoDeal("Иван Петров", "Свет в квартиру", "anna", 0, 5, 30, ((0, "9", ""), (4, "1", ""))),
    DemoDeal("Мария Кузнецова", "Бра в спальню", "boris", 1, 1, 6, ((1, "2", ""),),
             step=("Сообщить срок доставки", 0.3)),
    DemoDeal("Сергей Смирнов", "Замер и монтаж", "anna", 0, 0, 14, ((4, "1", ""), (3, "12", "")),
             step=("Согласовать день замера", 1.1)),
    DemoDeal("Ольга Новикова", "Светильники для студии", "pavel", 2, 6, 10, ((0, "14", "7.5"),),
             step=("Согласовать отсрочку", 2)),
    DemoDeal("Екатерина Лебедева", "Лента для кухни", "kate", 1, 9, 3, ((2, "3", ""),)),
    DemoDeal("John Carter", "Lights for the London office", "kate", 2, 2, 25, amount=540_000_00,
             step=("Send the revised offer", 0.4)),
    DemoDeal("Hans Müller", "Musterlieferung", "kate", 3, 1, 2, ((1, "20", "15"),),
             step=("Проверить оплату", 1)),
    DemoDeal("Татьяна Соловьёва", "Доукомплектация", "olga", 4, 3, -3, ((0, "4", ""),)),
    DemoDeal("Андрей Васильев", "Свет для мастерской", "timur", 4, 8, -8, ((0, "10", ""),)),
    DemoDeal("Светлана Титова", "Свет в детскую", "boris", 5, 2, 0, ((1, "3", ""),),
             lost_because="Дорого"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DemoLead:
    """`hours` ago it came; `stage` counts from 0; without an owner it waits for somebody."""

    name: str
    request: str
    number: str
    hours: float
    source: str
    contact: str = ""
    owner: str = ""
    stage: int = 0
    step: tuple[str, float] | None = None


LEADS = (
    DemoLead("Кафе «Берег»", "Нужен свет на веранду, 12 столиков.\nОткрытие через три недели.",
             "8 916 204-11-07", 1.5, "Сайт", contact="Алина Рудакова"),
    DemoLead("Игорь Савин", "Сколько стоит замер в Химках?", "+7 925 330-18-40", 3,
             "Яндекс Директ"),
    DemoLead("Отель «Причал»", "Бра в 46 номеров, нужны образцы.", "8 (812) 600-40-12", 30,
             "Выставка", contact="Денис Морев", owner="anna", stage=1,
             step=("Отвезти образцы", 0.2)),
    DemoLead("Лидия Фомина", "Просит перезвонить про люстру", "8 903 118-77-20", 50, "Звонок",
             owner="boris", stage=1, step=("Перезвонить после шести", -0.3)),
    DemoLead("ООО «Линия»", "Свет в офис 300 м², есть проект", "+7 495 988-10-10", 75,
             "Рекомендация", contact="Ольга Ким", owner="elena", stage=2,
             step=("Узнать, когда решает директор", 2)),
    DemoLead("Tom Becker", "Do you ship to Riga?", "+371 2612 3456", 26, "Сайт", owner="kate",
             stage=1, step=("Answer about shipping", 0.5)),
    DemoLead("Школа танцев «Ритм»", "Световая лента по периметру зала", "8 926 410-09-09", 96,
             "Яндекс Директ", contact="Жанна Лис", owner="pavel", stage=2),
    DemoLead("Вера Ильина", "Ищет торшер, как на выставке", "8 977 640-02-31", 8, "Выставка"),
)  # fmt: skip


async def add_sales(
    storage: Storage, past: PastClock, staff: dict[str, Agent], known: dict[str, int], language: str
) -> None:
    """Pipelines, products, catalogues, deals of the clients that are `known` by name, and leads, as
    if made on their days."""
    present, plans = past.present, first_plans(language, CURRENCY_COUNTRY[language])
    arrangement, catalogues = SalesArrangement.of(storage, past), Catalogues(storage, past)
    await arrangement.pipelines.begin(plans)
    words = {
        (catalogue, title): await catalogues.create(None, catalogue, title=title, position=place)
        for catalogue, titles in in_language(WORDS, language).items()
        for place, title in enumerate(titles)
    }
    products = [
        await arrangement.products.create(
            None,
            title=title,
            currency=plans[RecordKind.DEAL].currency,
            price=money_in(price, language),
            unit=unit,
        )
        for title, price, unit in in_language(PRODUCTS, language)
    ]
    async with storage.read() as connection:
        [of_deals] = await list_pipelines(connection, RecordKind.DEAL)
        [of_leads] = await list_pipelines(connection, RecordKind.LEAD)
    for deal in in_language(DEALS, language):
        past.set(present - timedelta(days=deal.days * 2 + 1))
        reason = words.get((Catalogue.LOSS_REASON, deal.lost_because))
        made = _MadeDeal(storage, past, present, staff[deal.owner], of_deals, products, language)
        await made.of(deal, known[deal.client], reason)
    for lead in in_language(LEADS, language):
        past.set(present - timedelta(hours=lead.hours))
        source_id = words[Catalogue.SOURCE, lead.source]
        await _add_lead(storage, past, staff, of_leads, lead, source_id)
    past.set(present)


@dataclass(frozen=True, slots=True)
class _MadeDeal:
    storage: Storage
    past: PastClock
    present: datetime
    owner: Agent
    pipeline: Pipeline
    products: list[int]
    language: str

    async def of(self, deal: DemoDeal, client_id: int, reason_id: int | None) -> None:
        """The deal, its lines, its way to where it stands, and its next step."""
        deals, way = Deals(self.storage, self.past), self.pipeline.in_use
        expected_on = (self.present + timedelta(days=deal.expected)).date()
        deal_id = await deals.create(
            self.owner,
            NewDeal(
                deal.title,
                client_id,
                amount=money_in(deal.amount, self.language),
                expected_on=expected_on,
            ),
        )
        for product, quantity, discount in deal.lines:
            await Selling(self.storage, self.past).add(
                self.owner,
                deal_id,
                product_id=self.products[product],
                quantity=quantity,
                discount=discount,
            )
        if deal.stage:
            self.past.set(self.present - timedelta(days=deal.days, hours=1))
            for action in way[0].actions:
                await deals.tick(self.owner, deal_id, action.id, done=True)
            await deals.move(
                self.owner,
                deal_id,
                way[deal.stage].id,
                before=way[0].id,
                loss_reason_id=reason_id,
            )
        if deal.step:
            await _promise(self.storage, self.past, self.owner, deal.step, About(deal_id=deal_id))


async def _add_lead(
    storage: Storage,
    past: PastClock,
    staff: dict[str, Agent],
    pipeline: Pipeline,
    lead: DemoLead,
    source_id: int,
) -> None:
    leads, maker = Leads(storage, past, COUNTRY), staff[lead.owner or "vera"]
    kind = "organisation" if lead.contact else "person"
    party = Party(lead.name, kind, lead.contact, lead.number)
    wanted = NewLead(party, request=lead.request, source_id=source_id)
    lead_id = await leads.create(maker, wanted)
    if lead.stage:
        before, stage = pipeline.in_use[0], pipeline.in_use[lead.stage]
        past.set(past.now() + timedelta(hours=lead.hours / 3))
        await leads.move(maker, lead_id, stage.id, before=before.id)
    if lead.step:
        await _promise(storage, past, maker, lead.step, About(lead_id=lead_id))


async def _promise(
    storage: Storage, past: PastClock, agent: Agent, step: tuple[str, float], about: About
) -> None:
    """A next step, promised a little before it is due where it is late by now."""
    text, days = step
    due_at = (past.present + timedelta(days=days)).astimezone(UTC).replace(second=0, microsecond=0)
    past.set(min(past.now(), due_at - timedelta(hours=1)))
    await Tasks(storage, past).create(agent, NextStep(text, due_at, agent.id), about)
