"""What was measured: lines for people, or one JSON object a line."""

import json
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Aim:
    """`measured` should be at most (or, with `least`, at least) `wanted`."""

    what: str
    measured: float
    wanted: float
    least: bool = False

    @property
    def hit(self) -> bool:
        return self.measured >= self.wanted if self.least else self.measured <= self.wanted


@dataclass(frozen=True, slots=True)
class Measured:
    """One bench: its numbers, and what was aimed at."""

    name: str
    numbers: dict[str, float]
    aims: tuple[Aim, ...]
    remarks: tuple[str, ...] = ()

    def as_json(self) -> str:
        aims = [
            {"what": aim.what, "measured": aim.measured, "aim": aim.wanted, "hit": aim.hit}
            for aim in self.aims
        ]
        told = {"bench": self.name, **self.numbers, "aims": aims, "remarks": list(self.remarks)}
        return json.dumps(told)

    def as_table(self) -> str:
        width = max(len(name) for name in self.numbers)
        lines = [self.name]
        lines += [f"  {name:<{width}}  {value:>12,.3f}" for name, value in self.numbers.items()]
        for aim in self.aims:
            sign = "≥" if aim.least else "≤"
            verdict = "hit" if aim.hit else "MISSED"
            lines.append(f"  {aim.what}: {aim.measured:.2f} (aim {sign} {aim.wanted:g}): {verdict}")
        lines += [f"  {remark}" for remark in self.remarks]
        return "\n".join(lines)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the sorted values lie; nan of none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]
