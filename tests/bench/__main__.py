"""Measured speed beside a floor in the same run; exits 0, the aims hit or missed.

`--calls` shortens `memory`, whose 50,000 calls take about 40 minutes; `--clients` shortens
`search`, whose million and their three million lines of history take half an hour to write down.
"""

import asyncio
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any

from dialer.compliance.profile import Window
from tests.bench.card import measure_card
from tests.bench.catchup import measure_catchup
from tests.bench.choose import measure_choose
from tests.bench.feed import measure_feed
from tests.bench.growth import measure_growth
from tests.bench.lookup import measure_lookup
from tests.bench.memory import CALLS, measure_memory
from tests.bench.pacing.comparing import Extent, measure_pacing
from tests.bench.pop import measure_pop
from tests.bench.report import Measured
from tests.bench.search import CLIENTS, measure_search
from tests.bench.stolen import processor_times, stolen_share
from tests.bench.storm import measure_storm

BENCHES: dict[str, Callable[[], Coroutine[Any, Any, Measured]]] = {
    "pop": measure_pop,
    "feed": measure_feed,
    "lookup": measure_lookup,
    "catchup": measure_catchup,
    "growth": measure_growth,
    "search": measure_search,
    "card": measure_card,
    "choose": measure_choose,
    "pacing": measure_pacing,
    "storm": measure_storm,
    "memory": measure_memory,
}

IDLE_LOAD = 0.7  # what an idle machine of two cores does not exceed
MOST_STOLEN = 0.02


def main(arguments: list[str]) -> int:
    parser = ArgumentParser("python -m tests.bench", description=__doc__)
    parser.add_argument("names", metavar="name", nargs="*", help=f"of {', '.join(BENCHES)}")
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--calls", type=int, default=CALLS, help="of memory")
    parser.add_argument("--clients", type=int, default=CLIENTS, help="of search; lines are thrice")
    every = ",".join(str(team) for team in Extent().teams)
    parser.add_argument("--teams", default=every, help="of pacing: sizes of the team")
    parser.add_argument("--whole", action="store_true", help="of pacing: all days of large teams")
    parser.add_argument("--seeds", type=int, default=Extent().seeds, help="of pacing")
    parser.add_argument("--days", type=int, default=Extent().days, help="of pacing")
    parser.add_argument("--window", type=Window, default=Extent().window, help="of pacing")
    options = parser.parse_args(arguments)
    teams = tuple(int(team) for team in options.teams.split(","))
    extent = Extent(teams, options.seeds, options.days, options.window, options.whole)
    benches = BENCHES | {
        "memory": partial(measure_memory, options.calls),
        "search": partial(measure_search, options.clients),
        "pacing": partial(measure_pacing, extent),
    }
    names = options.names or list(benches)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        parser.error(f"there is no bench {unknown[0]}; known are {', '.join(BENCHES)}")
    for name in names:
        busy, before = os.getloadavg()[0], processor_times()
        measured = asyncio.run(benches[name]())
        stolen = stolen_share(before, processor_times())
        remarks = list(measured.remarks)
        if busy > IDLE_LOAD:
            remarks.append(
                f"the machine was busy (load {busy:.1f} before the start): measure again alone"
            )
        if stolen > MOST_STOLEN:
            remarks.append(
                f"the machine's host took {stolen:.0%} of the time it should have worked: what "
                "waited waited longer"
            )
        measured = replace(measured, remarks=tuple(remarks))
        print(measured.as_json() if options.json else measured.as_table(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
