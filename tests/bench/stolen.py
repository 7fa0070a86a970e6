"""What a virtual machine's host takes from it, which no load average shows."""

from pathlib import Path
from typing import NamedTuple

_STAT = Path("/proc/stat")


class ProcessorTimes(NamedTuple):
    """Ticks of all processors since the machine's start: worked, and wanted but not given."""

    worked: int
    stolen: int


def processor_times(stat: Path = _STAT) -> ProcessorTimes:
    """As Linux counts them; nothing where it is not Linux."""
    try:
        user, nice, system, _idle, _wait, irq, soft_irq, stolen, *_ = map(
            int, stat.read_text().split("\n", 1)[0].split()[1:]
        )
    except (OSError, ValueError):
        return ProcessorTimes(0, 0)
    return ProcessorTimes(user + nice + system + irq + soft_irq, stolen)


def stolen_share(before: ProcessorTimes, after: ProcessorTimes) -> float:
    """The share (0 to 1) of the wanted time that was not given between the two."""
    stolen = after.stolen - before.stolen
    wanted = stolen + after.worked - before.worked
    return stolen / wanted if wanted else 0.0
