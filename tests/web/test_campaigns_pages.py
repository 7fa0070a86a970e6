"""Campaigns on the pages: made, set, filled and explained by those who lead; others look on."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from crm_core.clients.tables import clients
from crm_core.errors import CrmError, Invalid
from dialer.campaigns.queries import Campaign, get_campaign, team_of
from dialer.campaigns.settings import PLAIN
from dialer.campaigns.states import CampaignState
from dialer.compliance.refusals import Refused
from dialer.consents.kinds import Channel, Purpose
from dialer.consents.records import NewConsent
from dialer.entries.explaining import Fact, Said
from dialer.entries.fillings import Fillings
from dialer.entries.loaded import NotLoaded
from dialer.entries.loading import Loading
from dialer.entries.states import EntryState
from dialer.entries.tables import entries
from dialer.order.outcomes import Verdict
from dialer.order.reasons import Waits
from dialer.pacing.policy import Mode
from dialer.profiles.built_in import built_in
from dialer.simulation.reading import read_scenario
from telephony.events import Outcome
from tests.web.browsing import Visitor
from tests.web.conftest import ClientAs, Office
from web.app import make_app
from web.campaign_forms import OUTCOMES, RETRY, field_of, shown, written
from web.campaign_loads import CampaignLoads
from web.campaign_words import CAMPAIGN_WORDS, ENTRY_REASONS, FACTS, told_fact
from web.forms import Form
from web.i18n import LANGUAGES, Reader
from web.routes import ROUTES

OURS = "/campaigns/1"


@pytest.fixture
async def campaign_id(office: Office) -> int:
    """Vera's, by a law that asks for no consent; nobody is on its list."""
    return await office.services.campaigns.create(office.cast.vera, "Spring & <b>", "us_federal")


async def _campaign(office: Office) -> Campaign:
    async with office.services.storage.read() as connection:
        return await get_campaign(connection, 1)


async def _states(office: Office) -> dict[int, str]:
    async with office.services.storage.read() as connection:
        found = await connection.execute(select(entries.c.client_id, entries.c.state))
        return {row.client_id: row.state for row in found}


def _sent(form: Form, **other: str) -> dict[str, str]:
    """What a browser sends when nothing but `other` was touched."""
    ticks = {name for name in form.written if name.startswith("part_")}
    kept = {name: text for name, text in form.written.items() if text or name not in ticks}
    return {**kept, **other}


class TestWords:
    def test_every_word_is_said(self) -> None:
        words = CAMPAIGN_WORDS
        assert set(words["campaign_state"]) == {each.value for each in CampaignState}
        assert set(words["campaign_mode"]) == {each.value for each in Mode}
        assert set(words["campaign_mode_means"]) == {each.value for each in Mode}
        assert set(words["entry_state"]) == {each.value for each in EntryState}
        assert set(words["not_loaded"]) == {each.value for each in NotLoaded}
        assert set(words["entry_verdict"]) == {each.value for each in Verdict}
        assert set(words["kind_of_outcome"]) == {each.value for each in Outcome}
        assert set(words["campaign_field"]) == set(RETRY)
        assert set(OUTCOMES) == set(Outcome)
        assert set(ENTRY_REASONS) == set(Waits)
        assert {each.value for each in Refused} <= set(words["entry_reason"])

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("fact", Fact)
    def test_every_fact_is_a_sentence(self, fact: Fact, language: str, office: Office) -> None:
        now, until = office.clock.now(), office.clock.now() + timedelta(hours=26)
        reader, zones = Reader(language), "Asia/Tokyo Europe/Moscow"
        for word in ("draft", "no_consent", "busy"):
            for at in (None, until) if fact in (Fact.WAITS, Fact.LAW) else (until,):
                said = Said(fact, word, at, 3, 1)
                told = told_fact(reader, said, now, zones, {1: "Anna"})
                assert told
                assert "%(" not in told
        assert fact in FACTS or fact in (Fact.CAMPAIGN_STATE, Fact.BEFORE)

    def test_until_is_told_by_both_clocks(self, office: Office) -> None:
        said = Said(Fact.LAW, "outside_hours", office.clock.now() + timedelta(hours=2))
        told = told_fact(Reader("en"), said, office.clock.now(), "Asia/Tokyo", {})
        assert "11:00 (20:00 there)" in told

    def test_where_he_may_be_anywhere_the_first_and_the_last_clock_are_told(
        self, office: Office
    ) -> None:
        zones = "Asia/Vladivostok Europe/Kaliningrad Europe/Moscow Asia/Omsk"
        said = Said(Fact.LAW, "outside_hours", office.clock.now() + timedelta(hours=2))
        told = told_fact(Reader("en"), said, office.clock.now(), zones, {})
        assert "11:00 (13:00–21:00 there)" in told


