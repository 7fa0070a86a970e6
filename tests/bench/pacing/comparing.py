"""`pacing`: busy operators and the legal meter, ours beside the rivals, in every case of the bar.

Fixed ratios are given their best: of a row of ratios the busiest that stays lawful in each case,
chosen in hindsight. Also what a decision with 300 operators costs.
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC
from time import perf_counter
from typing import Any, Final

from dialer.compliance.profile import AbandonmentRule, Window
from dialer.estimating.estimator import Estimator
from dialer.pacing.floor import Busy, Floor, Ringing
from dialer.pacing.meter import Meter
from dialer.pacing.pacer import Pacer
from dialer.pacing.policy import Mode, Policy
from tests.bench.pacing.interpreter import worker_command
from tests.bench.pacing.scenarios import TEAMS, Case, cases
from tests.bench.report import Aim, Measured

LIMIT: Final = 0.03
RIVALS: Final = ("one_to_one", "average", "tapered")
KNOWING: Final = ("forecaster", "knowing")
FREE: Final = tuple(f"free:{ratio}" for ratio in (1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, 6, 8))
STATIC: Final = tuple(f"static:{ratio}" for ratio in (0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 2.5, 3))


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is played: of each case so many seeds, and so many days, but of large teams, whose
    day is as long as many small ones', as many as make the operator-days of a team of twenty."""

    teams: tuple[int, ...] = TEAMS
    seeds: int = 1
    days: int = 5
    window: Window = Window.PERIODS_OF_30_DAYS
    whole: bool = False  # all days of large teams too

    def days_of(self, team: int) -> int:
        if self.whole:
            return self.days
        return max(1, min(self.days, self.days * 20 // team))


@dataclass(frozen=True, slots=True)
class Played:
    """One contestant in one case over all seeds: mean busy share, worst window, broken rules."""

    busy: float
    worst: float
    violations: int

    @property
    def lawful(self) -> bool:
        return self.worst <= LIMIT


class Table:
    """Plays what is asked for, on all cores; `rows` has a case's contestants by name."""

    def __init__(self, extent: Extent) -> None:
        self._extent = extent
        self._command, self._environment = worker_command()
        self._idle: asyncio.Queue[asyncio.subprocess.Process] = asyncio.Queue()

    async def __aenter__(self) -> "Table":
        for _ in range(os.cpu_count() or 1):
            worker = await asyncio.create_subprocess_exec(
                *self._command,
                env=self._environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            self._idle.put_nowait(worker)
        return self

    async def __aexit__(self, *_: object) -> None:
        while not self._idle.empty():
            worker = self._idle.get_nowait()
            worker.terminate()
            await worker.wait()

    async def row(self, case: Case) -> dict[str, Played]:
        """Everybody in that case; of the fixed ratios the best lawful one, as `fixed`."""
        names = (*RIVALS, *KNOWING, "ours")
        played = dict(
            zip(names, await asyncio.gather(*(self.play(n, case) for n in names)), strict=True)
        )
        fixed = await asyncio.gather(self._best(FREE, case), self._best(STATIC, case))
        lawful = [each for each in fixed if each is not None]
        if lawful:
            played["fixed"] = max(lawful, key=lambda each: each.busy)
        return played

    async def play(self, name: str, case: Case) -> Played:
        """One contestant in that case, over all seeds."""
        seeds = range(1, 1 + self._extent.seeds)
        found = await asyncio.gather(*(self._job(name, replace(case, seed=s)) for s in seeds))
        return Played(
            busy=sum(each["busy"] for each in found) / len(found),
            worst=max(each["worst"] for each in found),
            violations=sum(each["violations"] for each in found),
        )

    async def _best(self, ratios: Sequence[str], case: Case) -> Played | None:
        """The highest of the ratios that is lawful: what is abandoned grows with the ratio."""
        low, high, best = 0, len(ratios), None
        while low < high:
            middle = (low + high) // 2
            played = await self.play(ratios[middle], case)
            if played.lawful:
                best, low = played, middle + 1
            else:
                high = middle
        return best

    async def _job(self, name: str, case: Case) -> dict[str, Any]:
        worker = await self._idle.get()
        assert worker.stdin is not None
        assert worker.stdout is not None
        try:
            worker.stdin.write(json.dumps({"contestant": name, **asdict(case)}).encode() + b"\n")
            await worker.stdin.drain()
            answer = await worker.stdout.readline()
        finally:
            self._idle.put_nowait(worker)
        return dict(json.loads(answer))


async def measure_pacing(extent: Extent = Extent()) -> Measured:
    """All cases of the extent; what is told is the worst of each figure, and where it was."""
    wanted = [
        replace(case, days=extent.days_of(case.team), window=extent.window)
        for case in cases()
        if case.team in extent.teams
    ]
    rows = []
    async with Table(extent) as table:
        for case in wanted:
            rows.append((case, await table.row(case)))
            sys.stderr.write(f"{len(rows)} of {len(wanted)}: {_line(*rows[-1])}\n")
    return _told(rows, extent)


def _told(rows: Sequence[tuple[Case, dict[str, Played]]], extent: Extent) -> Measured:
    ours = [row["ours"] for _, row in rows]
    beside_rival = [_beside(row, (*RIVALS, "fixed")) for _, row in rows]
    beside_known = [_beside(row, KNOWING) for _, row in rows]
    numbers = {
        "cases": float(len(rows)),
        "seeds": float(extent.seeds),
        "days": float(extent.days),
        "busy_ours": _mean(played.busy for played in ours),
        **{
            f"busy_{name}": _mean(row[name].busy for _, row in rows) for name in (*RIVALS, *KNOWING)
        },
        **{
            f"lawful_{name}": float(sum(row[name].lawful for _, row in rows))
            for name in (*RIVALS, *KNOWING, "ours")
        },
    }
    share = decision_share()
    aims = (
        Aim("the worst legal window of ours, %", 100 * max(p.worst for p in ours), 100 * LIMIT),
        Aim("other rules broken by ours", sum(p.violations for p in ours), 0),
        Aim("busy beside the best lawful rival, least", min(beside_rival), 1.0, least=True),
        Aim("busy beside a lawful forecaster, least", min(beside_known), 0.97, least=True),
        Aim("decisions with 300 operators, % of a core", 100 * share, 5),
    )
    return Measured("pacing", numbers, aims, tuple(_line(*row) for row in rows))


def _beside(row: dict[str, Played], names: Iterable[str]) -> float:
    """Ours over the busiest of those that are lawful; infinite where none is."""
    lawful = [row[name].busy for name in names if name in row and row[name].lawful]
    return row["ours"].busy / max(lawful) if lawful else float("inf")


def _line(case: Case, row: dict[str, Played]) -> str:
    cells = "  ".join(
        f"{name} {played.busy:.3f}{'' if played.lawful else '!'}" for name, played in row.items()
    )
    return f"{case.name:<22} {cells}  (ours {100 * row['ours'].worst:.2f} %)"


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)


def decision_share(operators: int = 300, rounds: int = 400) -> float:
    """What share of a core a decision every second takes: so many operators, half as many calls
    that ring, and calls to place."""
    meter = Meter(AbandonmentRule(LIMIT, Window.DAY), UTC)
    pacer = Pacer(Policy(Mode.PREDICTIVE, limit=LIMIT), Estimator(), meter)
    start = 1_000_000.0
    for number in range(5000):
        pacer.person_answered(start, abandoned=False)
        pacer.talk_ended(number % operators, 0, 20.0 + number % 200)
        pacer.wrap_up_ended(number % operators, 0, 5.0 + number % 30)
        pacer.call_answered(0, 10, 4.0 + number % 16)
        for _ in range(3):
            pacer.call_unanswered(0, 10, 25.0)
        pacer.estimator.look(start - 5000.0 + number)
    began = perf_counter()
    for second in range(rounds):
        at = start + second
        decided = pacer.decide(_floor(operators, at), at, 10)
        assert decided.calls, "nothing was placed"
        assert decided.ahead_seconds, "nothing was looked ahead"
    return (perf_counter() - began) / rounds


def _floor(operators: int, at: float) -> Floor:
    """Most talk, some write, a few are free."""
    floor = Floor()
    for number in range(operators):
        if number % 10 == 0:
            floor.wrapping_up[number] = Busy(0, at - number % 20)
        elif number % 7 == 0:
            floor.ready[number] = at
        else:
            floor.talking[number] = Busy(0, at - number % 180)
    for number in range(operators // 2):
        floor.ringing[number] = Ringing(0, at - number % 25)
    return floor
