"""A person says stop. It holds from that moment on (38-FZ, article 18: the advertiser must stop at
once), and only he himself can take it back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, update

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.roles import id_of
from crm_core.calls.tables import calls
from crm_core.clients.access import access_client
from crm_core.clients.tables import client_numbers, clients
from crm_core.clock import Clock
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.storage.engine import Connection, Storage, Write
from crm_core.wording import existing_id
from dialer.campaigns.access import access_campaign
from dialer.consents.kinds import Purpose
from dialer.consents.tables import consents
from dialer.do_not_call.access import require_keeper, require_may_add
from dialer.do_not_call.events import OptedOut
from dialer.do_not_call.kinds import OPT_OUTS, ListKind
from dialer.do_not_call.lists import campaign_list, own_list
from dialer.do_not_call.records import Said, put, standing_row, take_off, understood
from dialer.do_not_call.tables import do_not_call_numbers

OPTED_OUT: Final = "opted_out"
TAKEN_BACK: Final = "opt_out_taken_back"
UNDONE: Final = "opt_out_undone"
UNDO_WITHIN: Final = timedelta(minutes=15)
"""A slip is noticed while one still knows what was said."""
MISTAKEN: Final = "mistaken"
"""What stands as the reason for which it came off."""
_KEPT: Final = do_not_call_numbers.c


@dataclass(frozen=True, slots=True)
class Stopped:
    """The numbers that nobody calls now; `number_id` is the row by which it can be undone, None
    where all of it was known before."""

    numbers: tuple[str, ...]
    number_id: int | None


class OptOuts:
    """Commands, audited at the client where there is one."""

    def __init__(self, storage: Storage, clock: Clock, country: str) -> None:
        self._storage = storage
        self._clock = clock
        self._country = country

    async def stop(
        self,
        actor: Agent | None,
        written: str,
        said: Said,
        *,
        everybody: bool = False,
        campaign_id: int | None = None,
    ) -> Stopped:
        """Nobody calls this number any more, nor another of the same person: of a private one all,
        of somebody at an organisation his own there; `everybody`: all of the organisation's.
        `campaign_id`: for that campaign alone. `said.client_id` says who it is, where that is known
        (to whoever sees the client, or had him in the call `said.call_id`); else it is whoever
        alone has the number. Invalid as `DoNotCall.add`; how not_a_choice unless he said so
        himself. NotFound for a campaign that `actor` does not see."""
        async with self._storage.write() as tx:
            return await self.stop_within(
                tx, actor, written, said, everybody=everybody, campaign_id=campaign_id
            )

    async def stop_within(
        self,
        tx: Write,
        actor: Agent | None,
        written: str,
        said: Said,
        *,
        everybody: bool = False,
        campaign_id: int | None = None,
    ) -> Stopped:
        """The same in a transaction that does more."""
        require_may_add(actor, ListKind.OWN)
        if said.how not in OPT_OUTS:
            raise Invalid("how", "not_a_choice")
        e164, now = understood(written, self._country), self._clock.now()
        if actor is not None and campaign_id is not None:
            await access_campaign(tx.connection, actor, campaign_id)
        client_id = await _whose(tx.connection, actor, e164, said)
        also = await _numbers_of(tx.connection, client_id, e164, everybody=everybody)
        numbers = tuple(dict.fromkeys((e164, *also)))
        of_all = campaign_id is None
        list_id = await (own_list(tx, now) if of_all else campaign_list(tx, campaign_id or 0, now))
        before = await _newest(tx)
        known = Said(said.how, said.reason, client_id, said.call_id, said.until)
        rows = [await put(tx, actor, now, list_id, each, known) for each in numbers]
        if client_id is not None:
            told: dict[str, Any] = {"number_ids": rows, "how": said.how.value}
            told |= {} if of_all else {"campaign_id": campaign_id}
            await audit.record(tx, now, id_of(actor), OPTED_OUT, "client", client_id, **told)
        tx.announce(OptedOut(numbers=numbers, client_id=client_id, campaign_id=campaign_id))
        return Stopped(numbers, next((each for each in rows if each > before), None))

    async def undo(self, actor: Agent, number_id: int) -> None:
        """It was a slip of whoever wrote it down, who says so within UNDO_WITHIN: all that `stop`
        put there goes, what it had replaced stands again. Kept in the audit trail. NotFound for
        another's, and where nothing stands there any more; Conflict("opt_out_settled") later."""
        async with self._storage.write() as tx:
            row, now = await standing_row(tx, number_id), self._clock.now()
            if row["how"] not in OPT_OUTS or row["added_by"] != actor.id:
                raise NotFound(number_id=number_id)
            if now - row["added_at"] > UNDO_WITHIN:
                raise Conflict("opt_out_settled")
            for each in await _written_with(tx, row):
                await take_off(tx, actor, now, each, MISTAKEN)
                await _stand_again(tx, each, now)
            if row["client_id"] is not None:
                about = "client", row["client_id"]
                await audit.record(tx, now, actor.id, UNDONE, *about, number_id=number_id)

    async def take_back(self, actor: Agent | None, number_id: int, consent_id: int) -> None:
        """He has changed his mind, which a consent proves that he gave since. For those who keep
        the lists. NotFound; Invalid("consent"): not_a_choice (no such consent to calls in force),
        consent_of_another (client or number), consent_not_later."""
        require_keeper(actor)
        async with self._storage.write() as tx:
            row = await standing_row(tx, number_id)
            if row["how"] not in OPT_OUTS:
                raise Conflict("not_an_opt_out")
            now = self._clock.now()
            said = consents.c
            query = select(consents).where(
                said.id == existing_id(consent_id),
                said.purpose == Purpose.CALLS,
                said.superseded_by_id.is_(None),
                said.erased_at.is_(None),
                said.revoked_at.is_(None),
                (said.expires_at > now) | said.expires_at.is_(None),
            )
            consent = (await tx.execute(query)).one_or_none()
            if consent is None:
                raise Invalid("consent", "not_a_choice")
            if not await _is_about(tx, consent, row["e164"]):
                raise Invalid("consent", "consent_of_another")
            if consent.given_at <= row["added_at"]:
                raise Invalid("consent", "consent_not_later")
            await take_off(tx, actor, now, row, f"consent {consent_id}")
            told = {"number_id": number_id, "consent_id": consent_id}
            whose = consent.client_id
            await audit.record(tx, now, id_of(actor), TAKEN_BACK, "client", whose, **told)