class TestTheForm:
    async def test_untouched_it_says_what_the_campaign_says(
        self, office: Office, campaign_id: int
    ) -> None:
        campaign = await _campaign(office)
        values = written(shown(campaign), [])
        edits = office.services.campaigns
        same = await edits.edit(office.cast.vera, campaign_id, values, version=1)
        after = await _campaign(office)
        assert (after.pacing, after.retry, after.hours) == (
            campaign.pacing,
            campaign.retry,
            campaign.hours,
        )
        assert await edits.edit(office.cast.vera, campaign_id, values, version=same) == same

    @given(text=st.text(max_size=30), which=st.integers(0, 7))
    def test_whatever_is_written_is_understood_or_refused(self, text: str, which: int) -> None:
        name = (
            *("pacing_ratio", "pacing_trunks", "pacing_target", "quotas", "hours_monday"),
            *("retry_most_attempts", "after_busy", "starts_on"),
        )[which]
        form = Form.of(**{name: text})
        values, named = written(form, [1]), set[str]()
        for column, check in PLAIN.items():
            try:
                check(values[column])
            except Invalid as refused:
                named.add(field_of(refused.field))
        assert "" not in named

    async def test_what_is_wrong_stands_beside_its_field(
        self, client_as: ClientAs, office: Office, campaign_id: int
    ) -> None:
        vera, form = await client_as("vera"), shown(await _campaign(office))
        for name, text, said in (
            ("pacing_trunks", "99999999", "Between 1 and 10000"),
            ("pacing_ratio", "nan", "Write a whole number"),
            ("hours_monday", "25:00-1", "are no hours"),
            ("quotas", "north", "does not fit"),
            ("quotas", "north = 1\nnorth = 2", "stands there twice"),
            ("seller_number", "abc", "no telephone number"),
            ("after_busy", "-5", "At least 0"),
            ("title", " ", "Fill this in"),
            ("starts_on", "yesterday", "Write a date"),
        ):
            answer = await vera.post(OURS, _sent(form, **{name: text}))
            assert (answer.status, said in answer.words) == (422, True), (name, answer.words)
            assert re.search(rf'id="{name}"[^>]*aria-invalid', answer.text), name
        assert (await _campaign(office)).version == 1

    async def test_it_is_saved_once_and_not_over_somebody_elses(
        self, client_as: ClientAs, office: Office, campaign_id: int
    ) -> None:
        vera, form = await client_as("vera"), shown(await _campaign(office))
        sent = _sent(
            form,
            quotas="north = 3\n<b>&= = 7",
            hours_monday="10:00-12:00",
            holidays="no_calls",
            mode="predictive",
            pacing_target="2,5",
        )
        assert "The settings are saved" in (await vera.post(OURS, sent)).words
        after = await _campaign(office)
        assert dict(after.quotas.most) == {"north": 3, "<b>&=": 7}
        assert (after.mode, after.pacing.target) == (Mode.PREDICTIVE, 0.025)
        assert after.hours is not None
        late = await vera.post(OURS, {**sent, "title": "Mine"})
        assert late.status == 422
        assert (await _campaign(office)).title == "Spring & <b>"


