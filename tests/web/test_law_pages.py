"""Law profiles on the pages: read by whoever watches, tightened by a supervisor, loosened with a
reason by an administrator alone."""

import re

import pytest

from dialer.compliance.loosening import FIELDS
from dialer.compliance.profile import LawProfile
from dialer.compliance.refusals import Refused
from dialer.compliance.stored import as_values, from_values
from dialer.profiles.built_in import built_in
from dialer.profiles.queries import get_profile
from tests.web.conftest import ClientAs, Office
from web.i18n import Reader
from web.law_forms import shown, written
from web.law_rules import rules_of
from web.law_words import LAW_FIELDS, LAW_PROFILES, LAW_REFUSALS


def _form(profile: LawProfile, **other: str) -> dict[str, str]:
    """What a browser sends when nothing but `other` was touched."""
    form = shown(profile, 0).written
    form = {name: value for name, value in form.items() if name != "version"}
    if not form["message_needed"]:
        del form["message_needed"]
    return {**form, **other}


async def _in_force(office: Office, key: str) -> LawProfile:
    async with office.services.storage.read() as connection:
        return (await get_profile(connection, key)).profile


def test_every_word_of_the_law_is_said() -> None:
    assert set(LAW_REFUSALS) == {reason.value for reason in Refused}
    assert set(LAW_FIELDS) == set(FIELDS)
    assert set(LAW_PROFILES) == set(built_in())
    for profile in built_in().values():
        assert set(rules_of(Reader("ru"), profile)) == set(FIELDS)


@pytest.mark.parametrize("key", built_in())
def test_a_form_that_nobody_touched_says_what_the_profile_says(key: str) -> None:
    profile = built_in()[key]
    assert from_values(key, {**as_values(profile), **written(shown(profile, 1))}) == profile


async def test_the_rules_stand_there_in_words_with_their_sources(client_as: ClientAs) -> None:
    vera = await client_as("vera")
    assert "Any other country" in (await vera.get("/law")).words
    shown = (await vera.get("/law/us_federal")).words
    for said in (
        "Monday – Sunday 08:00–21:00",
        "at most 3 % of those who answered",
        "periods of 30 days, one after another",
        "16 CFR",
    ):
        assert said in shown, said
    assert shown.count("the law is silent: our own caution") == 3
    assert "16 CFR 310.4(b)(4)(ii)" in shown
    assert "(1 March 2017)" in (await vera.get("/law/uk")).words
    assert (await vera.get("/law/nowhere")).status == 404
    assert (await (await client_as("anna")).get("/law")).status == 403


async def test_a_supervisor_tightens_and_does_not_loosen(
    office: Office, client_as: ClientAs
) -> None:
    vera, ru = await client_as("vera"), built_in()["ru"]
    await vera.post("/law/ru", _form(ru, hours_monday="10:00-18:00"))
    assert (await _in_force(office, "ru")).hours.weekdays[0][0].start == 600
    looser = _form(ru, hours_sunday="10:00-12:00", reason="we want to")
    judged = (await vera.post("/law/ru/judged", looser)).words
    assert "This allows what was forbidden: calling hours, public holidays" in judged
    assert "Only an administrator may do that" in judged
    refused = await vera.post("/law/ru", looser)
    assert (refused.status, "Your role does not allow this" in refused.words) == (422, True)
    assert not (await _in_force(office, "ru")).hours.weekdays[6]


async def test_an_administrator_loosens_with_a_reason_that_stands_for_ever(
    office: Office, client_as: ClientAs
) -> None:
    before, ru = office.clock.now(), built_in()["ru"]
    await office.services.law.note_built_in()
    await office.clock.advance(3 * 86_400)
    dina = await client_as("dina")
    looser = _form(ru, embargo_hours="24")
    silent = await dina.post("/law/ru", looser)
    assert silent.status == 422
    assert re.search(r'id="reason-error">Fill this in', silent.text)
    assert "72 hours → 24 hours" in silent.words
    await dina.post("/law/ru", {**looser, "reason": "Our lawyer says <so>"})
    assert (await _in_force(office, "ru")).embargo_hours == 24
    history = await dina.get("/law/ru/history")
    assert "Our lawyer says <so>" in history.words
    assert "looser" in history.words
    then = await dina.get(f"/law/ru/history?on={before:%Y-%m-%d}")
    assert "rest after an abandoned call 72 hours" in then.words
    today = await dina.get(f"/law/ru/history?on={office.clock.now():%Y-%m-%d}")
    assert "rest after an abandoned call 24 hours" in today.words
    trail = (await dina.get("/admin/audit?subject=law_profile")).words
    assert "Our lawyer says <so>" in trail
    assert "newly allowed: rest after an abandoned call" in trail
    old = await dina.get("/law/ru/edit?version=1")
    assert 'name="embargo_hours" type="text" value="72"' in old.text


async def test_nonsense_is_refused_beside_its_field(client_as: ClientAs) -> None:
    dina, ru = await client_as("dina"), built_in()["ru"]
    for field, value in (
        ("hours_monday", "25:00-26:00"),
        ("most_2", "-1"),
        ("abandonment_limit", "130"),
        ("abandonment_seconds", "nan"),
        ("opt_out_key", "x"),
        ("retention_days", "9" * 30),
        ("country", "Russia"),
        ("period_1", "year"),
        ("hours_1", ""),
    ):
        wrong = _form(ru, **{field: value})
        if field == "hours_1":
            wrong["period_1"] = "rolling"
        answer = await dina.post("/law/ru", wrong)
        assert (answer.status, f'id="{field}-error"' in answer.text) == (422, True), field


async def test_who_was_slower_is_told_so(client_as: ClientAs) -> None:
    dina, ru = await client_as("dina"), built_in()["ru"]
    await dina.post("/law/ru", _form(ru, embargo_hours="80"))
    late = await dina.post("/law/ru", _form(ru, embargo_hours="90", version="0"))
    assert (late.status, "Somebody changed this meanwhile" in late.words) == (422, True)


async def test_a_copy_is_made_called_otherwise_given_up_and_one_goes_back(
    office: Office, client_as: ClientAs
) -> None:
    dina = await client_as("dina")
    made = await dina.post("/law/de/copy", {"title": "Berlin"}, follow=False)
    key = made.headers["Location"].split("/")[2]
    assert (await dina.post("/law/de/copy", {"title": "BERLIN"})).status == 422
    await dina.post(f"/law/{key}/rename", {"title": "Hamburg"})
    assert "Hamburg" in (await dina.get("/law")).words
    assert (await dina.post(f"/law/{key}/rename", {"title": ""})).status == 422
    await dina.post(f"/law/{key}", _form(built_in()["de"], embargo_hours="100"))
    assert (await dina.post(f"/law/{key}/reset", {})).status == 422
    await dina.post(f"/law/{key}/reset", {"reason": "it was for a week"})
    assert (await _in_force(office, key)).embargo_hours == built_in()["de"].embargo_hours
    await dina.post(f"/law/{key}/retire", {})
    assert "retired" in (await dina.get(f"/law/{key}")).words
    assert (await (await client_as("vera")).post(f"/law/{key}/retire", {})).status == 403
    assert b"[abandonment]" in (await dina.get(f"/law/{key}/profile.toml")).body


async def test_a_profile_that_nobody_has_touched_has_a_history_too(client_as: ClientAs) -> None:
    answer = await (await client_as("vera")).get("/law/uk/history?on=2026-03-02")
    assert "Nothing of that day is remembered" in answer.words
