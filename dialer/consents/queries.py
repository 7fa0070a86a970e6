"""Consents as the decision to dial asks for them: a batch at a time, in one statement."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.clients.tables import client_numbers
from dialer.compliance.subject import Consent
from dialer.consents.kinds import Purpose
from dialer.consents.tables import consents

Asked = tuple[int, str]
"""A client's id and one of his numbers, in E.164."""


async def consents_of(
    connection: AsyncConnection, asked: Collection[Asked], purpose: Purpose = Purpose.CALLS
) -> dict[Asked, tuple[Consent, ...]]:
    """What each of the clients said about the number, in force or not; nothing for those who said
    nothing. Another client's word for the same number is not his."""
    if not asked:
        return {}
    numbers = defaultdict[int, set[str]](set)
    for client_id, e164 in asked:
        numbers[client_id].add(e164)
    found = defaultdict[Asked, list[Consent]](list)
    whose = consents.c.client_id.in_(numbers)
    for client_id, number, *times in await connection.execute(about(whose, purpose)):
        meant = numbers[client_id] if number is None else numbers[client_id] & {number}
        for e164 in meant:
            found[client_id, e164].append(Consent(*times))
    return {one: tuple(said) for one, said in found.items()}


def about(which: Any, purpose: Purpose) -> Select[Any]:
    """The number of each consent, a row for each of a contact's; None for all the client's. `which`
    is the condition on `consents`."""
    said, his = consents.c, client_numbers.c
    number = func.coalesce(said.e164, his.e164)
    # His numbers are found by the client: nearly all numbers have no contact at all, and an index
    # over that is one that a planner does not use.
    of_contact = and_(
        said.e164.is_(None),
        his.client_id == said.client_id,
        his.contact_id == said.contact_id,
    )
    return (
        select(
            said.client_id, number.label("number"), said.given_at, said.expires_at, said.revoked_at
        )
        .select_from(consents)
        .outerjoin(client_numbers, of_contact)
        .where(
            which,
            said.purpose == purpose,
            said.superseded_by_id.is_(None),
            said.erased_at.is_(None),
            or_(number.is_not(None), ~said.contact_bound),
        )
        .order_by(said.id)
    )
