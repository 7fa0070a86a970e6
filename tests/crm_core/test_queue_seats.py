"""What the exchange's queues have of our phones is compared with who sits there, at a connect."""

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from crm_core.agents.directory import DirectoryChanged
from crm_core.agents.tables import queue_members
from crm_core.clock import ManualClock
from crm_core.storage.engine import Storage
from telephony.errors import ActionTimedOut, LinkLost, NotConnected
from telephony.events import ExchangeConnected, MemberRemoved, MemberSeen
from telephony.ids import Interface
from tests.cast import Cast
from tests.crm_core.duty import Exchange, on_duty
from tests.crm_core.telling import ANNAS, BORISES, at

CONNECTED = ExchangeConnected(at=at(0), version="22.10")


def seen(
    interface: Interface, queue: str = "sales", *, dynamic: bool = True, penalty: int = 0
) -> MemberSeen:
    return MemberSeen(
        at=at(0),
        queue=queue,
        interface=interface,
        name="Somebody",
        paused=False,
        pause_reason="",
        in_call=False,
        penalty=penalty,
        dynamic=dynamic,
    )


async def test_a_seat_left_behind_by_a_killed_process_is_taken_away_at_the_next_connect(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    exchange = Exchange()
    async with on_duty(storage, clock, exchange) as duty:
        await duty.roster.log_in(cast.boris, cast.desk_102)
        await duty.settled()
        exchange.down = True
        await duty.roster.log_out(cast.boris)
    exchange.down = False
    async with on_duty(storage, clock, exchange) as duty:
        assert exchange.members == {BORISES: {"sales": 1, "support": 0}}
        await duty.hear(seen(BORISES, penalty=1), seen(BORISES, "support"), CONNECTED)
        assert exchange.members == {BORISES: {}}


async def test_static_members_other_queues_and_strangers_are_left_alone(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.hear(seen(ANNAS, dynamic=False), seen(ANNAS, "night watch"))
        await duty.hear(seen(Interface("PJSIP/777")), CONNECTED)
        assert duty.exchange.asked == []


async def test_a_dynamic_member_that_became_static_or_went_is_not_taken_away(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.hear(seen(ANNAS), seen(ANNAS, dynamic=False), seen(BORISES))
        await duty.hear(MemberRemoved(at=at(1), queue="sales", interface=BORISES), CONNECTED)
        assert duty.exchange.asked == []


async def test_who_sits_there_keeps_his_seat_and_gets_its_pause_and_penalty_put_right(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    exchange = Exchange(members={BORISES: {"sales": 5, "night watch": 0}})
    async with on_duty(storage, clock, exchange) as duty:
        exchange.down = True
        await duty.roster.log_in(cast.boris, cast.desk_102, pause_reason="lunch")
        await duty.settled()
        exchange.down = False
        await duty.hear(seen(BORISES, penalty=5), seen(BORISES, "night watch"), CONNECTED)
        assert exchange.members == {BORISES: {"night watch": 0, "sales": 1, "support": 0}}
        assert exchange.pauses == {BORISES: "lunch"}
        await duty.roster.ready(cast.boris)
        await duty.settled()
        exchange.pauses[BORISES] = "by hand"
        await duty.hear(CONNECTED)
        assert exchange.pauses == {}


async def test_a_changed_penalty_reaches_the_exchange(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        async with storage.write() as tx:
            await tx.execute(update(queue_members).values(penalty=7))
            tx.announce(DirectoryChanged("teams"))
        await duty.settled()
        assert duty.exchange.members == {ANNAS: {"sales": 7}}


async def test_who_logs_in_paused_never_has_an_open_seat(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.boris, cast.desk_102, pause_reason="lunch")
        await duty.settled()
        assert duty.exchange.asked == [("take", BORISES, "paused"), ("pause", BORISES, "lunch")]
        await duty.roster.ready(cast.boris)
        await duty.settled()
        duty.exchange.restart()
        duty.exchange.asked.clear()
        await duty.hear(CONNECTED)
        assert duty.exchange.asked == [("take", BORISES), ("unpause", BORISES)]


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (NotConnected("QueueAdd"), 0),
        (LinkLost("the link fell"), 0),
        (ActionTimedOut("QueueAdd"), 1),
        (ConnectionError("away"), 1),
    ],
)
async def test_a_seat_that_waits_for_the_link_is_no_news_and_any_other_trouble_is(
    trouble: Exception, told: int, storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    exchange = Exchange(down=True, trouble=trouble)
    async with on_duty(storage, clock, exchange) as duty:
        with capture_logs() as logged:
            await duty.roster.log_in(cast.anna, cast.desk_101)
            await duty.settled()
        assert [line["event"] for line in logged] == ["seat_not_applied"] * told
        exchange.down = False
        await duty.hear(CONNECTED)
        assert exchange.members == {ANNAS: {"sales": 0}}
