"""Everything behind the live screens, built together."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from crm_core.agents.directory import DirectoryChanged
from crm_core.agents.rolls import AgentStatus
from crm_core.agents.roster import Roster
from crm_core.clock import Clock
from crm_core.events import (
    AgentStateChanged,
    CallbackEscalated,
    LeadChanged,
    ReminderDue,
    RoleChanged,
    TaskChanged,
    TaskDone,
)
from crm_core.storage.engine import Storage
from screenpop.board import Board
from screenpop.floor import HEARD, Floor
from screenpop.hub import EVERYONE, FLOOR, Hub, workplace_of
from screenpop.messages import Put, Refresh
from screenpop.outbox import Closing
from screenpop.presence import Presence
from screenpop.presenter import SERVICE, OperatorStatus, Presenter
from screenpop.record_screens import RecordScreens
from screenpop.records import ScreenRecords
from screenpop.settings import ScreenpopSettings
from web.frames import Frames
from web.office_lists import OfficeLists
from web.rendering import Rendering

LATE_CALLBACKS = "floor-callbacks"
"""The panel of the floor that is fetched anew when a task changes."""
REMINDERS = "reminders"
"""The cards in the corner of every page."""
DAY_TOPIC, DAY = "day", "day"
"""Who works through My day hears of it on a topic of its own: the element is fetched anew."""


@dataclass(frozen=True, slots=True)
class Screens:
    """The hub of connections, the presenter that feeds it, and the frames they are sent as."""

    hub: Hub
    presenter: Presenter
    presence: Presence
    records: RecordScreens
    floor: Floor
    frames: Frames
    lists: OfficeLists
    settings: ScreenpopSettings
    clock: Clock
    seats: Callable[[], list[AgentStateChanged]]

    def handlers(self) -> Mapping[type, Callable[[Any], Awaitable[None]]]:
        """What the screens hear: subscribe them to the bus under one name, after all who record."""
        return {**self.presenter.handlers(), **self._own_handlers()}

    def _own_handlers(self) -> Mapping[type, Callable[[Any], Awaitable[None]]]:
        return {
            DirectoryChanged: self._on_directory_changed,
            RoleChanged: self._on_role_changed,
            ReminderDue: self._on_reminder_due,
        }

    def floor_handlers(self) -> Mapping[type, Callable[[Any], Awaitable[None]]]:
        """What the live floor hears: a subscriber of its own, so that cards never wait for it."""
        tasks = (TaskChanged, TaskDone, CallbackEscalated)
        return {
            **dict.fromkeys(HEARD, self._on_floor_fact),
            **dict.fromkeys(tasks, self._on_task_fact),
            LeadChanged: self._on_lead_fact,
        }

    async def start(self) -> None:
        """Read the lists and bring back the forms that are owed; before the exchange is heard."""
        await self.lists.read()
        await self.presenter.restore()
        for seat in self.seats():
            self.floor.feed(seat)

    async def run(self) -> None:
        """Tell every page, for ever, that the server lives."""
        while True:
            await self.clock.sleep(self.settings.beat_seconds)
            self.hub.beat()

    async def close(self) -> None:
        """Say on every page that we restart, and end its connection so that it comes back by
        itself; stop reading."""
        self.hub.send(EVERYONE, Put("restarting", SERVICE, "layout/_restarting.html", None))
        self.hub.close_all(Closing.RESTARTING)
        await self.presenter.close()

    async def _on_floor_fact(self, fact: object) -> None:
        for change in self.floor.feed(fact):
            self.hub.send(FLOOR, change)

    async def _on_task_fact(self, fact: object) -> None:
        self.hub.send(FLOOR, Refresh(LATE_CALLBACKS))
        self.hub.send(DAY_TOPIC, Refresh(DAY))

    async def _on_lead_fact(self, fact: LeadChanged) -> None:
        self.hub.send(DAY_TOPIC, Refresh(DAY))

    async def _on_reminder_due(self, fact: ReminderDue) -> None:
        self.hub.send(workplace_of(fact.agent_id), Refresh(REMINDERS))

    async def _on_directory_changed(self, fact: DirectoryChanged) -> None:
        await self.lists.read()
        self.frames.forget()

    async def _on_role_changed(self, fact: RoleChanged) -> None:
        # The tab comes back by itself, and sees what the new role may see.
        self.hub.close_agent(fact.agent_id, Closing.ROLE_CHANGED)


class _Seating:
    """Who sits where by the roster, and everybody's name by the lists."""

    def __init__(self, roster: Roster, lists: OfficeLists) -> None:
        self._roster = roster
        self._lists = lists

    def agent_at(self, interface: str) -> int | None:
        return self._roster.agent_at(interface)

    def interface_of(self, agent_id: int) -> str | None:
        return self._roster.interface_of(agent_id)

    def name_of(self, agent_id: int) -> str:
        return self._lists.name_of(agent_id)


def _status(roster: Roster, agent_id: int) -> OperatorStatus | None:
    now = roster.status_of(agent_id)
    if now is None:
        return None
    return OperatorStatus(
        now.agent_id, now.state, now.reason, now.since, now.extension, now.pending
    )


def make_screens(
    storage: Storage,
    clock: Clock,
    rendering: Rendering,
    roster: Roster,
    *,
    country: str,
    build: str,
    settings: ScreenpopSettings | None = None,
) -> Screens:
    """Make the screens; nothing runs yet. `build` names the version of the page's scripts."""
    settings = settings or ScreenpopSettings()
    hub, lists = Hub(), OfficeLists(storage)
    seating = _Seating(roster, lists)
    records, board = ScreenRecords(storage, country, seating), Board(seating)
    floor = Floor(seating, lambda call_id: _client_name(board, call_id))

    def recognise(call_id: str) -> None:
        for change in floor.recognise(call_id):
            hub.send(FLOOR, change)

    return Screens(
        hub=hub,
        presenter=Presenter(
            board, hub, records, clock, settings, lambda who: _status(roster, who), recognise
        ),
        presence=Presence(),
        records=RecordScreens(storage, hub),
        floor=floor,
        frames=Frames(rendering, lists, clock.now, build),
        lists=lists,
        settings=settings,
        clock=clock,
        seats=lambda: [_told(status) for status in roster.states()],
    )


def _client_name(board: Board, call_id: str) -> str:
    """Whom a live call is with, as far as it has been read."""
    call = board.calls.get(call_id)
    client = call.dossier.client if call else None
    return client.name if client else ""


def _told(now: AgentStatus) -> AgentStateChanged:
    """Where somebody is already, as the floor would have heard of it."""
    return AgentStateChanged(
        agent_id=now.agent_id,
        state=now.state,
        reason=now.reason,
        since=now.since,
        extension=now.extension,
        call_id=now.call_id,
        pending=now.pending,
    )
