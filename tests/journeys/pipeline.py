"""An office that sells: deals on their way, as one would find them on a Tuesday."""

from datetime import datetime, timedelta

from sqlalchemy import update

from crm_core.agents.rights import RecordKind
from crm_core.clock import SystemClock
from crm_core.deals.pipelines import list_pipelines
from crm_core.deals.records import NewDeal
from crm_core.deals.tables import deals
from crm_core.tasks.about import About
from crm_core.tasks.next_step import NextStep
from crm_core.tasks.tables import tasks
from tests.journeys.office import Perezvon

# client, deal, owner, stage, amount, days there, days until it is expected, next step and its hours
_DEALS = (
    ("Brightwater Hotels", "Wall lamps, 46 rooms", "anna", 1, 18_400, 2, 12, "Revised offer", 3),
    ("Brightwater Hotels", "Terrace lights", "anna", 0, 5_200, 1, 30, "Send the catalogue", 26),
    ("Nordlys Kindergartens", "Ceiling lights", "boris", 2, 31_750, 5, 9, "Signed contract?", -5),
    ("Marta Weiss", "Kitchen and hall", "anna", 1, 2_980, 1, 6, "Agree the measuring day", 20),
    ("Café Lumen", "Strips for the counter", "boris", 0, 1_240, 6, 20, "", 0),
    ("Harbour Books", "Reading lamps", "anna", 3, 7_600, 2, 3, "Check the payment", 2),
    ("Castell Architects", "Office, 300 m²", "boris", 1, 44_900, 9, 25, "Call the director", 50),
    ("Omar Haddad", "Pendant lamps", "anna", 2, 3_300, 3, 8, "Deposit invoice", 6),
    ("Ferry & Sons", "Workshop lights", "boris", 0, 9_800, 0, 40, "Ask for the plan", 28),
    ("Villa Rosso", "Garden", "anna", 3, 12_150, 1, 2, "Check the payment", 24),
    ("Tilda Berg", "Nursery", "boris", 4, 890, 3, -3, "", 0),
    ("Studio Kvadrat", "Showroom rails", "anna", 4, 15_300, 6, -6, "", 0),
    ("Pavilion Rentals", "Event lights", "boris", 5, 22_000, 4, 0, "", 0),
)


async def furnish_a_pipeline(office: Perezvon) -> None:
    """Fill the first pipeline of deals."""
    cast, now, services = office.cast, SystemClock().now(), office.services
    async with services.storage.read() as connection:
        [pipeline] = await list_pipelines(connection, RecordKind.DEAL)
    ids: dict[str, int] = {}
    for name, title, owner, stage, amount, days, expected, step, hours in _DEALS:
        agent = getattr(cast, owner)
        if name not in ids:
            kind = "person" if name in ("Marta Weiss", "Omar Haddad", "Tilda Berg") else ""
            ids[name] = await services.clients.create(
                cast.anna, name=name, kind=kind or "organisation"
            )
        wanted = NewDeal(
            title,
            ids[name],
            amount=amount * 100,
            currency="EUR",
            expected_on=(now + timedelta(days=expected)).date(),
        )
        deal_id = await services.deals.create(agent, wanted)
        way = pipeline.in_use
        if stage:
            await services.deals.move(agent, deal_id, way[stage].id, before=way[0].id)
        if step:
            due_at = now + timedelta(hours=max(hours, 1))
            promised = NextStep(step, due_at, agent.id)
            task_id = await services.tasks.create(agent, promised, About(deal_id=deal_id))
            await _promised_for(office, task_id, now + timedelta(hours=hours))
        await _since(office, deal_id, now - timedelta(days=days, hours=2))


async def _since(office: Perezvon, deal_id: int, moment: datetime) -> None:
    async with office.services.storage.write() as tx:
        chosen = update(deals).where(deals.c.id == deal_id)
        await tx.execute(chosen.values(stage_since=moment))


async def _promised_for(office: Perezvon, task_id: int, due_at: datetime) -> None:
    async with office.services.storage.write() as tx:
        await tx.execute(update(tasks).where(tasks.c.id == task_id).values(due_at=due_at))