class TestRights:
    async def test_an_operator_sees_only_his_own_and_changes_nothing(
        self, client_as: ClientAs, office: Office, campaign_id: int
    ) -> None:
        anna, vera = await client_as("anna"), await client_as("vera")
        assert "No campaign is given to you" in (await anna.get("/campaigns")).words
        for path in ("", "/next", "/entries", "/entries/1"):
            assert (await anna.get(OURS + path)).status == 404
        await vera.post(f"{OURS}/team", {"team": str(office.cast.anna.id)})
        async with office.services.storage.read() as connection:
            assert await team_of(connection, campaign_id) == {office.cast.anna.id}
        page = await anna.get(OURS)
        assert page.status == 200
        assert "Save the team" not in page.words
        for path in ("", "/team", "/state", "/load", "/entries/remove", "/entries/recycle"):
            assert (await anna.post(OURS + path, {"entry": "1"})).status == 403
        assert (await anna.get(f"{OURS}/edit")).status == 403

    async def test_the_head_of_sales_looks_on(self, client_as: ClientAs, campaign_id: int) -> None:
        grigory = await client_as("grigory")
        assert (await grigory.get(OURS)).status == 200
        assert (await grigory.post("/campaigns", {"title": "Mine"})).status == 403

    async def test_a_client_whom_one_may_not_see_is_not_told(
        self, client_as: ClientAs, office: Office, campaign_id: int
    ) -> None:
        vera, boris = await client_as("vera"), await client_as("boris")
        await vera.post(f"{OURS}/load", {"view": "all"})
        await vera.post(f"{OURS}/team", {"team": str(office.cast.boris.id)})
        async with office.services.storage.write() as tx:
            hidden = update(clients).where(clients.c.id == office.cast.pavel)
            await tx.execute(hidden.values(is_key=True, owner_agent_id=office.cast.anna.id))
        named = (await vera.get(f"{OURS}/entries")).words
        assert "Павел" in named
        newcomer = {"login": "boris", "name": "Boris", "role": "operator", "newcomer": "1"}
        dina = await client_as("dina")
        person = f"/admin/people/{office.cast.boris.id}"
        await dina.post(person, {**newcomer, "language": "en", "time_zone": "UTC"})
        assert "Павел" not in (await boris.get(f"{OURS}/entries")).words


class TestTheList:
    async def test_it_is_filled_and_who_was_left_out_is_told(
        self, client_as: ClientAs, office: Office, campaign_id: int
    ) -> None:
        vera = await client_as("vera")
        await office.services.clients.create(office.cast.vera, name="No <i>Number")
        done = await vera.post(f"{OURS}/load", {"view": "all", "segment": "north"})
        assert "2 people were put on the list" in done.words
        assert "no number on the card: 1" in done.words
        assert "No <i>Number" in done.words
        again = await vera.post(f"{OURS}/load", {"view": "all"})
        assert "0 people were put on the list" in again.words
        assert "on the list already" in again.words
        gone = await vera.post(f"{OURS}/load", {"view": "77"})
        assert gone.status == 422

    async def test_how_the_last_filling_went_is_told_after_a_restart(
        self, client_as: ClientAs, office: Office, campaign_id: int
    ) -> None:
        built, vera = office.services, await client_as("vera")
        await built.clients.create(office.cast.vera, name="No <i>Number")
        await vera.post(f"{OURS}/load", {"view": "all"})
        before = (await vera.get(f"{OURS}/load")).words
        assert "no number on the card: 1" in before
        loading = Loading(built.storage, office.clock, "RU")
        fillings = Fillings(built.storage, office.clock)
        restarted = replace(built, campaign_loads=CampaignLoads(loading, fillings))
        async with TestServer(make_app(restarted, ROUTES)) as server:
            token = await built.sessions.open(office.cast.vera.id)
            async with Visitor(server.make_url("/"), token=token) as again:
                assert (await again.get(f"{OURS}/load")).words == before
                # The next is cut short with the whole service: nobody writes down its end.
                await fillings.begin(office.cast.vera, campaign_id, 3)
                assert "It broke off. Begin again" in (await again.get(f"{OURS}/load")).words

    async def test_ticked_clients_are_put_on_it(
        self, client_as: ClientAs, office: Office, campaign_id: int
    ) -> None:
        vera = await client_as("vera")
        assert 'id="bulk-campaign"' in (await vera.get("/clients")).text
        assert 'id="bulk-campaign"' not in (await (await client_as("anna")).get("/clients")).text
        ids = {"ids": str(office.cast.pavel), "campaign": "1", "segment": "s"}
        assert "1 person was put" in (await vera.post("/clients/campaign", ids)).words
        assert set(await _states(office)) == {office.cast.pavel}
        assert OURS + "/entries/1" in (await vera.get(f"/clients/{office.cast.pavel}")).text

    async def test_it_is_looked_through_taken_off_and_put_in_order(
        self, client_as: ClientAs, office: Office, campaign_id: int
    ) -> None:
        vera, at = await client_as("vera"), f"{OURS}/entries"
        await vera.post(f"{OURS}/load", {"view": "all", "segment": "north"})
        assert "Павел" in (await vera.get(f"{at}?search=Павел&segment=north")).words
        assert "Павел" not in (await vera.get(f"{at}?search=Ромашка")).words
        assert "Nobody fits" in (await vera.get(f"{at}?state=done")).words
        assert "Nobody fits" in (await vera.get(f"{at}?segment=-")).words
        await vera.post(f"{at}/prioritise", {"entry": "1", "priority": "9"})
        done = await vera.post(f"{at}/remove", {"entry": "1", "query": "state=ready"})
        assert "Taken off the list" in done.words
        assert sorted((await _states(office)).values()) == ["never", "ready"]
        assert "Not called any more: taken off the list." in (await vera.get(f"{at}/1")).words
        assert 'action="/entry-changes/2/undo"' in done.text
        assert (await (await client_as("anna")).post("/entry-changes/2/undo")).status == 403
        back = await vera.post("/entry-changes/2/undo")
        assert "They stand on the list again as before" in back.words
        assert sorted((await _states(office)).values()) == ["ready", "ready"]
        assert (await vera.post("/entry-changes/2/undo")).status == 409
        assert (await vera.post("/entry-changes/3/undo")).status == 404
        assert "They stand on the list again" in (await vera.post("/entry-changes/1/undo")).words
        await vera.post(f"{at}/remove", {"entry": "1"})
        again = await vera.post(f"{at}/remove", {"entry": "1"})
        assert "Nothing was changed" in again.words
        for wrong in ({}, {"entry": "x"}, {"entry": "1", "priority": "77"}):
            assert (await vera.post(f"{at}/prioritise", wrong)).status == 422
        refused = await vera.post(f"{at}/recycle", {"reasons": "removed"})
        assert refused.status == 422

    async def test_each_is_explained_and_a_consent_changes_it(
        self, client_as: ClientAs, office: Office, campaign_id: int
    ) -> None:
        vera, built = await client_as("vera"), office.services
        await built.campaigns.edit(office.cast.vera, campaign_id, {"profile_key": "ru"}, version=1)
        await vera.post(f"{OURS}/load", {"view": "all"})
        async with built.storage.read() as connection:
            query = select(entries.c.id).where(entries.c.client_id == office.cast.romashka)
            entry_id = (await connection.execute(query)).scalar_one()
        page = f"{OURS}/entries/{entry_id}"
        told = (await vera.get(page)).words
        assert "Why not called now" in told
        assert "still being prepared" in told
        assert "has not agreed to calls" in told
        assert "has not agreed to calls" in (await vera.get(f"{OURS}/next")).words
        wording = await built.wordings.add(office.cast.vera, "Calls", "You may call me.")
        given = NewConsent(
            office.cast.romashka,
            Purpose.CALLS,
            Channel.PAPER,
            wording,
            office.clock.now(),
            evidence="shelf 3",
        )
        await built.consents.give(office.cast.vera, given)
        async with built.storage.write() as tx:
            held = update(entries).where(entries.c.id == entry_id)
            later = office.clock.now() + timedelta(days=1)
            await tx.execute(held.values(state="waiting", reason="no_consent", due_at=later))
        assert "has not agreed" not in (await vera.get(f"{OURS}/next")).words
        await built.list_keeping.look_again([office.cast.romashka])
        assert "Ромашка" in (await vera.get(f"{OURS}/next")).words
        async with built.storage.read() as connection:
            due = select(entries.c.due_at).where(entries.c.id == entry_id)
            assert (await connection.execute(due)).scalar_one() == office.clock.now()
        assert "The law profile does not allow it: has not" not in (await vera.get(page)).words


