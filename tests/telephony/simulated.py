"""A simulated exchange whose time is turned by hand, and its own book beside the tracker's."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from telephony.events import CallRecord
from telephony.replay import read_stream, replay
from telephony.simulator import Exchange, Incoming, Mood, Outgoing, PhonePlan, Talk, Town, office
from telephony.simulator.moods import Reply
from telephony.simulator.truth import Told

START = datetime(2026, 11, 22, 9, tzinfo=UTC)
CLIENT, OUTSIDE = "79161234567", "79031112233"
PROMPT, SLEEPY, UNWILLING = Mood(2, 2), Mood(1, 1, misses=1.0), Mood(1, 1, declines=1.0)


@dataclass
class Stage:
    exchange: Exchange
    said: list[bytes]

    def play(self, seconds: float) -> None:
        moment = self.exchange.timetable.now + timedelta(seconds=seconds)
        self.exchange.timetable.run_until(moment)

    @property
    def stream(self) -> bytes:
        return b"".join(self.said)

    def records(self) -> list[CallRecord]:
        return replay(list(read_stream(self.stream)), r"\d{2,5}")

    def events(self, name: str) -> list[dict[str, str]]:
        """The events of that name, headers as Asterisk spells them."""
        found = []
        for block in self.stream.decode().split("\r\n\r\n"):
            headers = dict(line.split(": ", 1) for line in block.split("\r\n") if ": " in line)
            if headers.get("Event") == name:
                found.append(headers)
        return found

    def come_in(self, dialled: str, *, patience: float = 60, talk: Talk | None = None) -> None:
        story = Incoming(CLIENT, "Иван", dialled, patience, talk or Talk(30))
        self.exchange.incoming(story)

    def go_out(
        self,
        number: str = OUTSIDE,
        reply: Reply | None = None,
        *,
        patience: float = 25,
        talk: Talk | None = None,
    ) -> None:
        story = Outgoing(number, reply or Reply("answer", 3), patience, talk or Talk(30))
        self.exchange.outgoing("101", story)


def stage(
    moods: dict[str, Mood] | None = None,
    *,
    extensions: int = 4,
    seated: int = 2,
    seed: int = 0,
    town: Town | None = None,
) -> Stage:
    """Phones 101, 102, ... that answer after two seconds, the first `seated` in both queues."""
    said: list[bytes] = []
    phones = tuple(
        PhonePlan(str(number), f"Operator {number}", (moods or {}).get(str(number), PROMPT), True)
        for number in range(101, 101 + extensions)
    )
    members = tuple(phone.interface for phone in phones[:seated])
    plan = office(phones, static_members=members)
    return Stage(Exchange(plan, said.append, start=START, seed=seed, town=town), said)


def meant(told: Told) -> dict[str, Any]:
    """What the exchange meant, in the fields that both books keep."""
    return {
        "direction": told.direction,
        "caller": told.caller,
        "dialled": told.dialled,
        "queue": told.queue,
        "outcome": told.outcome,
        "answered_by": told.answered_by,
        "offered": [(offer.interface, offer.result) for offer in told.offers],
        "wait_seconds": round(told.wait_seconds, 2),
        "talk_seconds": round(told.talk_seconds, 2),
        "hold_seconds": round(told.hold_seconds, 2),
        "transfers": told.transfers,
        "ended_by": told.ended_by,
    }


def recorded(record: CallRecord) -> dict[str, Any]:
    """What the tracker made of it."""
    return {
        "direction": str(record.direction),
        "caller": record.caller,
        "dialled": record.dialled,
        "queue": record.queue,
        "outcome": record.outcome and str(record.outcome),
        "answered_by": [str(interface) for interface in record.answered_by],
        "offered": [
            (str(offer.interface), offer.result and str(offer.result)) for offer in record.offered
        ],
        "wait_seconds": round(record.wait_seconds, 2),
        "talk_seconds": round(record.talk_seconds, 2),
        "hold_seconds": round(record.hold_seconds, 2),
        "transfers": [(str(each.kind), each.from_interface, each.to) for each in record.transfers],
        "ended_by": record.ended_by and str(record.ended_by),
    }
