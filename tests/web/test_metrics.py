"""/metrics: numbers that follow what happens, for those who may read them, without any name."""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from telephony.events import CallOffered, CallStarted, Direction
from telephony.ids import CallId, Linkedid
from tests.web.conftest import ClientAs, Office
from tests.web.shift import ANNAS, IVAN, TRUNK, Shift, at_work
from tests.web.test_socket import tab_of
from web.metrics import Metrics, Reading
from web.settings import HttpSettings, Settings

TOKEN = "колокол-token-42"


@pytest.fixture
async def shift(office: Office) -> AsyncIterator[Shift]:
    async with at_work(office) as working:
        await working.sit("anna", "desk_101")
        yield working


def samples(page: bytes) -> dict[str, float]:
    """Every sample as `name{label=value}`."""
    found = {}
    for family in text_string_to_metric_families(page.decode()):
        for sample in family.samples:
            labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
            found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


async def test_a_fact_is_followed_from_the_exchange_to_commit_and_screen(
    shift: Shift, client_as: ClientAs
) -> None:
    services, clock = shift.office.services, shift.office.clock
    tab = await tab_of(await client_as("anna"))
    heard_at = clock.now() - timedelta(seconds=0.2)
    about: dict[str, Any] = {"at": heard_at, "call_id": CallId("1.1")}
    started = CallStarted(
        **about,
        linkedid=Linkedid("1.1"),
        direction=Direction.INBOUND,
        caller=IVAN,
        caller_name="",
        dialled="4951112233",
        interface=TRUNK,
    )
    for fact in (started, CallOffered(**about, interface=ANNAS, queue=None)):
        await services.intake.take(fact, heard_at)
    await shift.settled()
    await tab.until("Incoming call")
    told = samples(services.metrics.page())
    assert told["perezvon_commit_lag_seconds_count"] == 2
    assert told["perezvon_commit_lag_seconds_sum"] == pytest.approx(0.4)
    assert told["perezvon_screen_lag_seconds_count"] >= 1
    least = 0.2 * told["perezvon_screen_lag_seconds_count"]
    assert told["perezvon_screen_lag_seconds_sum"] == pytest.approx(least)
    assert told["perezvon_write_seconds_count"] >= 1
    assert told["perezvon_sockets"] == 1
    assert told["perezvon_waiting{at=journal}"] == 0
    assert told["perezvon_waiting{at=listener screens}"] == 0


async def test_requests_are_counted_by_route_and_nobodys_id_is_a_label(
    office: Office, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    for path in (f"/clients/{office.cast.romashka}", "/nowhere/79161234567", "/me"):
        await anna.get(path)
    async with anna.session.request("PROPFIND", "/me") as answer:
        assert answer.status == 405
    page = office.services.metrics.page()
    told = samples(page)
    assert (
        told["perezvon_http_requests_total{method=GET,route=/clients/{client_id},status=200}"] == 1
    )
    assert told["perezvon_http_requests_total{method=GET,route=other,status=404}"] == 1
    assert told["perezvon_http_requests_total{method=other,route=other,status=405}"] == 1
    assert told["perezvon_http_request_seconds_count{route=/me}"] == 1
    assert b"79161234567" not in page
    assert b"PROPFIND" not in page
    assert re.search(rb"\{[^}]*\d{5}", page) is None


async def test_no_number_is_told_twice(office: Office) -> None:
    names = re.findall(rb"# TYPE (\S+)", office.services.metrics.page())
    assert len(names) == len(set(names)) > 20


async def test_the_link_tells_its_numbers(office: Office) -> None:
    ami = office.services.ami
    ami.heard, ami.links, ami.lag_seconds = 17, 2, 0.25
    ami.ends["silent"] += 3
    office.services.vigil.failed("feed")
    told = samples(office.services.metrics.page())
    assert told["perezvon_exchange_messages_total"] == 17
    assert told["perezvon_exchange_links_total"] == 2
    assert told["perezvon_exchange_link_ends_total{reason=silent}"] == 3
    assert told["perezvon_exchange_lag_seconds"] == 0.25
    assert told["perezvon_exchange_up"] == 0
    assert told["perezvon_part_failures_total{part=feed}"] == 1


async def test_messages_that_a_slow_browser_never_saw_are_counted_after_it_has_gone(
    office: Office,
) -> None:
    from screenpop.messages import Refresh
    from screenpop.outbox import Outbox

    hub, slow = office.services.screens.hub, Outbox(1, limit=2)
    hub.join(slow, ["x"])
    await slow.take()
    for element in ("a", "a", "b", "c"):
        hub.send("x", Refresh(element))
    hub.leave(slow)
    told = samples(office.services.metrics.page())
    assert told["perezvon_outbox_merged_total"] == 1
    assert told["perezvon_outbox_drops_total"] == 1


class TestWhoMayRead:
    async def test_without_a_token_only_this_machine_and_no_proxy_of_it(
        self, client_as: ClientAs
    ) -> None:
        guest = await client_as()
        assert (await guest.get("/metrics")).status == 200
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
            async with guest.session.get("/metrics", headers={header: "10.1.1.1"}) as answer:
                assert answer.status == 403
                assert "perezvon_" not in (await answer.text()).replace("perezvon_told", "")


class TestWithAToken:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(http=HttpSettings(metrics_token=TOKEN))

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 401),
            ({"Authorization": "Bearer wrong"}, 401),
            ({"Authorization": f"Basic {TOKEN}"}, 401),
            ({"Authorization": f"Bearer {TOKEN}"}, 200),
            ({"Authorization": f"bearer  {TOKEN}", "X-Forwarded-For": "10.1.1.1"}, 200),
        ],
    )
    async def test_the_token_opens_it(
        self, headers: Mapping[str, str], status: int, client_as: ClientAs
    ) -> None:
        guest = await client_as()
        async with guest.session.get("/metrics", headers=headers) as answer:
            assert answer.status == status
            assert ("perezvon_waiting" in await answer.text()) is (status == 200)


def test_two_services_in_one_process_share_no_number() -> None:
    one, other = Metrics(), Metrics()
    one.write.observe(0.5)
    one.read(Reading("perezvon_things", "Things.", lambda: {"a": 1.0, "b": 2.0}, "kind"))
    assert samples(one.page())["perezvon_write_seconds_count"] == 1
    assert samples(other.page())["perezvon_write_seconds_count"] == 0
    assert samples(one.page())["perezvon_things{kind=b}"] == 2
    assert "perezvon_things{kind=b}" not in samples(other.page())
