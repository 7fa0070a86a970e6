"""The statements of a line: the buckets of a campaign, who stands foremost in each, and how full
its segments are.

Compiled once and given to the driver itself; each reads an index to the wanted length and no
further, so a list of two millions costs what one of twenty thousand does.
"""

from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Dialect,
    Integer,
    Text,
    TypeDecorator,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects import postgresql

from crm_core.storage.among import among
from crm_core.storage.hot import HotSelect
from dialer.campaigns.tables import campaign_segments
from dialer.entries.states import EntryState
from dialer.entries.tables import entries, entry_buckets

_E = entries.c
_B = entry_buckets.c
_CAMPAIGN: Final = bindparam("campaign", type_=Integer)
_MOST: Final = bindparam("most", type_=Integer)
_READY: Final[Any] = literal_column(f"'{EntryState.READY.value}'")
_CERTAIN: Final[Any] = literal_column(f"'{EntryState.CERTAIN.value}'")
_BLANK: Final[Any] = literal_column("' '")
_NOBODY: Final[Any] = literal_column("''")


class BucketRow(NamedTuple):
    """A bucket as it is kept."""

    id: int
    zones: str
    segment: str
    kind: str


BUCKETS: Final = HotSelect(
    select(_B.id, _B.zones, _B.segment, _B.kind).where(_B.campaign_id == _CAMPAIGN), row=BucketRow
)
"""Every bucket of a campaign, also those where nobody is ready."""

SEGMENTS: Final = HotSelect(
    select(
        campaign_segments.c.segment,
        campaign_segments.c.completed,
        campaign_segments.c.leased,
        campaign_segments.c.dialled,
    ).where(campaign_segments.c.campaign_id == _CAMPAIGN)
)
"""How far each segment is."""

Standing = tuple[int, int]
"""Rank and id of an entry: the least is foremost."""


class _Written(TypeDecorator[list[Standing]]):
    """Ranks and ids in one text, a blank between each two: a row for each would cost more."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: Any | None, dialect: Dialect) -> list[Standing]:
        numbers = map(int, str(value).split())
        return sorted(zip(numbers, numbers, strict=True))


class _Pairs(TypeDecorator[list[Standing]]):
    """Ranks and ids as an array of pairs."""

    impl = ARRAY(BigInteger, dimensions=2)
    cache_ok = True

    def process_result_value(self, value: Any | None, dialect: Dialect) -> list[Standing]:
        return sorted(map(tuple, value or ()))


def _first(*columns: Any) -> Any:
    """The first `most` of a bucket; all in the index, the rows themselves are not read."""
    mine = (_E.bucket_id == _B.id) & (_E.state == _READY)
    order = select(*columns).where(mine).order_by(_E.rank, _E.id)
    return order.limit(_MOST).correlate(entry_buckets)


class Foremost(NamedTuple):
    """Who stands first in a bucket, in order."""

    bucket_id: int
    line: list[Standing]


def _foremost(line: Any) -> Any:
    return select(_B.id.label("bucket_id"), line.label("line")).where(among(_B.id, "buckets"))


_FEW: Final = _first(_E.rank, _E.id).subquery("few")
_EACH: Final = func.group_concat(_FEW.c.rank.concat(_BLANK).concat(_FEW.c.id), _BLANK)
_TEXT: Final = select(func.coalesce(_EACH, _NOBODY)).correlate(entry_buckets).scalar_subquery()
_ARRAY: Final = func.array(_first(postgresql.array([_E.rank, _E.id])).scalar_subquery())

FOREMOST: Final = HotSelect(
    _foremost(type_coerce(_TEXT, _Written())),
    postgresql=_foremost(type_coerce(_ARRAY, _Pairs())),
    row=Foremost,
)
"""The foremost `most` ready entries of each of some buckets."""


class Certain(NamedTuple):
    """One that needs an operator sure for it."""

    rank: int
    id: int
    bucket_id: int | None


def _certain(condition: Any) -> Any:
    return select(
        select(_E.rank, _E.id, _E.bucket_id)
        .where(_E.campaign_id == _CAMPAIGN, _E.state == _CERTAIN, condition)
        .order_by(_E.rank, _E.id)
        .limit(_MOST)
        .subquery()
    )


CERTAIN: Final = HotSelect(
    select(
        union_all(
            _certain(_E.for_agent_id.is_(None)), _certain(among(_E.for_agent_id, "agents"))
        ).subquery("certain")
    ),
    row=Certain,
)
"""The foremost that need an operator sure for them: for anybody, and for those who are there."""

COUNT_BEFORE: Final = HotSelect(
    select(func.count().label("count")).select_from(
        select(_E.id)
        .where(
            among(_E.bucket_id, "buckets"),
            _E.state == _READY,
            tuple_(_E.rank, _E.id)
            < tuple_(bindparam("rank", type_=BigInteger), bindparam("id", type_=Integer)),
        )
        .limit(_MOST)
        .subquery()
    )
)
"""How many stand before a rank in some buckets, counted no further than `most`."""
