"""A client with a past, for pictures: what was said, promised and missed in the last weeks."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, update

from crm_core.agents.rights import RecordKind
from crm_core.agents.tables import agents
from crm_core.calls.tables import call_talks, calls, wrap_ups
from crm_core.catalogues import Catalogue
from crm_core.clients.contact_points import PointKind
from crm_core.clients.queries import get_client
from crm_core.clients.tables import clients
from crm_core.clock import SystemClock
from crm_core.deals.pipelines import list_pipelines
from crm_core.deals.records import NewDeal
from crm_core.leads.records import NewLead, Party
from crm_core.storage.engine import Write
from crm_core.tasks.tables import tasks
from tests.cast import Cast
from tests.journeys.office import Perezvon

HELEN = "442079460958"
SHOWN_HOUR = 11  # a picture taken at night should not look like it

# days ago, hour, direction, outcome, talked seconds, who, what it was, note
_PAST = (
    (1, 16, "inbound", "answered", 372, "anna", "agreed", "Wants 40 wall lamps by June, 8 % off."),
    (1, 15, "inbound", "abandoned", 0, "", "", ""),
    (
        6,
        10,
        "outbound",
        "answered",
        184,
        "boris",
        "agreed",
        "Samples have arrived, likes the brass.",
    ),
    (13, 14, "outbound", "no_answer", 0, "", "", ""),
    (20, 12, "inbound", "answered", 541, "anna", "agreed", "Asked for the catalogue and samples."),
)


async def furnish_with_a_past(office: Perezvon) -> int:
    """Helen Marsh of Brightwater Hotels rings from HELEN; the id of the client."""
    cast, services = office.cast, office.services
    client_id = await services.clients.create(
        cast.anna, name="Brightwater Hotels", kind="organisation", number="+44 20 7946 0900"
    )
    await services.clients.add_contact(
        cast.anna, client_id, name="Helen Marsh", position="Purchasing", number="+44 20 7946 0958"
    )
    omar = await services.clients.create(cast.anna, name="Omar Haddad", number="+44 161 496 0012")
    for disposition, title in ((cast.agreed, "Order"), (cast.refused, "Not now")):
        await services.desks.dispositions.edit(None, disposition, title=title)
    now = SystemClock().now()
    async with services.storage.write() as tx:
        await _move_the_sun(tx, now)
        offer = await _task(
            tx, now, 3, "Send the revised offer: 40 lamps, 8 % off", cast, client_id
        )
        await _task(tx, now, 23, "Confirm the delivery date", cast, omar)
        for number, past in enumerate(_PAST):
            await _call(tx, office, client_id, f"past.{number}", now, past, offer)
    return client_id


async def furnish_a_card(office: Perezvon) -> int:
    """The same client as somebody knows him who has sold to him for years; his id."""
    client_id, cast, services = await furnish_with_a_past(office), office.cast, office.services
    async with services.storage.read() as connection:
        (helen,) = (await get_client(connection, client_id)).contacts
        [pipeline] = await list_pipelines(connection, RecordKind.DEAL)
    for kind, written, whose in (
        (PointKind.EMAIL, "helen.marsh@brightwater.example", helen.id),
        (PointKind.SITE, "brightwater.example", None),
        (PointKind.ADDRESS, "14 Harbour Street, London", None),
    ):
        await services.clients.add_point(cast.anna, client_id, kind, written, contact_id=whose)
    await services.clients.add_entity(
        cast.anna, client_id, country="GB", name="Brightwater Hotels Ltd", register="08123456"
    )
    for catalogue, title, field in (
        (Catalogue.RELATION, "Buyer", "relation_id"),
        (Catalogue.CATEGORY, "A", "category_id"),
        (Catalogue.INDUSTRY, "Hotels", "industry_id"),
    ):
        entry = await services.catalogues.create(cast.dina, catalogue, title=title)
        await services.edits.change(cast.anna, "client", client_id, field, str(entry), "")
    await services.clients.add_note(
        cast.boris, client_id, "The new wing opens in June: 46 rooms, brass throughout."
    )
    wanted = NewDeal("Wall lamps, 46 rooms", client_id, amount=1_840_000, currency="EUR")
    deal_id = await services.deals.create(cast.anna, wanted)
    way = pipeline.in_use
    await services.deals.move(cast.anna, deal_id, way[1].id, before=way[0].id)
    await office.services.bus.settled()
    return client_id


async def _move_the_sun(tx: Write, now: datetime) -> None:
    """Everybody lives where it is late in the morning."""
    offset = (SHOWN_HOUR - now.hour + 12) % 24 - 12
    await tx.execute(update(agents).values(time_zone=f"Etc/GMT{-offset:+d}", language="en"))


async def _task(tx: Write, now: datetime, hours: int, text: str, cast: Cast, client_id: int) -> int:
    made = await tx.execute(
        insert(tasks).values(
            kind="next_step",
            text=text,
            assignee_agent_id=cast.anna.id,
            client_id=client_id,
            due_at=now.replace(minute=0) + timedelta(hours=hours),
            created_at=now - timedelta(days=1),
        )
    )
    return int(made.inserted_primary_key[0])


async def _call(
    tx: Write,
    office: Perezvon,
    client_id: int,
    call_id: str,
    now: datetime,
    past: tuple[int, int, str, str, int, str, str, str],
    task_id: int,
) -> None:
    days, hour, direction, outcome, seconds, who, what, note = past
    began = now - timedelta(days=days, hours=SHOWN_HOUR - hour, minutes=days * 7 % 50)
    answered = began + timedelta(seconds=9)
    ended = answered + timedelta(seconds=seconds)
    await tx.execute(
        insert(calls).values(
            call_id=call_id,
            direction=direction,
            caller=f"+{HELEN}",
            number=f"+{HELEN}",
            dialled="74951000201",
            outcome=outcome,
            queue="sales",
            client_id=client_id,
            started_at=began.astimezone(UTC),
            answered_at=answered if seconds else None,
            ended_at=ended,
            wait_seconds=9,
            talk_seconds=seconds,
        )
    )
    if not who:
        return
    agent_id = getattr(office.cast, who).id
    await tx.execute(
        insert(call_talks).values(
            call_id=call_id,
            interface="PJSIP/101",
            agent_id=agent_id,
            started_at=answered,
            ended_at=ended,
        )
    )
    await tx.execute(
        insert(wrap_ups).values(
            call_id=call_id,
            agent_id=agent_id,
            started_at=ended,
            finished_at=ended + timedelta(seconds=20),
            ending="saved",
            disposition_id=getattr(office.cast, what),
            note=note,
            task_id=task_id if days == 1 else None,
        )
    )


# with whom (else that client), kind, hours from now, text, what else
_DAY: tuple[tuple[str, str, float, str, dict[str, object]], ...] = (
    ("", "callback", -0.4, "", {"number": f"+{HELEN}", "call_count": 2}),
    ("Priya Nair", "call", -0.1, "Ask whether the brass samples have arrived", {}),
    ("Corner Bakery", "next_step", -2, "Send the revised offer", {}),
    ("Elm Street School", "next_step", -1, "Signed contract back?", {"owed_by": "client"}),
    ("", "meeting", 2, "Walk through with the electrician", {"place": "Lobby, Strand 112"}),
)


async def furnish_a_day(office: Perezvon, client_id: int) -> None:
    """Anna has a day before her, that client first; two things of it are done."""
    cast, now = office.cast, SystemClock().now()
    create = office.services.clients.create
    ids = {name: await create(cast.boris, name=name) for name, *_ in _DAY if name}
    async with office.services.storage.write() as tx:
        await tx.execute(update(tasks).values(due_at=now + timedelta(days=2)))
        for name, kind, hours, text, values in _DAY:
            due = now.replace(second=0, microsecond=0) + timedelta(hours=hours)
            row = {"client_id": ids.get(name, client_id), **values}
            row["ends_at"] = due + timedelta(hours=1) if kind == "meeting" else None
            await _promise(tx, cast, now, kind=kind, text=text, due_at=due, **row)
        for text in ("Order the lamps", "Call Omar Haddad"):
            values = {"done_at": now, "done_by": cast.anna.id, "ending": "done"}
            await _promise(tx, cast, now, kind="next_step", text=text, due_at=now, **values)
    client = Party(name="Nora Lind", number="+46 8 123 456 78")
    lead = NewLead(title="Lights for a new bakery", party=client)
    await office.services.leads.create(cast.anna, lead)
    await office.services.clients.create(cast.anna, name="Harbour Books", kind="organisation")
    async with office.services.storage.write() as tx:
        long_ago = now - timedelta(days=90)
        quiet = clients.c.name == "Harbour Books"
        await tx.execute(update(clients).where(quiet).values(client_since=long_ago))


async def _promise(tx: Write, cast: Cast, now: datetime, **values: object) -> None:
    row = {"assignee_agent_id": cast.anna.id, "created_at": now - timedelta(days=1), **values}
    await tx.execute(insert(tasks).values(**row))
