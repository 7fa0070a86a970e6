"""Stretches of time: joined, cut out of each other and measured in seconds (pure)."""

from collections.abc import Iterable
from datetime import datetime

Span = tuple[datetime, datetime]


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time in order, without overlaps; empty and reversed spans are nothing."""
    result: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def seconds(spans: Iterable[Span]) -> float:
    """How long `spans` last together; time that two of them share counts once."""
    return sum((end - start).total_seconds() for start, end in joined(spans))


def seconds_without(spans: Iterable[Span], excluded: Iterable[Span]) -> float:
    """How long `spans` last outside of `excluded`."""
    spans, excluded = list(spans), list(excluded)
    return seconds([*spans, *excluded]) - seconds(excluded)


def seconds_within(spans: Iterable[Span], limits: Iterable[Span]) -> float:
    """How long `spans` last inside of `limits`."""
    spans, limits = list(spans), list(limits)
    return seconds(spans) + seconds(limits) - seconds([*spans, *limits])
