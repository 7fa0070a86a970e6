"""Fixtures for what lies outside the process: PostgreSQL, Chromium, Asterisk."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser

from tests.lab.chromium import chromium as open_chromium
from tests.lab.needs import Missing, skip_or_fail
from tests.lab.postgres import Cluster
from tests.lab.postgres import cluster as start_cluster


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """One PostgreSQL server for the whole run (one per xdist worker)."""
    running = start_cluster()
    try:
        cluster = running.__enter__()
    except Missing as missing:
        skip_or_fail(str(missing))
    try:
        yield cluster
    finally:
        running.__exit__(None, None, None)


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
