"""Which of a client's numbers may be dialled at all, and where each is answered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from crm_core.clients.tables import client_numbers, contact_points
from crm_core.storage.engine import Write
from dialer.compliance.permission import Refused
from dialer.compliance.special_numbers import special
from dialer.compliance.zones import zones_of
from dialer.entries.loaded import NotLoaded
from dialer.order.best_hours import NumberKind


@dataclass(frozen=True, slots=True)
class UsableNumber:
    """A number that may be dialled; `zones`: where its owner may be."""

    e164: str
    kind: NumberKind
    zones: frozenset[str]


def usable_numbers(
    numbers: Iterable[Mapping[str, Any]], address: str, country: str, own: frozenset[str]
) -> tuple[list[UsableNumber], NotLoaded]:
    """Those of a card's numbers, as it lists them; and if there are none, why. `country` is the
    office's, `own` its numbers."""
    reason = NotLoaded.NO_NUMBER
    usable: dict[str, UsableNumber] = {}
    for row in numbers:
        told = _usable(row, address, country, own)
        if isinstance(told, UsableNumber):
            usable[told.e164] = told
        else:
            reason = told
    return [*usable.values()], reason


def _usable(
    row: Mapping[str, Any], address: str, country: str, own: frozenset[str]
) -> UsableNumber | NotLoaded:
    e164 = row["e164"]
    refused = Refused.NOT_VALID if e164 is None else special(e164, country, own)
    if refused is Refused.NOT_VALID or row["wrong"]:
        return NotLoaded.NO_VALID_NUMBER
    if row["do_not_call"]:
        return NotLoaded.DO_NOT_CALL
    if refused is not None:
        return NotLoaded.OWN_NUMBER if refused is Refused.OWN else NotLoaded.SPECIAL_NUMBER
    zones = zones_of(e164, address)
    kind = NumberKind.MOBILE if row["mobile"] else NumberKind.LANDLINE
    return UsableNumber(e164, kind, zones) if zones else NotLoaded.ZONE_UNKNOWN


async def numbers_on_cards(tx: Write, ids: Sequence[int]) -> dict[int, list[Mapping[str, Any]]]:
    of = client_numbers.c
    query = select(of.client_id, of.e164, of.mobile, of.wrong, of.do_not_call)
    found: dict[int, list[Mapping[str, Any]]] = {}
    for row in (await tx.execute(query.where(of.client_id.in_(ids)).order_by(of.id))).mappings():
        found.setdefault(row["client_id"], []).append(row)
    return found


async def addresses_of(tx: Write, ids: Sequence[int]) -> dict[int, str]:
    """The address of each that has one; of several the last, which is the newest."""
    of = contact_points.c
    query = select(of.client_id, of.written).where(
        of.client_id.in_(ids), of.kind == "address", of.wrong.is_(False)
    )
    found = await tx.execute(query.order_by(of.id))
    return {row.client_id: row.written for row in found}
