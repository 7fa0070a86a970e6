"""Simulations of the page: one at a time for each person, each in a process of its own."""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import structlog

from crm_core.errors import Conflict
from dialer.compliance.profile import LawProfile
from dialer.compliance.stored import as_values

log = structlog.get_logger(__name__)

SECONDS: Final = 50.0
"""So long a simulation may take; days that do not fit in are left out."""
GRACE_SECONDS: Final = 20.0
"""After that it is ended: not even one day fitted in."""
AT_ONCE_SECONDS: Final = 0.7
MOST_AT_ONCE: Final = 2
KEPT: Final = 2
"""Runs that are remembered of each person: the last, and the one before to compare with."""
_LONGEST_LINE: Final = 4 * 1024 * 1024


class Ended(StrEnum):
    """Why there is no result."""

    STOPPED = "stopped"
    TOO_SLOW = "too_slow"
    BROKE = "broke"


@dataclass(slots=True)
class Run:
    """One simulation: `days` of it are over, of `days_wanted` with all team sizes together."""

    scenario: str
    days_wanted: int
    written: Mapping[str, str]
    days: int = 0
    report: dict[str, Any] | None = None
    sizes: list[dict[str, Any]] = field(default_factory=list)
    is_over: bool = False
    trouble: Ended | None = None

    @property
    def share(self) -> float:
        return min(1.0, self.days / self.days_wanted)


class Simulations:
    """Starts them, remembers the last of each person while the service runs, stops them."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._runs: dict[int, list[Run]] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def running(self, agent_id: int) -> Run | None:
        """What runs for that person."""
        runs = self._runs.get(agent_id)
        return runs[0] if runs and not runs[0].is_over else None

    def results(self, agent_id: int) -> list[Run]:
        """The finished ones that came to something, the last first."""
        return [run for run in self._runs.get(agent_id, ()) if run.is_over and run.report]

    def last(self, agent_id: int) -> Run | None:
        """The last one that was begun, however it ended."""
        runs = self._runs.get(agent_id)
        return runs[0] if runs else None

    async def start(
        self, agent_id: int, run: Run, sizes: tuple[int, ...], laws: Mapping[str, LawProfile]
    ) -> None:
        """Begin, and return soon. Raises Conflict "simulation_runs" or "simulations_full"."""
        if agent_id in self._tasks:
            raise Conflict("simulation_runs")
        if len(self._tasks) >= MOST_AT_ONCE:
            raise Conflict("simulations_full")
        kept = [each for each in self._runs.get(agent_id, ()) if each.report]
        self._runs[agent_id] = [run, *kept][: KEPT + 1]
        order = {
            "scenario": run.scenario,
            "sizes": sizes,
            "seconds": self.seconds,
            "profiles": {key: as_values(law) for key, law in laws.items()},
        }
        task = asyncio.create_task(self._run(run, order))
        self._tasks[agent_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(agent_id, None))
        await asyncio.wait({task}, timeout=AT_ONCE_SECONDS)

    async def stop(self, agent_id: int) -> None:
        """End what runs for that person, if anything does."""
        if task := self._tasks.get(agent_id):
            task.cancel()
            await asyncio.wait({task})

    async def close(self) -> None:
        """End them all."""
        for agent_id in list(self._tasks):
            await self.stop(agent_id)

    async def _run(self, run: Run, order: Mapping[str, Any]) -> None:
        try:
            async with asyncio.timeout(self.seconds + GRACE_SECONDS):
                await _follow(run, order)
            if run.report is None:
                run.trouble = Ended.BROKE
        except asyncio.CancelledError:
            run.trouble = Ended.STOPPED
        except TimeoutError:
            run.trouble = Ended.TOO_SLOW
        except (OSError, ValueError) as error:
            log.warning("simulation_broke", error=repr(error))
            run.trouble = Ended.BROKE
        finally:
            run.is_over = True


async def _follow(run: Run, order: Mapping[str, Any]) -> None:
    """Start the process and hear it to its end; it never outlives this."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "web.simulation_worker"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    complaints = asyncio.create_task(process.stderr.read())
    try:
        with suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(json.dumps(order).encode())
            await process.stdin.drain()
        process.stdin.close()
        async for line in process.stdout:
            _note(run, json.loads(line))
        if await process.wait():
            said = (await complaints).decode(errors="replace")
            log.warning("simulation_broke", said=said[-500:])
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await complaints


def _note(run: Run, line: Mapping[str, Any]) -> None:
    run.days += line.get("days", 0)
    if "report" in line:
        run.report = line["report"]
    if "size" in line:
        run.sizes.append(line["size"])
