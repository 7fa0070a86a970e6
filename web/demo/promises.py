"""What the made-up office has promised for the days to come, and what clients have promised it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from crm_core.agents.people import Agent
from crm_core.storage.engine import Storage
from crm_core.tasks.about import About
from crm_core.tasks.comments import Comments
from crm_core.tasks.next_step import NextStep, OwedBy, PromiseKind
from crm_core.tasks.records import Tasks
from crm_core.tasks.recurrence import Pattern, Recurrence
from web.demo.cast import VISITORS
from web.demo.history import PastClock
from web.demo.hours import ZONE, working_time
from web.demo.tongues import in_language


@dataclass(frozen=True, slots=True)
class DemoPromise:
    """`hours` from now; what is promised in the past is late already."""

    text: str
    hours: float
    kind: PromiseKind = PromiseKind.NEXT_STEP
    minutes: int = 0
    place: str = ""
    owed_by: OwedBy = OwedBy.US
    remind_seconds: int | None = None
    repeat: Recurrence | None = None
    comment: str = ""


PROMISES = (
    DemoPromise("Позвонить, как договаривались", 0.4, PromiseKind.CALL, remind_seconds=0),
    DemoPromise(
        "Показать образцы",
        3,
        PromiseKind.MEETING,
        60,
        "у них в офисе, 4 этаж",
        remind_seconds=3600,
        comment="Возьмите новый каталог, он на столе у Веры.",
    ),
    DemoPromise("Прислать подписанный договор", 2, owed_by=OwedBy.CLIENT),
    DemoPromise("Сверить взаиморасчёты", 26, repeat=Recurrence(Pattern.QUARTER)),
    DemoPromise(
        "Планёрка отдела",
        22,
        PromiseKind.MEETING,
        30,
        remind_seconds=600,
        repeat=Recurrence(Pattern.WEEK, weekdays=(1, 3)),
    ),
    DemoPromise("Узнать, дошёл ли заказ", -18),
)


async def add_promises(
    storage: Storage, past: PastClock, staff: dict[str, Agent], clients: list[int], language: str
) -> None:
    """Each visitor has a day to work through; every second promise is about a client."""
    tasks, comments = Tasks(storage, past), Comments(storage, past)
    present = past.present
    for turn, visitor in enumerate(VISITORS):
        agent = staff[visitor.login]
        for place, promise in enumerate(in_language(PROMISES, language)):
            due = _whole(present + timedelta(hours=promise.hours))
            due = working_time(due) if promise.hours > 0 else due
            past.set(min(present, due) - timedelta(hours=20))
            step = NextStep(
                promise.text,
                due,
                agent.id,
                kind=promise.kind,
                ends_at=due + timedelta(minutes=promise.minutes) if promise.minutes else None,
                place=promise.place,
                owed_by=promise.owed_by,
                remind_seconds=promise.remind_seconds,
                repeat=promise.repeat,
                zone=ZONE.key,
            )
            is_ours = promise.repeat is not None and promise.repeat.pattern is Pattern.WEEK
            about = About() if is_ours else About(clients[(turn * 5 + place) % len(clients)])
            task_id = await tasks.create(agent, step, about)
            if promise.comment:
                await comments.add(staff["vera"], task_id, promise.comment)
    past.set(present)


def _whole(at: datetime) -> datetime:
    """The next quarter of an hour: nobody promises for 10:59."""
    return at.replace(minute=0, second=0, microsecond=0) + timedelta(
        minutes=15 * (at.minute // 15 + 1)
    )
