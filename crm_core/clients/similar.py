"""Who is here already: found while somebody new is typed, by number, e-mail, likeness of name."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rapidfuzz import fuzz
from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.clients.access import visible_clients
from crm_core.clients.contact_points import PointKind, point_key
from crm_core.clients.queries import Client
from crm_core.clients.tables import client_numbers, clients, contact_points
from crm_core.search.finding import find
from crm_core.search.folding import folded
from crm_core.search.kinds import SearchKind
from telephony.numbers import normalise, split_written

MOST_SHOWN: Final = 5
ALIKE: Final = 82  # of 100; one letter wrong in seven is 86, another word of the same root is 75
SHORTEST_PIECE: Final = 4  # letters; shorter pieces are in every tenth name
MOST_PIECES: Final = 8
LOOKED_AT: Final = 60  # names that share a piece
# What stands before half of all names says nothing about whose name it is.
_WRITTEN_FORMS: Final = (
    "ооо оао зао пао ао ип нко тоо чп гк компания фирма магазин ltd llc llp inc corp co gmbh ag kg"
    " ug sro s.r.o spol as a.s sa srl bv oy ab company the and"
)
_FORMS: Final = frozenset(map(folded, _WRITTEN_FORMS.split()))


class Likeness(StrEnum):
    """Why somebody may be the same; the surest first."""

    NUMBER = "number"
    EMAIL = "email"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Similar:
    """A client, or somebody of a lead's (`is_client` False), who may be the one being typed."""

    client_id: int
    name: str
    kind: str
    is_client: bool
    owner_agent_id: int | None
    likeness: Likeness


async def find_similar(
    connection: AsyncConnection,
    actor: Agent,
    country: str,
    *,
    name: str = "",
    number: str = "",
    email: str = "",
) -> tuple[Similar, ...]:
    """The few likeliest of those whom `actor` may see, the surest first."""
    numbers = [normalise(each, country) for each in split_written(number[:200])]
    keys = [each.e164 for each in numbers if each.e164]
    emails = [point_key(PointKind.EMAIL, email[:500].strip())] if "@" in email else []
    found = await _found(connection, actor, country, name, keys, emails, true())
    return await _shown(connection, actor, found)


async def find_same(
    connection: AsyncConnection, actor: Agent, country: str, party: Client
) -> tuple[Similar, ...]:
    """The few likeliest clients who may be `party`, who asks in a lead; the surest first."""
    keys = [number.e164 for number in party.numbers if number.e164 and not number.wrong]
    emails = [
        point_key(PointKind.EMAIL, point.written)
        for point in party.points
        if point.kind == PointKind.EMAIL and not point.wrong
    ]
    others = and_(clients.c.client_since.is_not(None), clients.c.id != party.id)
    found = await _found(connection, actor, country, party.name, keys, emails, others)
    return await _shown(connection, actor, found, others)


def likeness(one: str, other: str) -> float:
    """How alike two names are, 0 to 100, whatever the order of words and the legal form."""
    first, second = _bare(one), _bare(other)
    return float(fuzz.token_sort_ratio(first, second)) if first and second else 0.0


async def _found(
    connection: AsyncConnection,
    actor: Agent,
    country: str,
    name: str,
    numbers: Collection[str],
    emails: Collection[str],
    among: ColumnElement[bool],
) -> dict[int, Likeness]:
    """Why each is like what is known, by id; `among` is not asked of likeness of name."""
    same_number = client_numbers.c.e164.in_(numbers)
    same_email = and_(
        contact_points.c.kind == PointKind.EMAIL.value, contact_points.c.key.in_(emails)
    )
    found: dict[int, Likeness] = {}
    for why, table, same in (
        (Likeness.NUMBER, client_numbers, same_number if numbers else None),
        (Likeness.EMAIL, contact_points, same_email if emails else None),
    ):
        if same is None:
            continue
        theirs = select(table.c.client_id).join(clients, clients.c.id == table.c.client_id)
        query = theirs.where(same, among, visible_clients(actor)).limit(MOST_SHOWN)
        for client_id in (await connection.execute(query)).scalars():
            found.setdefault(client_id, why)
    for client_id in await _by_name(connection, actor, country, name):
        found.setdefault(client_id, Likeness.NAME)
    return found


async def _by_name(connection: AsyncConnection, actor: Agent, country: str, name: str) -> list[int]:
    """Those that share a piece of the name's longest words and are alike as a whole."""
    scored: dict[int, float] = {}
    for piece in _pieces(name):
        kinds = (SearchKind.CLIENT, SearchKind.LEAD)
        found = await find(connection, actor, piece, country, kinds=kinds, most=LOOKED_AT)
        for hit in (hit for group in (found.groups if found else ()) for hit in group.hits):
            who = hit.record_id if hit.kind is SearchKind.CLIENT else hit.client_id
            called = hit.title if hit.kind is SearchKind.CLIENT else hit.client_name
            if who is not None:
                scored[who] = max(scored.get(who, 0.0), likeness(name, called))
    alike = [who for who, score in scored.items() if score >= ALIKE]
    return sorted(alike, key=lambda who: -scored[who])[:MOST_SHOWN]


def _bare(name: str) -> str:
    return " ".join(word for word in folded(name).split() if word not in _FORMS)


def _pieces(name: str) -> Iterator[str]:
    """Overlapping pieces of the longest word: one wrong letter leaves some of them whole."""
    words = sorted(_bare(name[:300]).split(), key=len, reverse=True)
    if not words or len(words[0]) < SHORTEST_PIECE - 1:
        return
    word = words[0]
    starts = range(max(1, len(word) - SHORTEST_PIECE + 1))
    for start in starts[:: -(-len(starts) // MOST_PIECES)]:
        yield word[start : start + SHORTEST_PIECE]


async def _shown(
    connection: AsyncConnection,
    actor: Agent,
    found: dict[int, Likeness],
    among: ColumnElement[bool] = true(),
) -> tuple[Similar, ...]:
    if not found:
        return ()
    columns = ("id", "name", "kind", "client_since", "owner_agent_id")
    query = select(*(clients.c[name] for name in columns)).where(
        clients.c.id.in_(found), visible_clients(actor), among
    )
    rows = {row["id"]: row for row in (await connection.execute(query)).mappings()}
    return tuple(
        Similar(
            client_id=client_id,
            name=rows[client_id]["name"],
            kind=rows[client_id]["kind"],
            is_client=rows[client_id]["client_since"] is not None,
            owner_agent_id=rows[client_id]["owner_agent_id"],
            likeness=why,
        )
        for client_id, why in found.items()
        if client_id in rows
    )[:MOST_SHOWN]
