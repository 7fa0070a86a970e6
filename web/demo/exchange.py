"""The simulated exchange of the made-up office, as `perezvon run --simulated` starts it."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from telephony.numbers import normalise, split_written
from telephony.simulator import (
    COLLEAGUES as MOODS,
)
from telephony.simulator import (
    MENU_NUMBER,
    SALES_NUMBER,
    SUPPORT_NUMBER,
    WATCHED,
    Credentials,
    Pace,
    PhonePlan,
    SimulatedExchange,
    Town,
    direct_number,
    office,
)
from web.demo.cast import CLIENTS, COLLEAGUES, EXTENSIONS, HOT_DESKS
from web.demo.tongues import WRITTEN_IN, in_language

COUNTRY = "RU"
PACE = Pace(incoming_per_minute=4.5, outgoing_per_minute=0.7)


def phones(language: str = WRITTEN_IN) -> tuple[PhonePlan, ...]:
    """Hot desks answer by themselves when the card could be read; colleagues have their moods."""
    watched = [PhonePlan(number, f"Desk {number}", WATCHED) for number in HOT_DESKS]
    others = [
        PhonePlan(
            person.extension,
            in_language(person.name, language),
            MOODS[place % len(MOODS)],
            calls_out=True,
        )
        for place, person in enumerate(COLLEAGUES)
    ]
    return (*watched, *others)


def town(language: str = WRITTEN_IN) -> Town:
    """The clients as the exchange sees them: numbers of digits, and what their phones show."""
    people = [
        (digits, client.name if client.kind == "person" else "")
        for client in in_language(CLIENTS, language)
        for written in (client.numbers, *(numbers for _, _, numbers in client.contacts))
        for digits in _digits(written)
    ]
    dialled = ((SALES_NUMBER, 5.0), (SUPPORT_NUMBER, 3.0), (MENU_NUMBER, 1.0))
    direct = tuple((direct_number(person.extension), 0.3) for person in COLLEAGUES)
    return Town(tuple(people), (*dialled, *direct), EXTENSIONS)


def _digits(written: str) -> list[str]:
    numbers = [normalise(each, COUNTRY) for each in split_written(written)] if written else []
    return [number.e164.removeprefix("+") for number in numbers if number.e164]


def make_exchange(
    credentials: Credentials,
    now: Callable[[], datetime],
    sleep: Callable[[float], Awaitable[None]],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    pace: Pace = PACE,
    static_members: bool = False,
    language: str = WRITTEN_IN,
) -> SimulatedExchange:
    """The exchange, not yet started. Run alone, its queues need `static_members` to be served."""
    seated = tuple(f"PJSIP/{person.extension}" for person in COLLEAGUES)
    return SimulatedExchange(
        office(phones(language), static_members=seated if static_members else ()),
        credentials=credentials,
        now=now,
        sleep=sleep,
        host=host,
        port=port,
        seed=now().toordinal(),
        town=town(language),
        pace=pace,
    )
