"""The office of the journeys: the real product, a real Asterisk, SIP phones and a Chromium."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.journeys.browsing import browse
from tests.journeys.lasting_chromium import chromium, chromium_address
from tests.journeys.office import Perezvon, furnish, settings_for
from tests.lab.asterisk import PHONES
from tests.lab.stage import Stage

__all__ = ["browse", "chromium", "chromium_address"]

QUEUES = ("sales", "support")


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database; `parametrize("database", ["postgres"], indirect=True)` for the other."""
    if getattr(request, "param", "sqlite") == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'perezvon.db'}"


@pytest.fixture
async def perezvon(lab_stage: Stage, chromium: Browser, database: str) -> AsyncIterator[Perezvon]:
    """The product serves the cast's office beside the lab's exchange."""
    async with working_office(lab_stage, chromium, database) as office:
        yield office


@asynccontextmanager
async def working_office(stage: Stage, chromium: Browser, database: str) -> AsyncIterator[Perezvon]:
    """The product for as long as the block; afterwards the exchange has no seat of it left."""
    office = Perezvon(settings_for(stage.exchange, database), await furnish(database), chromium)
    try:
        await office.start()
        yield office
    finally:
        await office.close()
        for queue in QUEUES:
            for number in PHONES:
                await stage.ami.act("QueueRemove", Queue=queue, Interface=f"PJSIP/{number}")
