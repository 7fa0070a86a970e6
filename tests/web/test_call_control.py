"""What the buttons of a card ask of the exchange."""

import asyncio
from dataclasses import replace
from typing import Any, cast

import pytest

from crm_core.clock import ManualClock
from crm_core.errors import Conflict, Invalid
from telephony.events import CallRecord, LegRecord, LegRole, Offer, OfferResult
from telephony.ids import Interface, Uniqueid
from telephony.switchboard import Switchboard
from tests.screenpop import scenes
from tests.web.conftest import ClientAs, Office
from web.call_control import CallControl

ANNAS, TRUNK = "PJSIP/101", "PJSIP/trunk"


class Asked:
    """A switchboard that remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        async def ask(*values: object, **named: object) -> None:
            self.requests.append((name, *values))

        return ask


def leg(channel: str, role: LegRole, *, over: bool = False) -> LegRecord:
    return LegRecord(
        uniqueid=Uniqueid(channel),
        channel=channel,
        interface=Interface(channel.rpartition("-")[0]),
        role=role,
        started_at=scenes.NINE,
        ended_at=scenes.NINE if over else None,
    )


CALL: CallRecord = replace(
    scenes.ended().record,
    legs=(
        leg("PJSIP/trunk-0000000a", LegRole.TRUNK),
        leg("PJSIP/101-0000000b", LegRole.PHONE, over=True),
        leg("PJSIP/101-0000000c", LegRole.PHONE),
    ),
)


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def live() -> list[CallRecord]:
    """The calls that go on; a test puts another in, or takes all away."""
    return [CALL]


@pytest.fixture
def control(asked: Asked, live: list[CallRecord], clock: ManualClock) -> CallControl:
    return CallControl(cast(Switchboard, asked), lambda: live, "RU", clock)


def offered(*phones: tuple[str, OfferResult | None]) -> CallRecord:
    """A call of which only the trunk lives and that rang, or rings, at `phones`."""
    offers = tuple(
        Offer(interface=Interface(phone), offered_at=scenes.NINE, result=result)
        for phone, result in phones
    )
    return replace(CALL, legs=CALL.legs[:1], offered=offers)


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("+7 (916) 123-45-67", "89161234567"),
        ("8 916 123 45 67", "89161234567"),
        ("+49 30 123456", "81049" + "30123456"),
        ("102", "102"),
    ],
)
async def test_any_writing_is_dialled_as_a_phone_in_the_country_would(
    control: CallControl, asked: Asked, live: list[CallRecord], written: str, dialled: str
) -> None:
    live.clear()
    await control.dial(ANNAS, written)
    assert asked.requests == [("originate", ANNAS, dialled)]


@pytest.mark.parametrize(
    "written", ["", "abc", "12345678901234567890", "+7 916", "1", "102\r\nx: y\0z9"]
)
async def test_what_is_no_number_is_refused_before_the_exchange_hears_of_it(
    control: CallControl, asked: Asked, written: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await control.dial(ANNAS, written)
    assert refused.value.code == "number_not_dialable"
    assert asked.requests == []


async def test_without_a_phone_nothing_is_dialled(control: CallControl) -> None:
    with pytest.raises(Conflict) as refused:
        await control.dial(None, "102")
    assert refused.value.code == "not_logged_in"


async def test_who_is_in_a_call_dials_no_second_one(control: CallControl, asked: Asked) -> None:
    with pytest.raises(Conflict) as refused:
        await control.dial(ANNAS, "102")
    assert refused.value.code == "in_a_call"
    assert asked.requests == []


async def test_who_is_rung_dials_nobody_until_that_is_over(
    control: CallControl, asked: Asked, live: list[CallRecord]
) -> None:
    live[:] = [offered((ANNAS, None), ("PJSIP/102", OfferResult.NO_ANSWER))]
    with pytest.raises(Conflict) as refused:
        await control.dial(ANNAS, "103")
    assert refused.value.code == "phone_rings"
    await control.dial("PJSIP/102", "103")
    assert asked.requests == [("originate", "PJSIP/102", "103")]


async def test_a_call_on_hold_leaves_the_phone_free_to_dial(
    control: CallControl, asked: Asked, live: list[CallRecord]
) -> None:
    live[:] = [replace(CALL, legs=CALL.legs[:2])]
    await control.dial(ANNAS, "102")
    assert asked.requests == [("originate", ANNAS, "102")]


async def test_two_quick_clicks_on_a_number_are_one_call(
    control: CallControl, asked: Asked, live: list[CallRecord], clock: ManualClock
) -> None:
    live.clear()
    await asyncio.gather(control.dial(ANNAS, "102"), control.dial(ANNAS, "102"))
    live.append(CALL)  # the exchange shows it now
    await control.dial(ANNAS, "102")
    assert asked.requests == [("originate", ANNAS, "102")]
    with pytest.raises(Conflict):
        await control.dial(ANNAS, "103")
    await clock.advance(2)
    with pytest.raises(Conflict):
        await control.dial(ANNAS, "102")


async def test_a_number_is_dialled_again_once_the_call_is_over(
    control: CallControl, asked: Asked, live: list[CallRecord], clock: ManualClock
) -> None:
    live.clear()
    await control.dial(ANNAS, "102")
    await clock.advance(2)
    await control.dial(ANNAS, "102")
    assert len(asked.requests) == 2


async def test_what_the_exchange_refused_is_tried_again_at_once(
    live: list[CallRecord], clock: ManualClock
) -> None:
    live.clear()
    tried: list[str] = []

    class Refusing(Asked):
        async def originate(self, interface: str, number: str, *, caller_name: str) -> None:
            tried.append(number)
            raise Invalid("number", "unsafe_value")

    control = CallControl(cast(Switchboard, Refusing()), lambda: live, "RU", clock)
    for _ in range(2):
        with pytest.raises(Invalid):
            await control.dial(ANNAS, "102")
    assert tried == ["102", "102"]


async def test_a_busy_phone_is_told_as_a_conflict_with_a_sentence(
    office: Office, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office.services.call_control, "_live", lambda: (CALL,))
    await office.services.roster.log_in(office.cast.anna, office.cast.desk_101)
    anna = await client_as("anna")
    answer = await anna.post(
        "/calls/dial", {"number": "102"}, headers={"Accept": "application/json"}
    )
    assert answer.status == 409
    assert answer.json["error"]["code"] == "in_a_call"
    assert "put it on hold first" in answer.json["error"]["message"]
    await office.services.roster.close()


async def test_each_button_acts_on_the_channel_that_lives(
    control: CallControl, asked: Asked
) -> None:
    await control.hang_up("1.1", ANNAS)
    await control.hold("1.1", ANNAS)
    await control.transfer("1.1", ANNAS, "102")
    await control.consult("1.1", ANNAS, "103")
    await control.connect("1.1", ANNAS)
    await control.back("1.1", ANNAS)
    mine, client = "PJSIP/101-0000000c", "PJSIP/trunk-0000000a"
    assert asked.requests == [
        ("hang_up", mine),
        ("hold", client, ANNAS),
        ("blind_transfer", mine, "102"),
        ("attended_transfer", mine, "103"),
        ("complete_transfer", mine),
        ("cancel_transfer", mine),
    ]


async def test_a_client_on_hold_is_taken_back_though_the_phone_has_no_channel(
    control: CallControl, asked: Asked, live: list[CallRecord]
) -> None:
    live[:] = [replace(CALL, legs=CALL.legs[:2])]
    await control.resume("1.1", ANNAS)
    assert asked.requests == [("resume", "PJSIP/trunk-0000000a", ANNAS)]


@pytest.mark.parametrize("call_id", ["1.1", "9.9"])
async def test_a_call_that_is_over_says_so(
    control: CallControl, live: list[CallRecord], call_id: str
) -> None:
    live[:] = [replace(CALL, legs=())]
    with pytest.raises(Conflict) as refused:
        await control.hang_up(call_id, ANNAS)
    assert refused.value.code == "call_gone"
