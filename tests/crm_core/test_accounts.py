"""People log in, are hired and let go, and the office is never left without an administrator."""

from crm_core.storage.engine import Storage
from tests.cast import Cast


async def test_smoke(storage: Storage, cast: Cast) -> None:
    assert cast.anna.name == "Anna Orlova"
