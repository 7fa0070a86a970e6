"""The consent registry as people look at it: found, paged, and written out for an inspector."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.agents.tables import agents
from crm_core.clients.tables import clients
from crm_core.errors import NotFound
from crm_core.storage.engine import Storage
from crm_core.wording import LARGEST_ID, existing_id
from dialer.consents.access import require_keeper, visible_consents
from dialer.consents.kinds import ConsentState, Purpose
from dialer.consents.tables import consent_wordings, consents

PAGE: Final = 50
_IN_ONE_READ: Final = 1_000


@dataclass(frozen=True, slots=True)
class KeptConsent:
    """A consent with all that proves it. `state` is that of the instant it was asked for; `e164`
    None: any number of his. `person` is who agreed, by the name he had then."""

    id: int
    client_id: int
    client_name: str
    contact_id: int | None
    person: str
    e164: str | None
    purpose: str
    channel: str
    wording_id: int
    wording_title: str
    wording_version: int
    wording: str
    evidence: str
    call_id: str | None
    given_at: datetime
    expires_at: datetime | None
    recorded_at: datetime
    recorded_by: str | None
    revoked_at: datetime | None
    revoked_by: str | None
    revoked_through: str | None
    revocation: str
    superseded_by_id: int | None
    erased_at: datetime | None
    state: ConsentState


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; `expiring_days` narrows those in force to such as end within so many."""

    state: ConsentState | None = None
    purpose: Purpose | None = None
    name: str = ""
    expiring_days: int | None = None
    client_id: int | None = None


async def list_consents(
    connection: AsyncConnection,
    actor: Agent,
    at: datetime,
    wanted: Wanted | None = None,
    *,
    before_id: int | None = None,
    limit: int = PAGE,
) -> list[KeptConsent]:
    """The last recorded first; `before_id` goes on after the last of the page before."""
    wanted = wanted or Wanted()
    query = _select(visible_consents(actor)).where(*_conditions(wanted, at))
    if before_id is not None:
        query = query.where(consents.c.id < min(before_id, LARGEST_ID))
    rows = await connection.execute(query.order_by(consents.c.id.desc()).limit(limit))
    return [_kept(row, at) for row in rows.mappings()]


async def get_consent(
    connection: AsyncConnection, actor: Agent, at: datetime, consent_id: int
) -> KeptConsent:
    """The consent, where `actor` may see whose it is. Raises NotFound."""
    mine = consents.c.id == existing_id(consent_id)
    rows = await connection.execute(_select(visible_consents(actor)).where(mine))
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound(consent_id=consent_id)
    return _kept(row, at)


async def export_consents(
    storage: Storage, actor: Agent, at: datetime, wanted: Wanted | None = None
) -> AsyncIterator[KeptConsent]:
    """All that is looked for, in the order of recording, read a piece at a time. Forbidden for
    whoever does not keep the registry."""
    require_keeper(actor)
    conditions, after = _conditions(wanted or Wanted(), at), 0
    query = _select(visible_consents(actor, Action.EXPORT)).where(*conditions)
    while True:
        some = query.where(consents.c.id > after).order_by(consents.c.id).limit(_IN_ONE_READ)
        async with storage.read() as connection:
            rows = (await connection.execute(some)).mappings().all()
        for row in rows:
            yield _kept(row, at)
        if len(rows) < _IN_ONE_READ:
            return
        after = rows[-1]["id"]


async def count_expiring(connection: AsyncConnection, actor: Agent, at: datetime, days: int) -> int:
    """How many that are in force end within so many days."""
    wanted = Wanted(state=ConsentState.IN_FORCE, expiring_days=days)
    counted = (
        select(func.count())
        .select_from(consents)
        .join(clients, clients.c.id == consents.c.client_id)
        .where(visible_consents(actor), *_conditions(wanted, at))
    )
    return int((await connection.execute(counted)).scalar_one())


def _select(visible: ColumnElement[bool]) -> Select[Any]:
    recorded, revoked = agents.alias(), agents.alias()
    said, words = consents.c, consent_wordings.c
    named = {"recorded_by", "revoked_by", "contact_bound", "number_proof"}
    return (
        select(
            *(column for column in said if column.name not in named),
            clients.c.name.label("client_name"),
            words.title.label("wording_title"),
            words.version.label("wording_version"),
            words.text.label("wording"),
            recorded.c.name.label("recorded_by"),
            revoked.c.name.label("revoked_by"),
        )
        .select_from(consents)
        .join(clients, clients.c.id == said.client_id)
        .join(consent_wordings, words.id == said.wording_id)
        .outerjoin(recorded, recorded.c.id == said.recorded_by)
        .outerjoin(revoked, revoked.c.id == said.revoked_by)
        .where(visible)
    )


def _conditions(wanted: Wanted, at: datetime) -> list[ColumnElement[bool]]:
    said = consents.c
    found = [] if wanted.state is None else [in_state(wanted.state, at)]
    if wanted.purpose is not None:
        found.append(said.purpose == wanted.purpose.value)
    if wanted.client_id is not None:
        found.append(said.client_id == min(wanted.client_id, LARGEST_ID))
    if wanted.expiring_days is not None:
        until = at + timedelta(days=wanted.expiring_days)
        found += [in_state(ConsentState.IN_FORCE, at), said.expires_at <= until]
    for word in wanted.name.split():
        # SQLite lowers Latin letters alone: as written, and as names are written.
        forms = {word, word.lower(), word.upper(), word.capitalize()}
        columns = (clients.c.name, said.person)
        found.append(or_(*(c.contains(form, autoescape=True) for c in columns for form in forms)))
    return found


def in_state(state: ConsentState, at: datetime) -> ColumnElement[bool]:
    """The condition on `consents` for those that stand so at `at`: each is in one state."""
    said = consents.c
    whole = and_(said.erased_at.is_(None), said.superseded_by_id.is_(None))
    kept = and_(whole, or_(said.revoked_at.is_(None), said.revoked_at > at))
    lasting = or_(said.expires_at.is_(None), said.expires_at > at)
    return {
        ConsentState.ERASED: said.erased_at.is_not(None),
        ConsentState.SUPERSEDED: and_(said.erased_at.is_(None), said.superseded_by_id.is_not(None)),
        ConsentState.REVOKED: and_(whole, said.revoked_at <= at),
        ConsentState.EXPIRED: and_(kept, said.expires_at <= at),
        ConsentState.FUTURE: and_(kept, lasting, said.given_at > at),
        ConsentState.IN_FORCE: and_(kept, lasting, said.given_at <= at),
    }[state]


def _kept(row: Any, at: datetime) -> KeptConsent:
    return KeptConsent(**row, state=_state(row, at))


def _state(row: Any, at: datetime) -> ConsentState:
    ends: Sequence[tuple[ConsentState, bool]] = (
        (ConsentState.ERASED, row["erased_at"] is not None),
        (ConsentState.SUPERSEDED, row["superseded_by_id"] is not None),
        (ConsentState.REVOKED, row["revoked_at"] is not None and row["revoked_at"] <= at),
        (ConsentState.EXPIRED, row["expires_at"] is not None and row["expires_at"] <= at),
        (ConsentState.FUTURE, row["given_at"] > at),
    )
    return next((state for state, holds in ends if holds), ConsentState.IN_FORCE)