async def test_a_consent_makes_the_office_look_again_by_itself(
    client_as: ClientAs, office: Office, campaign_id: int
) -> None:
    vera, built = await client_as("vera"), office.services
    await vera.post(f"{OURS}/load", {"view": "all"})
    mine = entries.c.client_id == office.cast.pavel
    async with built.storage.write() as tx:
        later = office.clock.now() + timedelta(days=1)
        held = update(entries).where(mine)
        await tx.execute(held.values(state="waiting", reason="no_consent", due_at=later))
    wording = await built.wordings.add(office.cast.vera, "Calls", "You may call me.")
    now = office.clock.now()
    given = (office.cast.pavel, Purpose.CALLS, Channel.PAPER, wording, now)
    await built.consents.give(office.cast.vera, NewConsent(*given, evidence="shelf 3"))
    await office.settled()
    async with built.storage.read() as connection:
        assert (await connection.execute(select(entries.c.due_at).where(mine))).scalar() == now


async def test_a_page_starts_no_campaign_and_finishes_one(
    client_as: ClientAs, office: Office, campaign_id: int
) -> None:
    vera = await client_as("vera")
    assert (await vera.post(f"{OURS}/state", {"state": "running"})).status == 409
    assert "does not place these calls" in (await vera.get(OURS)).words
    done = await vera.post(f"{OURS}/state", {"state": "finished"})
    assert "The campaign is finished" in done.words
    assert (await _campaign(office)).state is CampaignState.FINISHED


