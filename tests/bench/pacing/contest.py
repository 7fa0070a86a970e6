"""One contestant in one case: a small dictionary of what it came to."""

from collections.abc import Callable
from typing import Final

from dialer.compliance.profile import Window
from dialer.estimating.estimator import Estimator
from dialer.pacing.meter import Meter
from dialer.pacing.pacer import Pacer
from dialer.simulation.scenario import Scenario
from dialer.simulation.world import Pacing, World
from tests.bench.pacing.knowing import Forecaster, knowing_estimator
from tests.bench.pacing.rivals import Adapting, OneToOne, PerFree, PerOperator
from tests.bench.pacing.scenarios import Case, Happening


def ours(scenario: Scenario, estimator: Estimator | None = None) -> Pacing:
    """The product's own, learning from nothing."""
    meter = Meter(scenario.law.abandonment, scenario.zone)
    return Pacer(scenario.policy, estimator or Estimator(), meter)


CONTESTANTS: Final[dict[str, Callable[[Scenario], Pacing]]] = {
    "one_to_one": lambda scenario: OneToOne(),
    "average": lambda scenario: Adapting(scenario, tapered=False),
    "tapered": lambda scenario: Adapting(scenario, tapered=True),
    "forecaster": Forecaster,
    "knowing": lambda scenario: ours(scenario, knowing_estimator(scenario)),
    "ours": ours,
}
"""`static:1.5` and `free:2` are the fixed ratios, per operator and per free one."""


def contestant(name: str, scenario: Scenario) -> Pacing:
    """By its name."""
    kind, _, ratio = name.partition(":")
    if kind == "static":
        return PerOperator(float(ratio))
    if kind == "free":
        return PerFree(float(ratio))
    return CONTESTANTS[name](scenario)


def play(name: str, case: Case) -> dict[str, float]:
    """Run the case with that contestant."""
    scenario = case.scenario()
    result = World(scenario, contestant(name, scenario)).run()
    return {
        "busy": result.busy_share,
        "share": result.abandoned_share,
        "worst": result.worst_window.share,
        "answers": result.answers,
        "abandoned": result.abandoned,
        "dials": result.dials,
        "violations": sum(result.violations.values()),
    }


def case_of(job: dict[str, object]) -> Case:
    """From what was sent to a worker."""
    return Case(
        team=int(str(job["team"])),
        rate=float(str(job["rate"])),
        happening=Happening(str(job["happening"])),
        seed=int(str(job["seed"])),
        days=int(str(job["days"])),
        window=Window(str(job["window"])),
    )
