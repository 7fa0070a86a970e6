"""A client's consents where he asks for his data, and where he asks to be forgotten."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Final

from sqlalchemy import select, update

from crm_core.clients.tables import client_numbers
from crm_core.clients.whole import Whole, in_pieces
from crm_core.storage.engine import Connection, Write
from dialer.consents.proof import prove
from dialer.consents.tables import consent_wordings, consents

_OURS: Final = {"contact_bound", "number_proof"}
_MOST_PROVED: Final = 100  # numbers of one client: about a second


class ConsentsOfClient:
    """What `PersonalData` and `Erasure` are given of the consent registry."""

    async def tell(
        self, connection: Connection, whole: Whole
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """His consents, each with the words that he agreed to."""
        columns = [column for column in consents.c if column.name not in _OURS]
        words = consent_wordings.c
        query = (
            select(*columns, words.title.label("wording_title"), words.text.label("wording"))
            .join(consent_wordings, words.id == consents.c.wording_id)
            .where(consents.c.client_id.in_(whole.client_ids))
            .order_by(consents.c.id)
        )
        rows = (await connection.execute(query)).mappings().all()
        return {"consents": [dict(row) for row in rows]}

    async def forget(self, tx: Write, whole: Whole, now: datetime) -> None:
        """Leave what the law wants kept as proof (Germany: five years, UWG 7a; GDPR 17(3)(e)): for
        what, when, how and in which words somebody agreed. Who he was is gone; that it was
        he, his number proves when he brings it."""
        said = consents.c
        mine = select(said.id, said.client_id, said.contact_id, said.e164, said.contact_bound)
        his = mine.where(said.client_id.in_(whole.client_ids), said.erased_at.is_(None))
        rows = (await tx.execute(his)).all()
        if not rows:
            return
        numbers = await _numbers(tx, whole)
        of_each = {row.id: [row.e164] if row.e164 else list(_meant(row, numbers)) for row in rows}
        proofs = _proofs(of_each.values())
        nothing = {"person": "", "evidence": "", "revocation": "", "e164": None}
        for consent_id, its in of_each.items():
            kept = " ".join(proofs[each] for each in its if each in proofs)
            one = update(consents).where(said.id == consent_id)
            gone = one.values(**nothing, contact_id=None, erased_at=now, number_proof=kept)
            await tx.execute(gone)


async def _numbers(tx: Write, whole: Whole) -> list[Any]:
    his = client_numbers.c
    return [
        row
        for piece in in_pieces(whole.client_ids)
        for row in await tx.execute(
            select(his.client_id, his.contact_id, his.e164).where(
                his.client_id.in_(piece), his.e164.is_not(None)
            )
        )
    ]


def _meant(row: Any, numbers: Iterable[Any]) -> Iterator[str]:
    """The numbers for which a consent without one holds: the contact's, or the client's."""
    for each in numbers:
        of_contact = row.contact_id is not None and each.contact_id == row.contact_id
        if each.client_id == row.client_id and (of_contact or not row.contact_bound):
            yield each.e164


def _proofs(numbers: Iterable[Iterable[str]]) -> dict[str, str]:
    some = list(dict.fromkeys(chain.from_iterable(numbers)))[:_MOST_PROVED]
    return {e164: prove(e164, secrets.token_bytes(16)) for e164 in some}
