"""An exchange that answers and does not tell: noticed by what it counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from telephony.ami import AmiMessage, LinkDown, LinkUp
from telephony.ear import Deafness, Ear
from tests.telephony.fake_ami import Line, Request, event, fake_ami
from tests.telephony.talk import QUICK, eventually, talk

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def told(name: str, **headers: str) -> AmiMessage:
    return AmiMessage(name, headers, NOW, NOW)


def calls(processed: int, current: int = 0) -> dict[str, str]:
    return {"coreprocessedcalls": str(processed), "corecurrentcalls": str(current)}


def test_a_link_that_is_told_at_least_that_asterisk_is_booted_is_not_suspected() -> None:
    ear = Ear()
    assert ear.deafness is Deafness.NOTHING_TOLD
    ear.hear(told(""))
    ear.hear(told("CoreShowChannel", actionid="7", uniqueid="1.1"))
    assert ear.deafness is Deafness.NOTHING_TOLD
    ear.hear(told("FullyBooted"))
    assert ear.deafness is None
    assert not ear.hears_calls


@pytest.mark.parametrize("after", [calls(4, 0), calls(3, 2), {"corecurrentcalls": "1"}])
def test_calls_that_come_or_go_untold_are_proof_at_the_second_look(after: dict[str, str]) -> None:
    ear = Ear()
    ear.hear(told("FullyBooted"))
    for _ in range(5):
        ear.count(calls(3, 1))
    assert ear.deafness is None
    ear.count(after)
    assert ear.deafness is None
    ear.count(after)
    assert ear.deafness is Deafness.CALLS_UNTOLD


def test_one_event_of_a_call_clears_the_link_for_good() -> None:
    ear = Ear()
    ear.count(calls(3))
    ear.count(calls(4))
    ear.count(calls(5))
    assert ear.deafness is Deafness.CALLS_UNTOLD
    ear.hear(told("Newchannel", uniqueid="1.1"))
    assert ear.deafness is None
    ear.count(calls(9))
    ear.count(calls(9))
    assert ear.deafness is None


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.ear.LOOK_SECONDS", 0.01)


async def busy(line: Line, request: Request) -> None:
    """Each look sees one call more."""
    looks = sum(each["Action"] == "CoreStatus" for each in line.heard)
    await line.respond(request, CoreProcessedCalls=str(looks), CoreCurrentCalls="0")


@pytest.mark.usefixtures("quick_looks")
async def test_a_deaf_link_is_made_anew_and_its_loss_is_dated_at_its_beginning() -> None:
    """Rights given meanwhile count from the next login, and what was missed is read elsewhere."""
    times = (NOW + timedelta(seconds=turn) for turn in count())
    patience = replace(QUICK, refused_wait_seconds=0.01)
    async with fake_ami() as fake:
        fake.answers["CoreStatus"] = busy
        async with talk(fake, up=False, patience=patience, now=lambda: next(times)) as talking:
            up = await talking.hear(LinkUp)
            down = await talking.hear(LinkDown)
            assert down.reason == "untold"
            assert (down.at - up.at).total_seconds() <= 1
            assert (await talking.hear(LinkUp)).at > down.at


@pytest.mark.usefixtures("quick_looks")
async def test_a_link_that_hears_of_calls_is_asked_no_more() -> None:
    async with fake_ami() as fake:
        fake.answers["CoreStatus"] = busy
        async with talk(fake) as talking:
            await fake.line.write(event("Newchannel", Uniqueid="1.1", Channel="PJSIP/101-1"))
            await talking.event("Newchannel")
            await eventually(
                lambda: bool(talking.client._minding and talking.client._minding.done())
            )
            assert talking.client.deafness is None
            assert talking.client.connected


@pytest.mark.usefixtures("quick_looks")
async def test_an_exchange_that_may_not_be_asked_is_left_alone() -> None:
    async with fake_ami() as fake, talk(fake) as talking:  # CoreStatus is no action of the fake's
        await eventually(lambda: bool(talking.client._minding and talking.client._minding.done()))
        assert fake.line.names() == ["CoreStatus"]
        assert talking.client.connected
