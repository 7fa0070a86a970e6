"""The log of states adds up: whatever happens, each agent's stretches follow one another."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from crm_core.agents.people import Agent
from crm_core.agents.tables import agent_state_log, agent_states
from crm_core.clock import ManualClock
from crm_core.errors import CrmError
from crm_core.events import AgentStateChanged
from crm_core.storage.engine import Storage
from telephony.events import ExchangeConnected, Fact, OfferResult
from telephony.ids import Interface
from tests.cast import Cast
from tests.crm_core.duty import Duty, on_duty
from tests.crm_core.telling import ANNAS, BORISES, Told, at, internal, outbound, told

PHONES = (ANNAS, BORISES, Interface("PJSIP/103"))


@dataclass
class Chance:
    """A day in which anything comes in any order, the same for the same seed."""

    seed: int
    cast: Cast
    clock: ManualClock
    calls: list[Told] = field(default_factory=list)
    begun: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.people = {
            self.cast.anna.id: (self.cast.anna, (self.cast.desk_101, self.cast.desk_103)),
            self.cast.boris.id: (self.cast.boris, (self.cast.desk_102, self.cast.desk_103)),
        }

    async def happen(self, duty: Duty) -> None:
        """A while passes, then somebody does something, or something is heard."""
        await self.clock.advance(self.random.choice((0, 0.4, 1, 7, 61)))
        if self.random.random() < 0.5:
            for fact in self._facts():
                await duty.office.intake.take(fact)
            return
        agent, desks = self.random.choice(list(self.people.values()))
        with suppress(CrmError):  # refused, as it should be
            await self._command(duty, agent, desks)

    async def _command(self, duty: Duty, agent: Agent, desks: tuple[int, int]) -> None:
        match self.random.choice(("log_in", "log_in", "log_out", "pause", "ready", "finish")):
            case "log_in":
                reason = self.random.choice((None, None, "lunch"))
                await duty.roster.log_in(agent, self.random.choice(desks), pause_reason=reason)
            case "log_out":
                await duty.roster.log_out(agent)
            case "pause":
                await duty.roster.pause(agent, "lunch")
            case "ready":
                await duty.roster.ready(agent)
            case "finish":
                status = duty.roster.status_of(agent.id)
                if status is not None and status.call_id is not None:
                    await duty.wrap_ups.finish(agent, status.call_id, self.cast.refused, "note")

    def _facts(self) -> list[Fact]:
        seconds = (self.clock.now() - at(0)).total_seconds() + self.random.choice((0, 0, -2, 3))
        if not self.calls or self.random.random() < 0.3:
            self.begun += 1
            kind = self.random.choice((told, outbound, internal))
            self.calls.append(kind(f"{self.seed}.{self.begun}"))
            return [self.calls[-1].started(seconds)]
        call, phone = self.random.choice(self.calls), self.random.choice(PHONES)
        match self.random.randrange(7):
            case 0:
                return [call.offered(seconds, phone)]
            case 1:
                result = self.random.choice((OfferResult.NO_ANSWER, OfferResult.ANSWERED))
                return [call.offer_ended(seconds, phone, result)]
            case 2:
                return [call.answered(seconds, phone)]
            case 3:
                return [call.left(seconds, phone)]
            case 4:
                self.calls.remove(call)
                return [call.left(seconds, phone), call.ended(seconds, by=(phone,))]
            case 5:
                self.calls.remove(call)
                return [call.ended(seconds)]
        others = [each for each in self.calls if each is not call]
        if not others:
            return [call.held(seconds, phone)]
        other = self.random.choice(others)
        self.calls.remove(other)
        return [call.absorbs(seconds, other)]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seed", range(8))
async def test_each_agents_stretches_follow_one_another_and_the_last_is_open_while_he_is_seated(
    storage: Storage, cast: Cast, clock: ManualClock, seed: int
) -> None:
    chance = Chance(seed, cast, clock)
    left: set[tuple[int, datetime]] = set()
    for _ in range(4):  # each time the service is started on what the last one left
        async with on_duty(storage, clock) as duty:
            if chance.random.random() < 0.7:
                seconds = (clock.now() - at(0)).total_seconds()
                await duty.hear(ExchangeConnected(at=at(seconds), version="22"))
            for _ in range(chance.random.randint(3, 25)):
                await chance.happen(duty)
                if chance.random.random() < 0.8:
                    await duty.settled()
                    await check(storage, left | gone_home(duty), chance.people)
            for _ in range(chance.random.choice((0, 5, 50))):
                await asyncio.sleep(0)  # cut off somewhere in the middle
        left |= gone_home(duty)
        await check(storage, left, chance.people)


def gone_home(duty: Duty) -> set[tuple[int, datetime]]:
    return {
        (fact.agent_id, fact.since)
        for fact in duty.office.heard
        if isinstance(fact, AgentStateChanged) and fact.state == "offline"
    }


async def check(storage: Storage, left: set[tuple[int, datetime]], people: dict[int, Any]) -> None:
    """`left`: who went home, and when; only there may time be missing from the log."""
    log = select(agent_state_log).order_by(agent_state_log.c.started_at, agent_state_log.c.id)
    async with storage.read() as connection:
        stretches = (await connection.execute(log)).mappings().all()
        states = (await connection.execute(select(agent_states))).mappings().all()
    seated = {row["agent_id"]: row for row in states if row["extension_id"] is not None}
    for agent_id in people:
        his = [row for row in stretches if row["agent_id"] == agent_id]
        still_open = [row for row in his if row["seconds"] is None]
        assert still_open == (his[-1:] if agent_id in seated else [])
        if still_open:
            shown = seated[agent_id]
            assert (his[-1]["state"], his[-1]["started_at"]) == (shown["state"], shown["since"])
        for before, after in pairwise(his):
            end = before["started_at"] + timedelta(seconds=before["seconds"])
            assert end == after["started_at"] or (
                end < after["started_at"] and (agent_id, end) in left
            )
