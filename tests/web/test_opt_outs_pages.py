"""Whoever hears “call me no more” writes it down where he hears it: in the call, known or not."""

import re
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import insert

from crm_core.tasks.queries import Scope, TaskFilter, list_tasks
from dialer.campaigns.tables import campaign_agents
from dialer.consents.kinds import Channel, Purpose
from dialer.consents.records import NewConsent
from dialer.do_not_call.looking import Listing, list_of_number
from dialer.do_not_call.queries import lists_naming
from tests.web.browsing import Visitor
from tests.web.conftest import ClientAs, Office
from tests.web.shift import ANNAS, IVAN, PAVEL, STRANGER, Shift, at_work

AT = "/calls/1.1/stop"


@pytest.fixture
async def shift(office: Office) -> AsyncIterator[Shift]:
    """Anna sits at her phone; nobody has called yet."""
    async with at_work(office) as shift:
        await shift.sit("anna", "desk_101")
        yield shift


async def _talk(shift: Shift, caller: str) -> None:
    await shift.ring(ANNAS, caller=caller)
    await shift.answer(ANNAS)


async def _send(visitor: Visitor, path: str, **fields: str) -> tuple[int, dict[str, str]]:
    headers = {"X-CSRF-Token": await visitor.csrf(), "Accept": "application/json"}
    async with visitor.session.post(path, data=fields, headers=headers) as answer:
        return answer.status, await answer.json()


async def _standing(office: Office, number: str) -> list[Listing]:
    async with office.services.storage.read() as connection:
        found = await list_of_number(connection, number)
    return [each for each in found if each.holds(office.clock.now())]


async def test_a_caller_whom_nobody_knows_is_noted_by_his_number_with_the_call_and_his_words(
    office: Office, client_as: ClientAs, shift: Shift
) -> None:
    anna = await client_as("anna")
    await _talk(shift, STRANGER)
    asked = await anna.get(AT)
    assert "Wants no more calls" in asked.words
    assert "Holds at once, for 8 (999) 111-22-33" in asked.words
    assert 'name="campaign"' not in asked.text
    status, told = await _send(anna, AT, reason="“<Enough>”")
    assert (status, told["told"]) == (200, "Nobody calls him any more.")
    [listing] = await _standing(office, STRANGER)
    assert (listing.call_id, listing.client_id, listing.how) == ("1.1", None, "said")
    assert (listing.reason, listing.added_by) == ("“<Enough>”", "Anna Orlova")
    known = await anna.get(AT)
    assert "Wants no calls at all since" in known.words
    assert "<form" not in known.text
    assert "“<Enough>”" in known.words
    status, again = await _send(anna, AT)
    assert (status, again) == (200, {"told": "This was known: nobody calls him."})
    status, back = await _send(anna, told["undo"])
    assert (status, back["told"]) == (200, "Taken back: he may be called as before.")
    assert await _standing(office, STRANGER) == []
    assert "<form" in (await anna.get(AT)).text
    assert "noted by mistake" in (await anna.get(f"/do-not-call?q={STRANGER}")).words


async def test_a_known_one_is_noted_with_all_his_numbers_for_all_or_for_one_campaign(
    office: Office, client_as: ClientAs, shift: Shift
) -> None:
    anna, vera = await client_as("anna"), await client_as("vera")
    built, cast = office.services, office.cast
    other = "+74993332211"
    await built.clients.add_number(cast.anna, cast.pavel, other)
    campaign_id = await built.campaigns.create(cast.vera, "Spring & <b>", "us_federal")
    await vera.post(f"/campaigns/{campaign_id}/load", {"view": "all"})
    await _talk(shift, PAVEL)
    assert 'name="campaign"' not in (await anna.get(AT)).text
    status, _ = await _send(anna, AT, campaign=str(campaign_id))
    assert status == 404
    async with built.storage.write() as tx:
        member = {"campaign_id": campaign_id, "agent_id": cast.anna.id}
        await tx.execute(insert(campaign_agents).values(**member))
    asked = await anna.get(AT)
    assert "none of “Spring & <b>”" in asked.words
    assert "Holds at once, for all of his numbers." in asked.words
    status, told = await _send(anna, AT, campaign=str(campaign_id))
    assert (status, told["told"]) == (200, "Nobody calls him for this campaign any more.")
    async with built.storage.read() as connection:
        now, both = office.clock.now(), (PAVEL, other)
        assert await lists_naming(connection, both, None, now) == {}
        here = await lists_naming(connection, both, campaign_id, now)
    assert set(here) == {PAVEL, other}
    asked = await anna.get(AT)
    assert "Wants no calls of “Spring & <b>” since" in asked.words
    assert "<form" in asked.text
    assert "none of “Spring" not in asked.words
    shown = await anna.get(f"/clients/{cast.pavel}")
    assert "wants no calls of “Spring & <b>”" in shown.words
    await _send(anna, AT)
    assert {each.campaign_id for each in await _standing(office, other)} == {None, campaign_id}
    entry = re.search(rf"/campaigns/{campaign_id}/entries/\d+", shown.text)
    assert entry is not None
    assert "asked not to be called" in (await vera.get(entry[0])).words


