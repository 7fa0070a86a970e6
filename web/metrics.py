"""The numbers that Prometheus collects: counted where things happen, read when it asks.

The floors below count in plain attributes and tell plain callables; only here they become metrics,
in a registry of this service's own. No label ever holds a number, a name or an id of anybody: the
labels are words of ours (a route, a reason, a part), so that there is never one more than known.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
LAGS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0)
WRITES: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0)
ANSWERS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper edges in seconds. The card has to be there while the phone rings: a quarter of a second is
still at once, five seconds is too late."""

Value = float | Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that is kept elsewhere and read when Prometheus asks.

    `label` names what the keys of a mapping are; `grows` for what only ever grows.
    """

    name: str
    about: str
    read: Callable[[], Value]
    label: str = ""
    grows: bool = False


class _Readings(Collector):
    def __init__(self) -> None:
        self.readings: list[Reading] = []

    def describe(self) -> Iterable[Metric]:
        return [_family(reading) for reading in self.readings]

    def collect(self) -> Iterator[Metric]:
        for reading in self.readings:
            family, value = _family(reading), reading.read()
            if isinstance(value, Mapping):
                for key, each in value.items():
                    family.add_metric([key], each)
            else:
                family.add_metric([], value)
            yield family


def _family(reading: Reading) -> GaugeMetricFamily | CounterMetricFamily:
    kind = CounterMetricFamily if reading.grows else GaugeMetricFamily
    return kind(reading.name, reading.about, labels=[reading.label] if reading.label else [])


class Metrics:
    """All metrics of one service; `page()` is what /metrics answers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._readings = _Readings()
        self.registry.register(self._readings)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.commit_lag = self._histogram(
            "perezvon_commit_lag_seconds",
            "From the arrival of the exchange's word to its commit.",
            LAGS,
        )
        self.screen_lag = self._histogram(
            "perezvon_screen_lag_seconds",
            "From the arrival of the exchange's word to a browser's socket.",
            LAGS,
        )
        self.write = self._histogram(
            "perezvon_write_seconds", "How long a write holds the database.", WRITES
        )
        self.answers = Counter(
            "perezvon_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.answer_seconds = Histogram(
            "perezvon_http_request_seconds",
            "How long answers took, sockets left out.",
            ("route",),
            buckets=ANSWERS,
            registry=self.registry,
        )

    def read(self, *readings: Reading) -> None:
        """From now on these numbers are collected too; Reading says what each needs."""
        self._readings.readings.extend(readings)

    def page(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)

    def _histogram(self, name: str, about: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(name, about, buckets=buckets, registry=self.registry)
