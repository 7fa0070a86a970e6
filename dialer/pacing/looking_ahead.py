"""The floor some seconds from now, as the estimator sees it coming."""

from collections.abc import Hashable
from typing import Final

from dialer.estimating.estimator import Estimator
from dialer.pacing.floor import Floor
from dialer.pacing.forecast import Instant

# When a call placed now may be answered: quantiles of the time to answer. Two do as well as four
# (busy share within 0.005) in half the time.
_INSTANTS: Final = (0.25, 0.75)


class LookingAhead:
    """The forecast of one decision; `add` puts one more call into it. `rung` is what the estimator
    told of the ringing calls (`Estimator.look`)."""

    def __init__(
        self,
        floor: Floor,
        rung: list[float],
        estimator: Estimator,
        at: float,
        hour: int,
        patience: float,
    ) -> None:
        self._floor = floor
        self._estimator = estimator
        self._at = at
        self._hour = hour
        self._patience = patience
        ringing = estimator.ringing
        self._ages = [at - call.since for call in floor.ringing.values()]
        chance = estimator.answering.chance(None, hour)
        self.answer_chance = chance.mean
        # What is wrong about one call is wrong about all of them: among hundreds, luck evens out
        # and this does not.
        self._doubts = chance.deviation / chance.mean, estimator.handling.doubt
        groups = {call.group for call in floor.ringing.values()}
        of_group = {group: self._cautious(group) for group in groups}
        self._chances = [of_group[call.group] for call in floor.ringing.values()]
        self._rung = rung
        self.seconds = ringing.quantile(_INSTANTS[-1])
        self._added = []
        self._instants = []
        for share in _INSTANTS:
            ahead = ringing.quantile(share)
            self._instants.append(self._instant(ahead))
            self._added.append(self._cautious(None) * ringing.share_by(ahead))

    def _cautious(self, group: Hashable) -> float:
        """The chance of an answer, raised by half of what it may be wrong by."""
        chance = self._estimator.answering.chance(group, self._hour)
        return min(0.98, chance.mean + 0.5 * chance.deviation)

    @property
    def capacity(self) -> float:
        """Operators free at the last instant, expected; those waiting for one taken off."""
        return self._instants[-1].capacity

    @property
    def taken(self) -> float:
        """The chance that one more call, if it is answered, finds everybody taken."""
        return sum(instant.taken() for instant in self._instants) / len(self._instants)

    def add(self) -> None:
        """One more call is placed."""
        for instant, answered in zip(self._instants, self._added, strict=True):
            instant.add(answered)

    def bearable(self, room: float) -> int:
        """The calls that may be added so that, should people suddenly answer as they did hours ago
        (a silent trunk comes back), the meter could still bear it: `room` calls to abandon."""
        still = len(self._rung) - sum(self._rung)
        chance = self._estimator.answering.stressed(self._hour)
        return int((self.capacity + 0.5 * max(0.0, room)) / chance - still)

    def _instant(self, ahead: float) -> Instant:
        free = len(self._floor.ready) - self._floor.waiting
        return Instant(free, self._freed(ahead), self._answered(ahead), *self._doubts)

    def _freed(self, ahead: float) -> list[float]:
        """Of each busy operator, the chance to be free when who answers then has waited as long as
        he may."""
        handling, floor, at = self._estimator.handling, self._floor, self._at
        wait = round(ahead + self._patience)
        freed = []
        for busy_ones, phase, table_of in (
            (floor.talking, handling.talk, handling.free_after_talk),
            (floor.wrapping_up, handling.wrap_up, handling.free_after_wrap_up),
        ):
            tables = {kind: table_of(kind, wait) for kind in {b.kind for b in busy_ones.values()}}
            tempos, leaving = phase.tempos, floor.leaving
            for operator, busy in busy_ones.items():
                if operator in leaving:
                    continue
                table = tables[busy.kind]
                chance = table[min(int(at - busy.since), len(table) - 1)]
                tempo = tempos.get(operator)
                if tempo is not None:
                    chance = 1.0 - (1.0 - chance) ** tempo.ratio
                freed.append(chance)
        return freed

    def _answered(self, ahead: float) -> list[float]:
        """Of each ringing call, the chance to be answered by then, having rung so long."""
        by_then = self._estimator.ringing.shares_by([age + ahead for age in self._ages])
        calls = zip(by_then, self._rung, self._chances, strict=True)
        return [
            chance * (then - now) / (1.0 - chance * now)
            for then, now, chance in calls
            if then > now
        ]
