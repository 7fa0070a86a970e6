"""What the forms about tasks ask alike: until when, and whose it is to be."""

from datetime import datetime
from typing import Final

from aiohttp import web

from crm_core.agents.people import Agent
from web.due_picks import DuePick, due_of
from web.forms import Form
from web.i18n import N_
from web.visits import services, visit

PICKS: Final = {
    DuePick.HOUR: N_("in an hour"),
    DuePick.TOMORROW: N_("tomorrow at 10"),
    DuePick.THREE_DAYS: N_("in three days"),
    DuePick.NEXT_WEEK: N_("on Monday"),
}
OWN_DATE: Final = "own"


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


def own_first(agents: list[Agent], actor: Agent) -> list[Agent]:
    """Everybody, oneself at the top."""
    return sorted(agents, key=lambda agent: agent.id != actor.id)
