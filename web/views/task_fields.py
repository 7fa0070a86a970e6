"""What the forms about tasks ask alike: what, until when, about whom, and whose it is to be."""

from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from crm_core.agents.people import Agent
from crm_core.errors import Invalid
from crm_core.tasks.about import ABOUT, About
from crm_core.tasks.next_step import NextStep, OwedBy, PromiseKind
from crm_core.tasks.queries import TaskRow
from web.due_picks import DuePick, due_of
from web.formats import for_input
from web.forms import Form
from web.i18n import N_, Reader
from web.repeating import CHOICES, ENDINGS, read_repeat, weekday_names, written_repeat
from web.visits import services, visit

PICKS: Final = {
    DuePick.HOUR: N_("in an hour"),
    DuePick.TOMORROW: N_("tomorrow at 10"),
    DuePick.THREE_DAYS: N_("in three days"),
    DuePick.NEXT_WEEK: N_("on Monday"),
}
OWN_DATE: Final = "own"
KINDS: Final = {
    PromiseKind.NEXT_STEP: N_("Next step"),
    PromiseKind.CALL: N_("Call"),
    PromiseKind.MEETING: N_("Meeting"),
}
REMINDERS: Final = {
    0: N_("at the time"),
    600: N_("10 minutes before"),
    3600: N_("an hour before"),
    86400: N_("a day before"),
}
LASTING: Final = (15, 30, 45, 60, 90, 120, 180, 240, 480)
"""Minutes that a meeting usually takes."""
MEETING_MINUTES: Final = 60
LONGEST_MINUTES: Final = 14 * 24 * 60


def read_due(request: web.Request, form: Form) -> datetime | None:
    """The chosen quick pick, or the date written beside them; refusals go into the form."""
    reader = visit(request).reader
    if form.value("pick") in ("", OWN_DATE):
        return form.moment("due_at", reader, required=True)
    pick = form.choice("pick", DuePick)
    return due_of(pick, services(request).clock.now(), reader)


def read_assignee(form: Form) -> tuple[int | None, str | None]:
    """A person's id or a queue's name; refusals go into the form."""
    kind, _, name = form.value("assignee").partition(":")
    if kind == "queue" and name:
        return None, name
    if kind == "agent" and name.isascii() and name.isdecimal() and len(name) < 10:
        return int(name), None
    form.refuse("assignee", "required" if not kind else "not_a_choice")
    return None, None


def read_step(request: web.Request, form: Form, due_at: datetime | None) -> NextStep | None:
    """The promise but for whose it is; None, and refusals in the form, where it is none."""
    kind = form.choice("kind", PromiseKind) if form.value("kind") else PromiseKind.NEXT_STEP
    lasting = form.number("lasting", least=1, most=LONGEST_MINUTES, default=MEETING_MINUTES)
    remind = form.value("remind")
    if remind and remind not in {str(seconds) for seconds in REMINDERS}:
        form.refuse("remind", "not_a_choice")
    repeat = read_repeat(form)
    if not form.ok or due_at is None:
        return None
    meets = kind is PromiseKind.MEETING
    return NextStep(
        form.value("text"),
        due_at,
        kind=kind,
        ends_at=due_at + timedelta(minutes=lasting) if meets else None,
        place=form.value("place") if meets else "",
        owed_by=OwedBy.CLIENT if form.ticked("owed_by_client") else OwedBy.US,
        remind_seconds=int(remind) if remind else None,
        repeat=repeat,
        zone=visit(request).reader.time_zone,
    )


def read_about(form: Form) -> About:
    """Client, lead, deal and contact, as far as they were chosen."""
    return About(**{name: form.record_id(name) for name in ABOUT})


def form_of(task: TaskRow, reader: Reader) -> Form:
    """A task as its form shows it first."""
    minutes = MEETING_MINUTES
    if task.ends_at is not None:
        minutes = int((task.ends_at - task.due_at).total_seconds()) // 60
    repeat, weekdays = written_repeat(task.rrule)
    form = Form.of(
        text=task.text,
        due_at=for_input(reader, task.due_at),
        version=task.version,
        kind=task.kind,
        lasting=minutes,
        place=task.place,
        owed_by_client="1" if task.owed_by == OwedBy.CLIENT else "",
        remind=task.remind_seconds,
        pick=OWN_DATE,
        **repeat,
        **{name: getattr(task, name) for name in ABOUT},
    )
    form.several["weekday"] = weekdays
    return form


def choices(form: Form, reader: Reader) -> dict[str, Any]:
    """What the form offers: of a meeting's length also one that somebody has dragged it to."""
    written = form.value("lasting")
    own = (
        {int(written)} if written.isascii() and written.isdecimal() and len(written) < 6 else set()
    )
    return {
        "kinds": KINDS,
        "reminders": REMINDERS,
        "lasting": sorted({*LASTING, *own}),
        "patterns": CHOICES,
        "endings": ENDINGS,
        "weekdays": weekday_names(reader),
        "own_date": OWN_DATE,
    }


def refuse_first(form: Form) -> None:
    """Raise Invalid for what is wrong first, where it is a script that sent the form."""
    for field, refusal in form.errors.items():
        raise Invalid(field, refusal.code, **refusal.values)


def own_first(agents: list[Agent], actor: Agent) -> list[Agent]:
    """Everybody, oneself at the top."""
    return sorted(agents, key=lambda agent: agent.id != actor.id)
