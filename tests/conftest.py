"""Fixtures for what lies outside the process (PostgreSQL, Chromium, Asterisk and its phones), and
how the tests are dealt out to the workers."""

import gc
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser
from xdist.scheduler import LoadScopeScheduling

from tests.lab.asterisk import LabAsterisk
from tests.lab.asterisk import asterisk as start_asterisk
from tests.lab.chromium import chromium as open_chromium
from tests.lab.needs import Missing, had, skip_or_fail
from tests.lab.postgres import Cluster
from tests.lab.postgres import cluster as start_cluster
from tests.lab.stage import Stage
from tests.lab.stage import stage as open_stage

OUT_OF_REACH = ("/test_clock_under_fire.py", "/test_link_under_fire.py", "/test_refused_by_the_")
"""Journeys that wait for clocks and links more than they work."""


class Shared(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Each test goes to whichever worker is free, but of the journeys under fire no more than two
    go at once, because each loads the machine as an office does; and calls are played for real
    once."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if any(name in file for name in OUT_OF_REACH):
            return "out of reach"
        if file.endswith("_under_fire.py"):
            return "under fire"
        return file if file.endswith("/test_simulated_is_real.py") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shared:
    """How the tests are dealt out to the workers."""
    return Shared(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: looking at it for garbage again and again took a seventh
    of the tests' time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """One PostgreSQL server for the whole run (one per xdist worker)."""
    with had(start_cluster()) as cluster:
        yield cluster


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """An empty PostgreSQL database of the test's own, as a `postgresql+asyncpg://` URL."""
    database = postgres_cluster.create()
    try:
        yield postgres_cluster.url(database)
    finally:
        postgres_cluster.drop(database)


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A headless Chromium of the test's own."""
    opening = open_chromium()
    try:
        browser = await opening.__aenter__()
    except Missing as missing:
        skip_or_fail(str(missing))
    try:
        yield browser
    finally:
        await opening.__aexit__(None, None, None)


@pytest.fixture(scope="session")
def exchange() -> Iterator[LabAsterisk]:
    """One real Asterisk for the whole run (one per xdist worker)."""
    with had(start_asterisk()) as exchange:
        yield exchange


@pytest.fixture
async def lab_stage(exchange: LabAsterisk) -> AsyncIterator[Stage]:
    """Seven registered phones, the city and a helping AMI link; no call is left behind."""
    async with open_stage(exchange) as stage:
        yield stage
        exchange.cli("channel request hangup all")
        await stage.quiet()
        await stage.clear()