async def test_what_was_done_stands_in_the_audit_trail_by_name(
    client_as: ClientAs, office: Office, campaign_id: int
) -> None:
    vera, dina = await client_as("vera"), await client_as("dina")
    await vera.post(f"{OURS}/load", {"view": "all", "segment": "north"})
    await vera.post(f"{OURS}/team", {"team": str(office.cast.anna.id)})
    await vera.post(f"{OURS}/entries/remove", {"entry": "1"})
    for trunks in ("12", "13"):
        await vera.post(OURS, _sent(shown(await _campaign(office)), pacing_trunks=trunks))
    trail = (await dina.get("/admin/audit?subject=campaign")).words
    for said in ("Spring & <b>", "people put on the list", "people taken off the list", "Anna"):
        assert said in trail, said
    assert '{"trunks": 12} → {"trunks": 13}' in trail


async def test_whoever_is_erased_is_off_every_list(
    client_as: ClientAs, office: Office, campaign_id: int
) -> None:
    vera, built = await client_as("vera"), office.services
    await vera.post(f"{OURS}/load", {"view": "all"})
    pavel = office.cast.pavel
    told = await built.personal_data.export(office.cast.dina, pavel)
    assert "Spring & <b>" in str(told["campaign_entries"])
    async with built.storage.read() as connection:
        name = (await connection.execute(select(clients.c.name).where(clients.c.id == pavel))).one()
    await built.erasure.erase(office.cast.dina, pavel, name[0])
    async with built.storage.read() as connection:
        row = select(entries.c.state, entries.c.e164).where(entries.c.client_id == pavel)
        assert tuple((await connection.execute(row)).one()) == ("never", None)


async def test_a_team_of_nobody_known_is_refused(
    client_as: ClientAs, office: Office, campaign_id: int
) -> None:
    vera = await client_as("vera")
    for wrong in ("9999", "x", "-1"):
        answer = await vera.post(f"{OURS}/team", {"team": wrong})
        assert (answer.status, "Choose one of the list" in answer.words) == (422, True)
    with pytest.raises(CrmError):
        await office.services.campaigns.assign(office.cast.vera, campaign_id, [9999])


class TestSimulating:
    async def test_a_campaign_is_simulated_as_it_is_set(
        self, client_as: ClientAs, office: Office, campaign_id: int
    ) -> None:
        vera = await client_as("vera")
        await vera.post(f"{OURS}/load", {"view": "all"})
        sent = _sent(shown(await _campaign(office)), mode="power", pacing_ratio="1,7")
        await vera.post(OURS, sent)
        await vera.post(f"{OURS}/team", {"team": str(office.cast.anna.id)})
        assert 'href="/simulate?campaign=1"' in (await vera.get(OURS)).text
        page = await vera.get("/simulate?campaign=1")
        for said in ('title = "Spring & <b>"', 'law = "us_federal"', "ratio = 1.7", "size = 2"):
            assert said in page.words, said
        assert "count = 1" in page.words
        assert "Calls as “Spring & <b>” is set." in page.words
        assert 'href="/simulate/scenario.toml?campaign=1"' in page.text
        file = (await vera.get("/simulate/scenario.toml?campaign=1")).text
        scenario = read_scenario(file, built_in().get)
        assert (scenario.policy.mode, scenario.policy.ratio) == (Mode.POWER, 1.7)
        assert sum(each.share for each in scenario.kinds) == 2
        assert max(len(each.split()) for each in scenario.zones) > 5, "a mobile may be anywhere"
        assert (await vera.get("/simulate/scenario.toml?campaign=77")).status == 404
        assert (await vera.get("/simulate?campaign=77")).status == 404
        assert (await vera.get("/simulate?campaign=x")).status == 200

    async def test_a_share_is_refused_in_the_percent_that_it_is_written_in(
        self, client_as: ClientAs, office: Office, campaign_id: int
    ) -> None:
        vera, form = await client_as("vera"), shown(await _campaign(office))
        answer = await vera.post(OURS, _sent(form, pacing_target="5"))
        assert answer.status == 422
        assert "at most 3 percent" in answer.words
        assert "Between 0 and 50." in (await vera.post(OURS, _sent(form, pacing_target="70"))).words
        answer = await vera.post(OURS, _sent(form, pacing_ratio="12"))
        assert "More than the 10 calls for an operator" in answer.words
