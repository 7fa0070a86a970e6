"""The cells in which lengths of time are counted: a second wide at first, then 8 % of their age."""

from bisect import bisect_right

_GROWTH = 1.08
LONGEST = 3600  # seconds; what is longer is counted in the last cell


def _edges() -> tuple[float, ...]:
    edges = [float(second) for second in range(13)]
    while edges[-1] < LONGEST:
        edges.append(min(float(LONGEST), edges[-1] * _GROWTH))
    return tuple(edges)


EDGES = _edges()
COUNT = len(EDGES) - 1


def cell_of(seconds: float) -> int:
    """The cell that a length falls into; the last one holds what is longer."""
    return min(COUNT - 1, max(0, bisect_right(EDGES, seconds) - 1))
