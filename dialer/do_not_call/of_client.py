"""What stands on the do-not-call lists about a client: told where he asks for his data, and kept
where he asks to be forgotten."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select, update

from crm_core.clients.tables import client_numbers
from crm_core.clients.whole import Whole, in_pieces
from crm_core.storage.engine import Connection, Write
from dialer.do_not_call.looking import list_national, listings_of
from dialer.do_not_call.tables import do_not_call_numbers


class DoNotCallOfClient:
    """What `PersonalData` and `Erasure` are given of the do-not-call lists."""

    async def tell(
        self, connection: Connection, whole: Whole
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """His numbers on lists, now and before."""
        listings = await listings_of(connection, whole.client_ids)
        national = await list_national(connection, whole.numbers)
        return {
            "do_not_call": [_row(each) for each in listings],
            "do_not_call_national": [_row(each) for each in national],
        }

    async def forget(self, tx: Write, whole: Whole, now: datetime) -> None:
        """The bare number stays where it is: that he is not called again is what he asked for, and
        without it the next list that names him would have him called (GDPR 17(3)(b), 21(3)). Whose
        it was and what was said with it is gone."""
        kept, his = do_not_call_numbers.c, client_numbers.c
        nothing = {"client_id": None, "call_id": None, "reason": "", "removal": ""}
        for piece in in_pieces(whole.client_ids):
            numbers = select(his.e164).where(his.client_id.in_(piece), his.e164.is_not(None))
            nobodys = and_(kept.client_id.is_(None), kept.e164.in_(numbers))
            about = or_(kept.client_id.in_(piece), nobodys)
            await tx.execute(update(do_not_call_numbers).where(about).values(**nothing))


def _row(listing: Any) -> dict[str, Any]:
    return {name: getattr(listing, name) for name in listing.__dataclass_fields__}
