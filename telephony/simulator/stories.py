"""What the town is going to do: which call comes next and how it is meant to go. Pure; seeded."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from telephony.simulator.moods import Reply, client_called

Ender = Literal["client", "agent"]


@dataclass(frozen=True, slots=True)
class Hold:
    """The operator puts the other side on hold, once, during the talk."""

    after_seconds: float
    for_seconds: float


@dataclass(frozen=True, slots=True)
class Handover:
    """The operator passes the call on. `consult_seconds` is the talk of the two operators."""

    kind: Literal["blind", "attended", "blonde", "cancelled", "parked"]
    after_seconds: float
    to: str
    consult_seconds: float = 4.0


@dataclass(frozen=True, slots=True)
class Talk:
    """How a conversation goes once it has begun, and who puts the phone down."""

    seconds: float = 40.0
    ender: Ender = "client"
    hold: Hold | None = None
    handover: Handover | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """Somebody rings the office at `dialled` and hangs up after `patience_seconds` unanswered."""

    number: str
    name: str
    dialled: str
    patience_seconds: float = 60.0
    talk: Talk = Talk()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An operator rings `number`, outside or inside, and gives up after `patience_seconds`."""

    number: str
    reply: Reply
    patience_seconds: float = 25.0
    talk: Talk = Talk()


Story = Incoming | Outgoing


@dataclass(frozen=True, slots=True)
class Town:
    """Who may ring (number, name) and where: dialled numbers with how often each is taken."""

    people: Sequence[tuple[str, str]]
    dialled: Sequence[tuple[str, float]]
    extensions: Sequence[str] = ()


class StoryTeller:
    """An endless sequence of believable calls; the same seed tells the same ones."""

    def __init__(self, town: Town, seed: int) -> None:
        self._town = town
        self._dice = random.Random(seed)  # noqa: S311 (a play, no secret)

    def incoming(self) -> Incoming:
        number, name = self._caller()
        numbers, weights = zip(*self._town.dialled, strict=True)
        dialled = self._dice.choices(numbers, weights)[0]
        patient = self._dice.random() < 0.8
        patience = self._dice.uniform(35, 90) if patient else self._dice.uniform(4, 15)
        return Incoming(number, name, dialled, patience, self.talk())

    def outgoing(self) -> Outgoing:
        """A call to somebody in town, sometimes to a colleague."""
        if self._town.extensions and self._dice.random() < 0.15:
            number = self._dice.choice(self._town.extensions)
            return Outgoing(number, Reply("answer"), 15.0, self.talk(short=True))
        number = self._dice.choice(self._town.people)[0] if self._town.people else self._stranger()
        return Outgoing(number, client_called(self._dice), self._dice.uniform(15, 28), self.talk())

    def reply(self) -> Reply:
        """What an outside number does that somebody dials of his own accord."""
        return client_called(self._dice)

    def talk(self, *, short: bool = False) -> Talk:
        seconds = self._dice.uniform(8, 25) if short else self._dice.uniform(20, 90)
        ender: Ender = "client" if self._dice.random() < 0.7 else "agent"
        chance = self._dice.random()
        hold = handover = None
        if chance < 0.15:
            hold = Hold(seconds * 0.3, self._dice.uniform(4, 12))
        elif chance < 0.27 and not short and self._town.extensions:
            handover = self._handover(seconds)
        return Talk(seconds, ender, hold, handover)

    def _handover(self, seconds: float) -> Handover:
        kinds: tuple[Literal["blind", "attended", "blonde", "cancelled", "parked"], ...]
        kinds = ("blind", "attended", "blonde", "cancelled", "parked")
        kind = self._dice.choices(kinds, (5, 4, 1, 1, 1))[0]
        to = self._dice.choice(self._town.extensions)
        return Handover(kind, seconds * 0.4, to, self._dice.uniform(3, 9))

    def _caller(self) -> tuple[str, str]:
        chance = self._dice.random()
        if chance < 0.06:
            return "anonymous", "Anonymous"
        if chance < 0.22 or not self._town.people:
            return self._stranger(), ""
        return self._dice.choice(self._town.people)

    def _stranger(self) -> str:
        return f"79{self._dice.randrange(10**9):09d}"
