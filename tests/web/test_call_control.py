"""What the buttons of a card ask of the exchange."""

from dataclasses import replace
from typing import Any, cast

import pytest

from crm_core.errors import Conflict, Invalid
from telephony.events import CallRecord, LegRecord, LegRole
from telephony.ids import Interface, Uniqueid
from telephony.switchboard import Switchboard
from tests.screenpop import scenes
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
def control(asked: Asked) -> CallControl:
    return CallControl(cast(Switchboard, asked), lambda: (CALL,), "RU")


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
    control: CallControl, asked: Asked, written: str, dialled: str
) -> None:
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
    asked: Asked,
) -> None:
    parked = replace(CALL, legs=CALL.legs[:2])
    control = CallControl(cast(Switchboard, asked), lambda: (parked,), "RU")
    await control.resume("1.1", ANNAS)
    assert asked.requests == [("resume", "PJSIP/trunk-0000000a", ANNAS)]


@pytest.mark.parametrize("call_id", ["1.1", "9.9"])
async def test_a_call_that_is_over_says_so(asked: Asked, call_id: str) -> None:
    over = replace(CALL, legs=())
    control = CallControl(cast(Switchboard, asked), lambda: (over,), "RU")
    with pytest.raises(Conflict) as refused:
        await control.hang_up(call_id, ANNAS)
    assert refused.value.code == "call_gone"
