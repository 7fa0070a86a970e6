"""Somebody new is compared with those who are here: by number, e-mail and likeness of name."""

import pytest

from crm_core.clients.contact_points import PointKind
from crm_core.clients.records import Clients
from crm_core.clients.similar import ALIKE, Likeness, find_similar, likeness
from crm_core.clients.tables import clients as clients_table
from crm_core.clock import ManualClock
from crm_core.storage.engine import Storage
from tests.cast import Cast


@pytest.fixture
def clients(storage: Storage, clock: ManualClock) -> Clients:
    return Clients(storage, clock, "RU")


async def alike(storage: Storage, cast: Cast, **typed: str) -> list[tuple[int, Likeness]]:
    async with storage.read() as connection:
        found = await find_similar(connection, cast.boris, "RU", **typed)
    return [(each.client_id, each.likeness) for each in found]


@pytest.fixture
async def furnished(clients: Clients, cast: Cast) -> Cast:
    for client_id in (cast.romashka, cast.pavel):
        mail = f"office{client_id}@example.org"
        await clients.add_point(cast.anna, client_id, PointKind.EMAIL, mail)
    return cast


@pytest.mark.parametrize(
    ("typed", "likeness"),
    [
        ({"number": "+7 495 123 45 67"}, Likeness.NUMBER),
        ({"number": "8(916)1234567, 8 999 000-00-00"}, Likeness.NUMBER),
        ({"email": " Office1@EXAMPLE.org"}, Likeness.EMAIL),
        ({"name": "Ромашка"}, Likeness.NAME),
        ({"name": "АО Ромашка"}, Likeness.NAME),
        ({"name": "Рамашка"}, Likeness.NAME),  # a letter wrong
        ({"name": "Рoмашкa"}, Likeness.NAME),  # o and a are Latin
        ({"name": "Ромашка", "number": "8 495 123-45-67"}, Likeness.NUMBER),  # the surer reason
    ],
)
async def test_whoever_is_here_already_is_shown_while_he_is_typed_anew(
    storage: Storage, furnished: Cast, typed: dict[str, str], likeness: Likeness
) -> None:
    assert await alike(storage, furnished, **typed) == [(furnished.romashka, likeness)]


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"name": "ООО"},
        {"name": "Ро"},
        {"name": "Василёк"},
        {"number": "8 495 123-45-68"},
        {"email": "office1"},
        {"name": "%_\\'\""},
    ],
)
async def test_nobody_is_shown_for_what_is_like_nobody(
    storage: Storage, furnished: Cast, typed: dict[str, str]
) -> None:
    assert await alike(storage, furnished, **typed) == []


async def test_the_order_of_the_words_does_not_matter(storage: Storage, furnished: Cast) -> None:
    found = await alike(storage, furnished, name="Семенов Павел")
    assert found == [(furnished.pavel, Likeness.NAME)]


async def test_nobody_is_shown_whom_one_may_not_see(storage: Storage, furnished: Cast) -> None:
    async with storage.write() as tx:
        await tx.execute(clients_table.update().values(deleted_at=clients_table.c.created_at))
    assert await alike(storage, furnished, number="8 495 123-45-67", name="Ромашка") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ООО Альфа", "ООО Омега"),
        ("Иванов Иван", "Иванов Пётр"),
        ("Светлана Орлова", "Светлана Осина"),
        ("ООО", "АО"),
    ],
)
def test_names_that_share_only_a_part_are_not_one(one: str, other: str) -> None:
    assert likeness(one, other) < ALIKE
