"""The statements of a line: the buckets of a campaign, who stands foremost in each, and how full
its segments are.

Compiled once and given to the driver itself; each reads an index to the wanted length and no
further, so a list of two millions costs what one of twenty thousand does.
"""

from typing import Any, Final, NamedTuple

from sqlalchemy import (
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
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

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


class Foremost(NamedTuple):
    """Who stands first in a bucket, in order."""

    bucket_id: int
    line: list[Standing]


class _InOneText(FunctionElement[str]):
    name = "string_agg"
    type = Text()
    inherit_cache = True


@compiles(_InOneText)
def _string_agg(element: _InOneText, compiler: SQLCompiler, **how: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **how)})"


@compiles(_InOneText, "sqlite")
def _group_concat(element: _InOneText, compiler: SQLCompiler, **how: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **how)})"


def _foremost(most: int) -> HotSelect:
    # The number stands in the text, and nothing but what is in the index is read: PostgreSQL would
    # make a plan for each choice of a number that it does not know.
    mine = (_E.bucket_id == _B.id) & (_E.state == _READY)
    order = select(_E.rank, _E.id).where(mine).order_by(_E.rank, _E.id)
    first = order.limit(literal_column(str(most))).correlate(entry_buckets).subquery("first")
    each = first.c.rank.concat(_BLANK).concat(first.c.id)
    line = select(func.coalesce(_InOneText(each, _BLANK), _NOBODY))
    written = type_coerce(line.correlate(entry_buckets).scalar_subquery(), _Written())
    here = select(_B.id.label("bucket_id"), written.label("line"))
    return HotSelect(here.where(among(_B.id, "buckets")), row=Foremost)


FOREMOST: Final = {most: _foremost(most) for most in (4, 6, 8, 12, 16, 32, 64, 256, 1_024)}
"""So many foremost ready entries of each of some buckets, or fewer where there are no more."""


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
