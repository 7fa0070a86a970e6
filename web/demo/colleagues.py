"""Colleagues who work by themselves, so that the made-up floor is alive: they sit down, write their
wrap-ups, take breaks and ring back those who were missed. Only through what people use as well.
"""

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

import structlog

from crm_core.agents.accounts import Accounts
from crm_core.agents.directory import Disposition, list_dispositions, list_extensions
from crm_core.agents.people import Agent
from crm_core.agents.roster import Roster
from crm_core.agents.state import State
from crm_core.clock import Clock
from crm_core.errors import CrmError
from crm_core.storage.engine import Storage
from crm_core.tasks.next_step import NextStep
from crm_core.tasks.queries import Scope, TaskFilter, list_tasks
from crm_core.wrap_up.queries import OpenWrapUp, open_wrap_ups
from crm_core.wrap_up.records import WrapUps
from telephony.errors import TelephonyError
from telephony.switchboard import Switchboard
from web.demo.cast import COLLEAGUES, NEXT_STEPS, NOTES, PAUSE_REASONS
from web.demo.hours import working_time
from web.demo.tongues import in_language, language_of_titles

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
QUICKEST_SECONDS, SLOWEST_SECONDS = 4.0, 14.0
BREAKS_PER_LOOK = 1 / 900  # a break a quarter of an hour
RETURNS_PER_LOOK = 1 / 60
CALLBACKS_PER_LOOK = 1 / 40


class Office(Protocol):
    """What of the product's services the colleagues use."""

    @property
    def clock(self) -> Clock: ...
    @property
    def storage(self) -> Storage: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def roster(self) -> Roster: ...
    @property
    def wrap_ups(self) -> WrapUps: ...
    @property
    def switchboard(self) -> Switchboard: ...


class Colleagues:
    """`run` until cancelled. What one of them fails at stops nobody."""

    def __init__(self, office: Office, *, seed: int = 0) -> None:
        self._office = office
        self._dice = random.Random(seed)  # noqa: S311 - made-up work, no secret
        self._dispositions: list[Disposition] = []
        self._language = ""

    async def run(self) -> None:
        """Sit down, then look around once a second."""
        team = await self._sit_down()
        async with self._office.storage.read() as connection:
            self._dispositions = await list_dispositions(connection)
        self._language = language_of_titles("".join(d.title for d in self._dispositions))
        while True:
            for agent in team:
                try:
                    await self._look(agent)
                except (CrmError, TelephonyError) as refused:
                    log.debug("colleague_refused", agent=agent.login, code=refused.code)
                except Exception:
                    log.exception("colleague_failed", agent=agent.login)
            await self._office.clock.sleep(LOOK_SECONDS)

    async def _sit_down(self) -> list[Agent]:
        logins = {person.login: person.extension for person in COLLEAGUES}
        agents = [a for a in await self._office.accounts.list_agents() if a.login in logins]
        async with self._office.storage.read() as connection:
            desks = {desk.number: desk.id for desk in await list_extensions(connection)}
        for agent in agents:
            desk = desks.get(logins[agent.login])
            status = self._office.roster.status_of(agent.id)
            if desk is not None and (status is None or status.state is State.OFFLINE):
                try:
                    await self._office.roster.log_in(agent, desk)
                except CrmError as refused:
                    log.info("colleague_stays_away", agent=agent.login, code=refused.code)
        return agents

    async def _look(self, agent: Agent) -> None:
        """Whatever is to be done now: the wrap-up first, then breaks and callbacks."""
        async with self._office.storage.read() as connection:
            owed = await open_wrap_ups(connection, agent.id)
        for wrap_up in owed:
            if self._written(wrap_up):
                await self._finish(agent, wrap_up)
        status = self._office.roster.status_of(agent.id)
        if status is None:
            return
        if status.state is State.READY:
            if self._dice.random() < BREAKS_PER_LOOK:
                await self._office.roster.pause(agent, self._dice.choice(PAUSE_REASONS)[0])
            elif self._dice.random() < CALLBACKS_PER_LOOK:
                await self._ring_back(agent)
        elif status.state is State.PAUSED and self._dice.random() < RETURNS_PER_LOOK:
            await self._office.roster.ready(agent)

    def _written(self, wrap_up: OpenWrapUp) -> bool:
        """Whether there was time enough to write; some are quicker than others."""
        if wrap_up.started_at is None:
            return False
        passed = (self._office.clock.now() - wrap_up.started_at).total_seconds()
        chance = LOOK_SECONDS / (SLOWEST_SECONDS - QUICKEST_SECONDS)
        return passed > SLOWEST_SECONDS or (
            passed > QUICKEST_SECONDS and self._dice.random() < chance
        )

    async def _finish(self, agent: Agent, wrap_up: OpenWrapUp) -> None:
        disposition = self._dice.choice(self._dispositions)
        step = None
        if disposition.needs_next_step:
            due = self._office.clock.now() + timedelta(hours=self._dice.uniform(1, 48))
            step = NextStep(self._choice(NEXT_STEPS, disposition), working_time(due))
        note = wrap_up.note or self._choice(NOTES, disposition)
        await self._office.wrap_ups.finish(agent, wrap_up.call_id, disposition.id, note, step)

    def _choice(self, texts: Mapping[str, tuple[str, ...]], disposition: Disposition) -> str:
        """One of the texts that belong to it; its title in an office that has its own."""
        listed = texts.get(disposition.code, (disposition.title,))
        return in_language(self._dice.choice(listed), self._language)

    async def _ring_back(self, agent: Agent) -> None:
        """Click on the oldest callback of the team, or of one's own."""
        interface = self._office.roster.interface_of(agent.id)
        async with self._office.storage.read() as connection:
            for scope in (Scope.MINE, Scope.TEAM):
                asked = TaskFilter(scope=scope, kind="callback")
                page = await list_tasks(connection, agent, asked, limit=1)
                if page.rows:
                    break
        if page.rows and interface is not None:
            await self._office.switchboard.originate(interface, page.rows[0].number)
