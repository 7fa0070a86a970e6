"""One person's numbers as the law judges them, outside any campaign: for a card, for a question."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.clients.tables import client_numbers, contact_points
from crm_core.storage.hot import rows_of
from dialer.compliance.profile import LawProfile
from dialer.compliance.subject import PastAttempt, Subject
from dialer.compliance.zones import zones_of
from dialer.consents.queries import consents_of
from dialer.do_not_call.queries import lists_naming
from dialer.entries.evidence import DIALS
from dialer.entries.gathering import history_since, past_attempt

MOST_NUMBERS: Final = 64


@dataclass(frozen=True, slots=True)
class AskedNumber:
    """A number of a client; `client_id` None where nobody is known to have it."""

    e164: str | None
    client_id: int | None = None
    wrong: bool = False
    do_not_call: bool = False


async def subjects_of(
    connection: AsyncConnection,
    law: LawProfile,
    at: datetime,
    asked: Sequence[AskedNumber],
    own: frozenset[str],
) -> list[Subject]:
    """What is known of each of some numbers, MOST_NUMBERS at most, in order; `own` are the
    office's."""
    asked = asked[:MOST_NUMBERS]
    numbers = {each.e164 for each in asked if each.e164 is not None}
    clients = {each.client_id for each in asked if each.client_id is not None}
    listed = await lists_naming(connection, numbers, None, at)
    said = await consents_of(
        connection,
        [(each.client_id, each.e164) for each in asked if each.client_id and each.e164],
    )
    marked = await _marked(connection, numbers)
    addresses = await _addresses(connection, clients)
    tried = await _attempts(connection, law, at, numbers, clients)
    return [
        Subject(
            e164=each.e164,
            zones=zones_of(each.e164, addresses.get(each.client_id or 0, ""))
            if each.e164
            else frozenset(),
            listed=listed.get(each.e164 or "", frozenset()),
            do_not_call=each.do_not_call or each.e164 in marked,
            wrong=each.wrong,
            own=each.e164 in own,
            attempts=tuple(
                past
                for number, client_id, past in tried
                if number == each.e164 or (client_id is not None and client_id == each.client_id)
            ),
            consents=said.get((each.client_id or 0, each.e164 or ""), ()),
        )
        for each in asked
    ]


async def whose(connection: AsyncConnection, e164: str) -> list[AskedNumber]:
    """The number as each client has it; as nobody's where none does."""
    his = client_numbers.c
    query = select(his.client_id, his.wrong, his.do_not_call).where(his.e164 == e164)
    rows = await connection.execute(query.order_by(his.id).limit(MOST_NUMBERS))
    found = {row.client_id: AskedNumber(e164, *row) for row in rows}
    return list(found.values()) or [AskedNumber(e164)]


async def _marked(connection: AsyncConnection, numbers: set[str]) -> set[str]:
    """Those that are not to be called by anybody's card: the number is the same."""
    his = client_numbers.c
    query = select(his.e164).where(his.e164.in_(numbers), his.do_not_call)
    return set((await connection.execute(query)).scalars())


async def _addresses(connection: AsyncConnection, client_ids: set[int]) -> dict[int, str]:
    of = contact_points.c
    query = select(of.client_id, of.written).where(
        of.client_id.in_(client_ids), of.kind == "address", of.wrong.is_(False)
    )
    rows = await connection.execute(query.order_by(of.id))
    return {row.client_id: row.written for row in rows}


async def _attempts(
    connection: AsyncConnection,
    law: LawProfile,
    at: datetime,
    numbers: set[str],
    client_ids: set[int],
) -> list[tuple[str, int | None, PastAttempt]]:
    asked = {"numbers": sorted(numbers), "clients": sorted(client_ids)}
    [rows] = await rows_of(connection, (DIALS, {**asked, "since": history_since(law, at)}))
    found = {row.id: row for row in rows}  # one may come by number and by client
    return [(row.number, row.client_id, past_attempt(row)) for row in found.values()]
