"""The legal meter: what share of those who answered was left with nobody, in the law's own window.

Instants are POSIX seconds; the office's zone is needed only to know when its day begins.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from dialer.compliance.profile import AbandonmentRule, Window

_DAY = 86400.0
_PERIOD = 30 * _DAY
_PIECE = 600.0
_SURE = 0.5  # of the usual answers, counted before they come
# Rolling windows are kept by pieces: the window told is up to a piece longer than the law's.
_PIECES = {Window.ROLLING_24_HOURS: 60.0, Window.ROLLING_30_DAYS: 600.0}


@dataclass(slots=True)
class Count:
    """Calls answered by a live person, and those of them that were abandoned."""

    answered: int = 0
    abandoned: int = 0

    @property
    def share(self) -> float:
        return self.abandoned / self.answered if self.answered else 0.0


class Meter:
    """Counts one campaign's answered calls in the window of its rule.

    `current` is the window now; `worst` the worst that is over (or, rolling, that has been).
    """

    def __init__(self, rule: AbandonmentRule, zone: tzinfo) -> None:
        self.rule = rule
        self.current = Count()
        self.worst = Count()
        self.windows = 0  # begun so far; a rolling one is one
        self.usual = 0  # answers of the longest window so far
        self._zone = zone
        self._began = self._ends = 0.0
        self._length = {Window.ROLLING_24_HOURS: _DAY, Window.ROLLING_30_DAYS: _PERIOD}.get(
            rule.window
        )
        self._piece_seconds = _PIECES.get(rule.window, _PIECE)
        self._pieces: deque[tuple[float, Count]] = deque()
        self._bound: tuple[Count, float] | None = None  # of rolling windows, the tightest
        # Of this window and of the last few: the answers of each ten minutes since it began.
        self._course: dict[int, int] = {}
        self._past: deque[dict[int, int]] = deque(maxlen=3)

    def record(self, at: float, *, abandoned: bool) -> None:
        """A live person answered, and somebody was with him in time or not."""
        self.turn(at)
        self.current.answered += 1
        self.current.abandoned += abandoned
        self.usual = max(self.usual, self.current.answered)
        if self._length is not None:
            piece = self._piece(at)
            piece.answered += 1
            piece.abandoned += abandoned
            if self._bound is not None:
                self._bound[0].answered += 1
                self._bound[0].abandoned += abandoned
        else:
            offset = int((at - self._began) // _PIECE)
            self._course[offset] = self._course.get(offset, 0) + 1

    def turn(self, at: float) -> None:
        """Let go of what the window has left behind at `at`."""
        if self._length is not None:
            self._roll(at - self._length - self._piece_seconds)
        elif at >= self._ends:
            self.close()
            if self._course:
                self._past.append(self._course)
                self._course = {}
            self._began, self._ends = self._window_of(at)
            self.current = Count()
            self.windows += 1

    @property
    def is_long(self) -> bool:
        """Whether the window is so long that its first abandoned calls are made up for in it."""
        return self.rule.window in (Window.PERIODS_OF_30_DAYS, Window.ROLLING_30_DAYS)

    def tightest(
        self, at: float, limit: float, most: float = float("inf"), sure: float = _SURE
    ) -> tuple[Count, float]:
        """What must stay within the limit, and the answers that will surely be added to it, of whom
        the list has no more than `most`: this window; of rolling ones, which each begin at another
        time and will all end with what is abandoned now in them, the one with least to spare.
        `sure` of the usual answers come even where nothing is risked any more."""
        if self._length is None:
            return self.current, min(most, self._to_come(at))
        if self._bound is None:
            self._bound = self._tightest_rolling(limit, most, sure)
        return self._bound

    def _tightest_rolling(self, limit: float, most: float, sure: float) -> tuple[Count, float]:
        """A window that began later than the present one ends later: until then as many will answer
        as in the time between both beginnings, or `sure` of them. Of the piece in which it begins
        it may have all that were abandoned and nobody else."""
        answered, abandoned, repeated = 0, 0, sure * self.current.answered
        to_come = min(most, repeated)
        tightest, spare = (0, 0, to_come), limit * to_come
        for _, piece in reversed(self._pieces):
            repeated -= sure * piece.answered
            to_come = min(most, repeated)
            abandoned += piece.abandoned
            left = limit * (answered + piece.abandoned + to_come) - abandoned
            if left < spare:
                tightest, spare = (answered + piece.abandoned, abandoned, to_come), left
            answered += piece.answered
        return Count(*tightest[:2]), tightest[2]

    def _to_come(self, at: float) -> float:
        """The answers that this window will still see, judged by the leanest of the last three and
        halved; 0 where that is not known."""
        if not self._past:
            return 0.0
        offset = int((at - self._began) // _PIECE)
        left = (sum(n for piece, n in past.items() if piece > offset) for past in self._past)
        return _SURE * min(left)

    def close(self) -> None:
        """Remember the window as it is now, if none was worse: it is over, or nearly."""
        if self.current.answered and self.current.share >= self.worst.share:
            self.worst = Count(self.current.answered, self.current.abandoned)

    def _piece(self, at: float) -> Count:
        if not self._pieces or at - self._pieces[-1][0] >= self._piece_seconds:
            self._pieces.append((at, Count()))
            self._bound = None
        return self._pieces[-1][1]

    def _roll(self, gone: float) -> None:
        self.windows = 1
        while self._pieces and self._pieces[0][0] < gone:
            self.close()
            _, count = self._pieces.popleft()
            self.current.answered -= count.answered
            self.current.abandoned -= count.abandoned
            self._bound = None

    def _window_of(self, at: float) -> tuple[float, float]:
        if self.rule.window is Window.PERIODS_OF_30_DAYS:
            began = self._began if self.windows else at
            while at >= began + _PERIOD:
                began += _PERIOD
            return began, began + _PERIOD
        local = datetime.fromtimestamp(at, self._zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        next_midnight = midnight.replace(tzinfo=None) + timedelta(days=1)
        return midnight.timestamp(), next_midnight.replace(tzinfo=self._zone).timestamp()