async def _whose(connection: Connection, actor: Agent | None, e164: str, said: Said) -> int | None:
    if said.client_id is not None:
        if actor is not None and not await _had_in_call(connection, said):
            await access_client(connection, actor, said.client_id)
        return said.client_id
    query = (
        select(client_numbers.c.client_id)
        .join(clients, clients.c.id == client_numbers.c.client_id)
        .where(
            client_numbers.c.e164 == e164,
            ~client_numbers.c.wrong,
            clients.c.deleted_at.is_(None),
        )
        .distinct()
        .limit(2)
    )
    found = (await connection.execute(query)).scalars().all()
    return int(found[0]) if len(found) == 1 else None


async def _had_in_call(connection: Connection, said: Said) -> bool:
    """Whether it is the client of the call in which he said so."""
    query = select(calls.c.client_id).where(calls.c.call_id == said.call_id)
    return (await connection.execute(query)).scalar_one_or_none() == said.client_id


async def _newest(tx: Write) -> int:
    return int((await tx.execute(select(func.max(_KEPT.id)))).scalar_one() or 0)


async def _written_with(tx: Write, row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All that one `stop` put on its list, and that stands there still."""
    query = select(do_not_call_numbers).where(
        _KEPT.list_id == row["list_id"],
        _KEPT.added_by == row["added_by"],
        _KEPT.added_at == row["added_at"],
        _KEPT.how == row["how"],
        _KEPT.removed_at.is_(None),
    )
    return [*(await tx.execute(query)).mappings()]


async def _stand_again(tx: Write, row: Mapping[str, Any], now: datetime) -> None:
    """What `put` had closed because this row said more."""
    lasts = _KEPT.until.is_(None) | (_KEPT.until > now)
    closed = (
        (_KEPT.list_id == row["list_id"])
        & (_KEPT.e164 == row["e164"])
        & (_KEPT.removed_at == row["added_at"])
        & (_KEPT.removal == "")
    )
    open_again = {"removed_at": None, "removed_by": None}
    await tx.execute(update(do_not_call_numbers).where(closed & lasts).values(**open_again))


async def _numbers_of(
    connection: Connection, client_id: int | None, e164: str, *, everybody: bool
) -> Iterable[str]:
    if client_id is None:
        return ()
    his = client_numbers.c
    kind = select(clients.c.kind).where(clients.c.id == client_id)
    whose = (await connection.execute(kind)).scalar_one_or_none()
    if whose is None:
        raise NotFound(client_id=client_id)
    query = select(his.e164).where(his.client_id == client_id, his.e164.is_not(None))
    if whose != "person" and not everybody:
        mine = client_numbers.alias().c
        contact = select(mine.contact_id).where(mine.client_id == client_id, mine.e164 == e164)
        query = query.where(his.contact_id.in_(contact))
    return (await connection.execute(query.order_by(his.id))).scalars().all()


async def _is_about(tx: Write, consent: Any, e164: str) -> bool:
    """Whether the consent holds for the number, and that is its giver's."""
    if consent.e164 is not None:
        return bool(consent.e164 == e164)
    his = client_numbers.c
    query = select(his.id).where(his.client_id == consent.client_id, his.e164 == e164)
    if consent.contact_bound:
        query = query.where(his.contact_id == consent.contact_id)
    return (await tx.execute(query.limit(1))).first() is not None