async def test_one_at_an_organisation_speaks_for_himself_or_for_everybody_there(
    office: Office, client_as: ClientAs, shift: Shift
) -> None:
    anna = await client_as("anna")
    await _talk(shift, IVAN)
    asked = await anna.get(AT)
    assert "for all numbers of this person there" in asked.words
    assert 'name="everybody"' in asked.text
    await _send(anna, AT)
    assert len(await _standing(office, IVAN)) == 1
    assert await _standing(office, "+74951234567") == []
    await _send(anna, AT, everybody="1")
    assert len(await _standing(office, "+74951234567")) == 1


async def test_the_card_and_the_page_of_the_call_and_a_late_wrap_up_have_the_place_for_it(
    office: Office, client_as: ClientAs, shift: Shift
) -> None:
    anna = await client_as("anna")
    await _talk(shift, STRANGER)
    assert f'data-stop="{AT}"' in (await anna.get("/calls/1.1")).text
    assert f'data-stop="{AT}"' in (await anna.get("/workplace")).text
    await shift.hang_up(ANNAS)
    assert f'data-stop="{AT}"' in (await anna.get("/workplace")).text
    await shift.advance(600)
    await office.services.wrap_up_expiry.sweep()
    await shift.settled()
    assert f'data-stop="{AT}"' not in (await anna.get("/workplace")).text
    async with office.services.storage.read() as connection:
        [late] = (await list_tasks(connection, office.cast.anna, TaskFilter(scope=Scope.MINE))).rows
    assert f'data-stop="{AT}"' in (await anna.get(f"/tasks/{late.id}/wrap-up")).text


async def test_a_strangers_call_and_a_call_that_is_not_there_are_not_found(
    office: Office, client_as: ClientAs, shift: Shift
) -> None:
    await _talk(shift, STRANGER)
    boris = await client_as("boris")
    for path in ("/calls/9.9/stop", "/calls/%00/stop"):
        assert (await boris.get(path)).status == 404
        assert (await _send(boris, path))[0] == 404
    assert (await _send(boris, "/opt-outs/1/undo"))[0] == 404


async def test_a_hidden_number_has_nothing_to_be_noted(
    office: Office, client_as: ClientAs, shift: Shift
) -> None:
    anna = await client_as("anna")
    await _talk(shift, "anonymous")
    assert "<form" not in (await anna.get(AT)).text
    assert (await _send(anna, AT))[0] == 422
    assert 'data-stop="' not in (await anna.get("/calls/1.1")).text


async def test_the_page_of_the_lists_offers_to_undo_a_slip_too(
    office: Office, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    done = await anna.post("/do-not-call/stop", {"number": PAVEL, "how": "said"})
    assert 'action="/opt-outs/1/undo"' in done.text
    back = await anna.post("/opt-outs/1/undo")
    assert "Taken back: he may be called as before" in back.words
    assert await _standing(office, PAVEL) == []
    await anna.post("/do-not-call/stop", {"number": PAVEL, "how": "said"})
    known = await anna.post("/do-not-call/stop", {"number": PAVEL, "how": "said"})
    assert "This was known" in known.words
    assert "/undo" not in known.text
    await office.clock.advance(20 * 60)
    late = await anna.post("/opt-outs/2/undo")
    assert (late.status, "record his consent" in late.words) == (409, True)


async def test_who_takes_a_consent_back_may_mean_all_calls(
    office: Office, client_as: ClientAs
) -> None:
    anna, built, cast = await client_as("anna"), office.services, office.cast
    wording = await built.wordings.add(None, "Calls", "I agree.")
    ids = []
    for _ in range(2):
        new = NewConsent(
            cast.pavel, Purpose.CALLS, Channel.PAPER, wording, office.clock.now(), evidence="1"
        )
        ids.append(await built.consents.give(cast.vera, new))
    page = f"/consents/{ids[0]}"
    assert "wants no more calls at all" in (await anna.get(page)).words
    only = await anna.post(f"{page}/revoke", {"channel": "call"})
    assert "The consent does not hold any more." in only.words
    assert await _standing(office, PAVEL) == []
    status, told = await _send(anna, f"/consents/{ids[1]}/revoke", channel="call", stop="1")
    assert status == 200
    assert told == {"told": "The consent does not hold any more, and nobody calls him."}
    [listing] = await _standing(office, PAVEL)
    assert (listing.client_id, listing.how) == (cast.pavel, "said")
