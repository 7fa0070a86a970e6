"""The process in which a page's simulation runs: an order as JSON in, lines of JSON out.

`python -m web.simulation_worker` beside the service, at the lowest priority, so that no call waits
for it. Lines: {"days": 3} after each day, {"report": …} of the team, {"size": …} of each other one.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from dialer.compliance.profile import LawProfile
from dialer.compliance.stored import from_values
from dialer.simulation.reading import read_scenario
from dialer.simulation.report import report
from dialer.simulation.running import simulate, with_operators
from dialer.simulation.scenario import Scenario

_MOST_MEMORY: Final = 2 * 1024**3  # bytes
_FIRST_SHARE: Final = 0.4  # of the time, for the team itself where other sizes follow


def work(order: dict[str, Any], tell: Callable[[dict[str, Any]], None]) -> None:
    """Run the order: scenario, profiles, sizes, seconds. Days that there is no time for are left
    out, never half a day."""
    laws = {key: from_values(key, values) for key, values in order["profiles"].items()}

    def profile_of(key: str) -> LawProfile | None:
        return laws.get(key)

    scenario = read_scenario(order["scenario"], profile_of)
    sizes = [size for size in order["sizes"] if size != scenario.operators]
    ends = time.monotonic() + order["seconds"]
    first = order["seconds"] * (_FIRST_SHARE if sizes else 1.0)
    tell({"report": _run(scenario, time.monotonic() + first, tell)})
    for place, size in enumerate(sizes):
        left = ends - time.monotonic()
        until = time.monotonic() + left / (len(sizes) - place)
        tell({"size": _run(with_operators(scenario, size), until, tell)})


def _run(
    scenario: Scenario, until: float, tell: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    began = time.monotonic()

    def heard(days: int) -> bool:
        tell({"days": 1})
        return time.monotonic() < until

    result, days = simulate(scenario, heard)
    left_out = scenario.days - days
    if left_out:
        tell({"days": left_out})
    return report(scenario, result, days, time.monotonic() - began)


def _keep_small() -> None:
    """Calls come first, and a monstrous scenario ends itself rather than the machine."""
    with suppress(OSError, AttributeError):
        os.nice(15)
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))


def main() -> None:
    """Read the order, write what happens."""
    _keep_small()
    order = json.load(sys.stdin)

    def tell(line: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(line, allow_nan=False) + "\n")
        sys.stdout.flush()

    with suppress(BrokenPipeError, KeyboardInterrupt):
        work(order, tell)


if __name__ == "__main__":
    main()
