"""The statements of choosing: who stands first in each bucket, and what is known of them.

Compiled once and given to the driver itself; each reads an index to the wanted length and no
further, so a list of two millions costs what one of twenty thousand does.
"""

from functools import cache
from itertools import chain, repeat
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Integer,
    String,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
    union_all,
)

from crm_core.clients.tables import client_numbers, clients
from crm_core.storage.base import Instant
from crm_core.storage.hot import HotSelect
from dialer.campaigns.tables import attempts, campaign_segments
from dialer.consents.kinds import Purpose
from dialer.consents.queries import about
from dialer.do_not_call.queries import imported_naming, kept_naming
from dialer.entries.states import EntryState
from dialer.entries.tables import entries, entry_buckets
from telephony.events import Outcome

AT_ONCE: Final = 64  # parameters of one statement
_E = entries.c
_PLACE: Final = (_E.id, _E.rank, _E.bucket_id)
"""All in the index: the rows themselves are read of those only who are picked."""
_CAMPAIGN: Final = bindparam("campaign", type_=Integer)
_READY: Final[Any] = literal_column(f"'{EntryState.READY.value}'")
_CERTAIN: Final[Any] = literal_column(f"'{EntryState.CERTAIN.value}'")


def named(prefix: str, values: Any, filler: object) -> dict[str, object]:
    """Parameters `prefix0`, `prefix1`, … of a statement that takes AT_ONCE of them."""
    return dict(zip(_names(prefix), chain(values, repeat(filler)), strict=False))


@cache
def _names(prefix: str) -> tuple[str, ...]:
    return tuple(f"{prefix}{n}" for n in range(AT_ONCE))


def _several(prefix: str, type_: Any, count: int = AT_ONCE) -> list[Any]:
    return [bindparam(f"{prefix}{n}", type_=type_) for n in range(count)]


_FIRST: Final[Any] = (
    select(_E.rank)
    .where(_E.bucket_id == entry_buckets.c.id, _E.state == _READY)
    .order_by(_E.rank)
    .limit(literal_column("1"))
    .correlate(entry_buckets)
    .scalar_subquery()
)

BUCKETS: Final = HotSelect(
    select(
        entry_buckets.c.id,
        entry_buckets.c.zones,
        entry_buckets.c.segment,
        entry_buckets.c.kind,
        _FIRST.label("first_rank"),
    ).where(entry_buckets.c.campaign_id == _CAMPAIGN)
)
"""Every bucket of a campaign and the rank of its foremost ready entry, None where there is none."""

SEGMENTS: Final = HotSelect(
    select(
        campaign_segments.c.segment,
        campaign_segments.c.completed,
        campaign_segments.c.leased,
        campaign_segments.c.dialled,
    ).where(campaign_segments.c.campaign_id == _CAMPAIGN)
)
"""How far each segment is."""


def _foremost(buckets: int) -> HotSelect:
    parts = [
        select(
            select(*_PLACE)
            .where(_E.bucket_id == bindparam(f"b{n}", type_=Integer), _E.state == _READY)
            .order_by(_E.rank, _E.id)
            .limit(bindparam(f"most{n}", type_=Integer))
            .subquery(f"in{n}")
        )
        for n in range(buckets)
    ]
    return HotSelect(select(union_all(*parts).subquery("foremost")))


FOREMOST: Final = {count: _foremost(count) for count in (1, 2, 4, 8, 16, 32, AT_ONCE)}
"""The foremost `most<n>` ready entries of each bucket `b<n>`, in no order between buckets."""


def _certain(condition: Any) -> Any:
    return select(
        select(*_PLACE)
        .where(_E.campaign_id == _CAMPAIGN, _E.state == _CERTAIN, condition)
        .order_by(_E.rank, _E.id)
        .limit(bindparam("most", type_=Integer))
        .subquery()
    )


CERTAIN: Final = HotSelect(
    select(
        union_all(
            _certain(_E.for_agent_id.is_(None)),
            _certain(_E.for_agent_id.in_(_several("agent", Integer))),
        ).subquery("certain")
    )
)
"""The foremost that need an operator sure for them: for anybody, and for those who are there."""

CARDS: Final = HotSelect(
    select(
        *(_E.id, _E.rank, _E.bucket_id, _E.client_id, _E.contact_id, _E.e164, _E.position),
        *(_E.segment, _E.needs_agent, _E.for_agent_id),
        (clients.c.deleted_at.is_not(None) | clients.c.erased_at.is_not(None)).label("gone"),
        (client_numbers.c.client_id == _E.client_id).label("his"),
        client_numbers.c.wrong,
        client_numbers.c.do_not_call,
    )
    .join(clients, clients.c.id == _E.client_id)
    .outerjoin(client_numbers, client_numbers.c.e164 == _E.e164)
    .where(_E.id.in_(_several("entry", Integer)))
)
"""Each entry and what the cards say of its number: a row for each card that it is on."""

_A = attempts.c
_LIVE: Final = [Outcome.ANSWERED.value, Outcome.ABANDONED.value]


def _attempts(condition: Any) -> Any:
    since = bindparam("since", type_=Instant())
    live = _A.outcome.in_([literal_column(f"'{word}'") for word in _LIVE])
    talked = _A.outcome.is_(None) & _A.answered_at.is_not(None) & _A.machine_result.is_(None)
    return select(
        _A.id,
        _A.client_id,
        _A.number,
        _A.decided_at,
        (live | talked).label("answered"),
        (_A.outcome == literal_column(f"'{Outcome.ABANDONED.value}'")).label("abandoned"),
        _A.ended_at.is_(None).label("going_on"),
    ).where(condition, _A.decided_at >= since)


ATTEMPTS: Final = HotSelect(
    select(
        union_all(
            _attempts(_A.number.in_(_several("number", String))),
            _attempts(_A.client_id.in_(_several("client", Integer))),
        ).subquery("tried")
    )
)
"""Every dial since then at one of the numbers or to one of the clients, of all campaigns; one may
come twice."""

LISTED: Final = HotSelect(
    select(
        union_all(
            kept_naming(_several("number", String), _CAMPAIGN, bindparam("now", type_=Instant())),
            imported_naming(_several("digits", BigInteger)),
        ).subquery("listed")
    )
)
"""The do-not-call lists that some of the numbers stand on."""

CONSENTS: Final = HotSelect(about(_several("client", Integer), Purpose.CALLS))
"""What the clients have agreed to, or taken back."""

COUNT_BEFORE: Final = HotSelect(
    select(
        func.count().label("count"),
    ).select_from(
        select(_E.id)
        .where(
            _E.bucket_id == bindparam("bucket", type_=Integer),
            _E.state == _READY,
            tuple_(_E.rank, _E.id)
            < tuple_(bindparam("rank", type_=BigInteger), bindparam("id", type_=Integer)),
        )
        .limit(bindparam("most", type_=Integer))
        .subquery()
    )
)
"""How many stand before a rank in a bucket, counted no further than `most`."""
