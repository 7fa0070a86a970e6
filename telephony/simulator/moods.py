"""How people behave: who picks up when, who declines, who lets it ring. Pure but for the dice."""

import random
from dataclasses import dataclass
from typing import Literal

Doing = Literal["answer", "decline", "busy", "miss", "unreachable"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody does about a ringing phone, `after_seconds`; `miss` lets it ring for ever."""

    doing: Doing
    after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Mood:
    """Of ten calls `declines` * 10 are refused, `misses` * 10 let ring; the rest are answered."""

    quickest_seconds: float
    slowest_seconds: float
    declines: float = 0.0
    misses: float = 0.0

    def reply(self, dice: random.Random) -> Reply:
        after = dice.uniform(self.quickest_seconds, self.slowest_seconds)
        chance = dice.random()
        if chance < self.declines:
            return Reply("decline", after)
        if chance < self.declines + self.misses:
            return Reply("miss")
        return Reply("answer", after)


QUICK = Mood(1.5, 4.0)
SLOW = Mood(5.0, 11.0, misses=0.1)
PICKY = Mood(2.0, 6.0, declines=0.15, misses=0.1)
WATCHED = Mood(3.0, 6.0)
"""The phone of a person at a browser: it answers by itself once the card could be read."""

COLLEAGUES = (QUICK, SLOW, PICKY)


def client_called(dice: random.Random) -> Reply:
    """What a client does whose phone an operator rings."""
    chance = dice.random()
    if chance < 0.68:
        return Reply("answer", dice.uniform(3.0, 12.0))
    if chance < 0.80:
        return Reply("busy", dice.uniform(0.5, 1.5))
    if chance < 0.96:
        return Reply("miss")
    return Reply("unreachable", dice.uniform(0.5, 2.0))
