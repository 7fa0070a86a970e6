"""The office's telephony on paper: its phones, queues and numbers. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from telephony.simulator.members import Strategy
from telephony.simulator.moods import WATCHED, Mood

TRUNK = "PJSIP/trunk"


@dataclass(frozen=True, slots=True)
class PhonePlan:
    """A phone `PJSIP/<extension>`: whose it is said to be, and how it is answered."""

    extension: str
    name: str = ""
    mood: Mood = WATCHED
    calls_out: bool = False

    @property
    def interface(self) -> str:
        return f"PJSIP/{self.extension}"


@dataclass(frozen=True, slots=True)
class QueuePlan:
    """A queue; `patience_seconds` is when its callers are sent on to `voicemail` or hung up on.

    Where the exchange `answers` its callers first, they hear the queue's music at their expense.
    `members` are static ones; the product adds its own.
    """

    name: str
    extension: str
    strategy: Strategy = "ringall"
    ring_seconds: float = 15.0
    patience_seconds: float = 120.0
    voicemail: bool = False
    answers: bool = False
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """Where a dialled outside number leads: a queue, an extension or `voicemail`; first a menu."""

    queue: str = ""
    extension: str = ""
    voicemail: bool = False
    menu_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """The office; `keying_seconds` is how long an attended transfer takes to be dialled: Asterisk
    keys the feature code and the number, and waits for more digits."""

    phones: tuple[PhonePlan, ...]
    queues: tuple[QueuePlan, ...] = ()
    routes: Mapping[str, Route] = field(default_factory=dict)
    ring_seconds: float = 20.0
    keying_seconds: float = 3.1


SALES_NUMBER, SUPPORT_NUMBER, MENU_NUMBER = "74951000201", "74951000202", "74951000210"


def office(phones: tuple[PhonePlan, ...], *, static_members: tuple[str, ...] = ()) -> Plan:
    """A small office: `sales` rings all, `support` one by one with a mailbox behind it, a menu,
    and a direct number 7495100 0xxx for each phone.
    """
    queues = (
        QueuePlan("sales", "600", "ringall", 15.0, 120.0, members=static_members),
        QueuePlan("support", "601", "rrmemory", 12.0, 45.0, True, members=static_members),
    )
    routes = {
        SALES_NUMBER: Route(queue="sales"),
        SUPPORT_NUMBER: Route(queue="support"),
        MENU_NUMBER: Route(queue="support", menu_seconds=5.0),
    }
    direct = {direct_number(phone.extension): Route(extension=phone.extension) for phone in phones}
    return Plan(phones, queues, routes | direct)


def direct_number(extension: str) -> str:
    """The outside number of a phone: 101 -> 74951000101."""
    return f"7495100{int(extension):04d}"
