"""Which of the foremost of several buckets come next (pure): the order within a bucket is the rank,
between buckets also the hour and how full the quotas are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from typing import Generic, Protocol, TypeVar

from dialer.order.quotas import Filled, Quotas
from dialer.order.ranking import BAND_SHIFT, is_urgent


class Ranked(Protocol):
    """Who stands in a bucket."""

    @property
    def id(self) -> int: ...

    @property
    def rank(self) -> int: ...


T = TypeVar("T", bound=Ranked)


@dataclass(frozen=True, slots=True)
class Row(Generic[T]):
    """The foremost of one bucket in their order; `better_later`: their best hour is still to come
    today, so others go first."""

    segment: str
    better_later: bool
    foremost: Sequence[T]


class Picking:
    """Quotas while entries are picked: each pick counts at once, so segments fill evenly."""

    def __init__(self, quotas: Quotas, filled: Mapping[str, Filled]) -> None:
        self._quotas = quotas
        self._filled = dict(filled)
        self._average = quotas.average(filled)

    @property
    def has_quotas(self) -> bool:
        """Whether any segment is limited."""
        return bool(self._quotas.most)

    def has_room(self, segment: str) -> bool:
        """Whether one more may be dialled there."""
        if segment not in self._quotas.most:
            return True
        room = self._quotas.room(segment, self._filled.get(segment, Filled()))
        return room is None or room > 0

    @property
    def filled(self) -> Mapping[str, Filled]:
        """How far the segments are with all that was taken."""
        return self._filled

    def take_if_room(self, segment: str) -> bool:
        """Take one where one more may be dialled; whether it was."""
        has_room = self.has_room(segment)
        if has_room:
            self.take(segment)
        return has_room

    def take(self, segment: str) -> None:
        """One more is dialled there."""
        if segment in self._quotas.most:
            now = self._filled.get(segment, Filled())
            self._filled[segment] = replace(now, leased=now.leased + 1, dialled=now.dialled + 1)

    def give_back(self, segment: str) -> None:
        """One that was taken is not dialled after all."""
        if segment in self._quotas.most:
            now = self._filled[segment]
            self._filled[segment] = replace(now, leased=now.leased - 1, dialled=now.dialled - 1)

    def key(self, row: Row[T], each: T) -> tuple[int, bool, float, int, int]:
        """The place of `each` among all rows: the least is next."""
        return place(each.rank, each.id, better_later=row.better_later, fill=self.fill(row.segment))

    def fill(self, segment: str) -> float:
        """How full the segment is, beside the others."""
        if segment not in self._quotas.most:
            return self._average
        return self._quotas.fill(segment, self._filled.get(segment, Filled()), self._average)


def place(
    rank: int, entry_id: int, *, better_later: bool, fill: float
) -> tuple[int, bool, float, int, int]:
    """The place of an entry among those of all buckets: the least is next."""
    later = better_later and not is_urgent(rank)
    return rank >> BAND_SHIFT, later, fill, rank, entry_id


def in_order(rows: Sequence[Row[T]], picking: Picking) -> Iterator[T]:
    """Entries of all rows, the next first; who takes one tells `picking` before asking on."""
    heap = [
        (picking.key(row, row.foremost[0]), index, 0)
        for index, row in enumerate(rows)
        if row.foremost
    ]
    heapify(heap)
    while heap:
        key, index, position = heappop(heap)
        row = rows[index]
        now = picking.key(row, row.foremost[position])
        if now > key:  # its segment has filled meanwhile
            heappush(heap, (now, index, position))
            continue
        yield row.foremost[position]
        if position + 1 < len(row.foremost):
            following = picking.key(row, row.foremost[position + 1])
            heappush(heap, (following, index, position + 1))
