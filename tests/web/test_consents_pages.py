"""Consents on the pages: recorded on the card, found, taken back, corrected, imported, proved."""

import io
import re
from datetime import timedelta

import openpyxl
import pytest

from crm_core.clients.contact_points import PointKind
from dialer.consents.kinds import ConsentState
from dialer.consents.registry import Wanted, list_consents
from dialer.do_not_call.looking import list_of_number
from tests.web.conftest import ClientAs, Office


@pytest.fixture
async def wording(office: Office) -> int:
    cast, built = office.cast, office.services
    # Else he might be anywhere in Russia, where it is never day in all places.
    await built.clients.add_point(cast.anna, cast.pavel, PointKind.ADDRESS, "Москва, Тверская 1")
    return await built.wordings.add(None, "Calls 2026", "I agree <to calls>.")


def _consent(wording: int, /, **other: object) -> dict[str, str]:
    plain = {"purpose": "calls", "channel": "paper", "wording": wording, "evidence": "folder 7"}
    return {name: str(value) for name, value in {**plain, **other}.items()}


async def test_a_consent_is_recorded_on_the_card_and_taken_back_there(
    office: Office, client_as: ClientAs, wording: int
) -> None:
    anna, at = await client_as("anna"), f"/clients/{office.cast.pavel}"
    assert "has not agreed to calls" in (await anna.get(at)).words
    for wrong, field in (
        ({"evidence": ""}, "evidence"),
        ({"given_at": "2999-01-01T10:00"}, "given_at"),
        ({"expires_at": "2020-01-01T10:00"}, "expires_at"),
        ({"number": "abc"}, "number"),
        ({"wording": "999"}, "wording"),
        ({"channel": "dream"}, "channel"),
    ):
        refused = await anna.post(f"{at}/consents", _consent(wording, **wrong))
        assert refused.status == 422, field
    assert (await anna.post(f"{at}/consents", _consent(wording))).status == 200
    card = (await anna.get(f"{at}/card")).words
    assert "may be called now" in card
    assert "in force" in card
    [consent_id] = re.findall(r'id="consent-(\d+)"', (await anna.get(at)).text)
    shown = (await anna.get(f"/consents/{consent_id}")).words
    assert "I agree <to calls>." in shown
    assert "folder 7" in shown
    taken = {"channel": "call", "evidence": "said so"}
    await anna.post(f"/consents/{consent_id}/revoke", taken)
    card = (await anna.get(f"{at}/card")).words
    assert "has taken back the consent to calls" in card
    again = await anna.post(f"/consents/{consent_id}/revoke", taken)
    assert (again.status, "taken back already" in again.words) == (409, True)


async def test_who_said_stop_is_refused_by_the_law_until_he_agrees_again(
    office: Office, client_as: ClientAs, wording: int
) -> None:
    anna, vera, at = (
        await client_as("anna"),
        await client_as("vera"),
        f"/clients/{office.cast.pavel}/",
    )
    await anna.post(f"{at}consents", _consent(wording))
    assert (await anna.post(f"{at}stop", {"number": "", "how": "said"})).status == 422
    said = {"number": "+79037654321", "how": "said", "reason": "“Enough!”"}
    assert (await anna.post(f"{at}stop", said)).status == 200
    card = await vera.get(f"{at}card")
    assert "not to be called" in card.words
    assert "asked not to be called (Mar 2, 2026, said to an operator)" in card.words
    assert "“Enough!”" in card.words
    # A consent that is older than his word is not offered, and not taken.
    assert "Called again only when he agrees to it" in card.words
    assert "take-back" not in card.text
    async with office.services.storage.read() as connection:
        [listing] = await list_of_number(connection, "+79037654321")
    back = f"/do-not-call/{listing.id}/take-back"
    consent = re.findall(r'id="consent-(\d+)"', card.text)[0]
    early = await vera.post(back, {"consent": consent})
    assert (early.status, "a newer one is needed" in early.words) == (422, True)
    assert (await anna.post(back, {"consent": consent})).status == 403
    await office.clock.advance(600)
    await anna.post(f"{at}consents", _consent(wording))
    card = await vera.get(f"{at}card")
    assert f'action="{back}"' in card.text
    newer = re.findall(r'id="consent-(\d+)"', card.text)[0]
    assert (await vera.post(back, {"consent": newer})).status == 200
    assert "may be called now" in (await anna.get(f"{at}calling")).words


async def test_the_judgement_is_asked_by_another_law(office: Office, client_as: ClientAs) -> None:
    anna, at = await client_as("anna"), f"/clients/{office.cast.pavel}/calling"
    assert "has not agreed to calls" in (await anna.get(at)).words
    federal = (await anna.get(f"{at}?law=us_federal")).words
    assert "has not agreed" not in federal
    assert (await anna.get(f"{at}?law=nonsense")).status == 200
    await office.clock.advance(timedelta(hours=10).total_seconds())
    late = (await (await client_as("anna")).get(f"{at}?law=us_federal")).words
    assert "not before tomorrow" in late
    assert "outside the hours for calls there" in late


async def test_consents_are_found_corrected_and_written_out_without_formulas(
    office: Office, client_as: ClientAs, wording: int
) -> None:
    vera, at = await client_as("vera"), f"/clients/{office.cast.pavel}"
    soon = office.clock.now() + timedelta(days=10)
    await vera.post(
        f"{at}/consents",
        _consent(wording, expires_at=f"{soon:%Y-%m-%dT%H:%M}", evidence="=cmd|' /C calc'!A0"),
    )
    assert "1 consent runs out within 30 days" in (await vera.get("/consents")).words
    assert "No consent here" not in (await vera.get("/consents?days=30&purpose=calls")).words
    for empty in ("days=5", "state=revoked", "purpose=messages", "name=Nobody", "client=999"):
        assert "No consent here" in (await vera.get(f"/consents?{empty}")).words, empty
    [consent_id] = re.findall(r'id="consent-(\d+)"', (await vera.get("/consents")).text)
    made = await vera.post(
        f"/consents/{consent_id}/correct",
        _consent(wording, evidence="=1+1", given_at="2026-01-05T10:00"),
        follow=False,
    )
    assert made.status == 303
    assert "corrected since" in (await vera.get(f"/consents/{consent_id}")).words
    again = await vera.post(f"/consents/{consent_id}/correct", _consent(wording))
    assert again.status == 422
    csv = (await vera.get("/consents/export.csv?state=in_force")).text
    assert "'=1+1" in csv
    assert "calc" not in csv
    book = openpyxl.load_workbook(io.BytesIO((await vera.get("/consents/export.xlsx")).body))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert "=1+1" in [cell.value for cell in cells if cell.data_type == "s"]
    assert not [cell for cell in cells if cell.data_type == "f"]
    anna = await client_as("anna")
    assert (await anna.get("/consents/export.csv")).status == 403
    assert (await vera.get("/consents/export.pdf")).status == 404
    trail = (await (await client_as("dina")).get("/admin/audit?subject=consents")).words
    assert "exported" in trail


async def test_words_are_kept_as_they_were_with_their_versions(
    client_as: ClientAs, wording: int
) -> None:
    vera, anna = await client_as("vera"), await client_as("anna")
    await vera.post("/consents/wordings", {"title": "Calls 2026", "text": "Other words."})
    shown = (await anna.get("/consents/wordings")).words
    assert "I agree <to calls>." in shown
    assert "version 2" in shown
    assert (await vera.post("/consents/wordings", {"title": "x", "text": " "})).status == 422
    assert (await anna.post("/consents/wordings", {"title": "x", "text": "y"})).status == 403
    await vera.post(f"/consents/wordings/{wording}/retire", {})
    assert "retired" in (await vera.get("/consents/wordings")).words
    assert (await vera.post(f"/consents/wordings/{wording}/retire", {})).status == 404


async def test_consents_of_other_books_are_looked_at_before_they_are_kept(
    office: Office, client_as: ClientAs, wording: int
) -> None:
    vera = await client_as("vera")
    rows = (
        "Number;given_at;evidence\r\n"
        "8 903 765-43-21;05.01.2026;book 3\r\n"
        "+7 999 000-00-00;05.01.2026;book 3\r\n"
        "nonsense;05.01.2026;<b>\r\n"
        "8 903 765-43-21;31.31.2026;x\r\n"
    )
    looked = (await vera.post("/consents/import", {"rows": rows})).words
    assert "2 rows are understood. 2 rows are not, and are left out." in looked
    assert "no telephone number" in looked
    async with office.services.storage.read() as connection:
        assert not await list_consents(connection, office.cast.vera, office.clock.now())
    kept = (await vera.post("/consents/import/run", {"rows": rows, "wording": wording})).words
    assert "1 consent is kept." in kept
    assert "No client has this number" in kept
    twice = (await vera.post("/consents/import/run", {"rows": rows, "wording": wording})).words
    assert "1 was there already" in twice
    wanted = Wanted(state=ConsentState.IN_FORCE, client_id=office.cast.pavel)
    async with office.services.storage.read() as connection:
        found = await list_consents(connection, office.cast.vera, office.clock.now(), wanted)
    assert [each.evidence for each in found] == ["book 3"]
    for nothing in ("", "\0", " \r\n ;;"):
        assert (await vera.post("/consents/import", {"rows": nothing})).status == 422
    png = "\x89PNG\r\n\x1a\n" + "".join(map(chr, range(1, 256)))
    page = "<html>\r\n<body>404 Not Found</body>\r\n</html>"
    for no_table in ('"' + "x" * 200_000, "1" * 200_000, png, page, "Name\nIvan\nPavel"):
        refused = await vera.post("/consents/import", {"rows": no_table})
        assert (refused.status, "This is no table of consents" in refused.words) == (422, True)
        assert "Why not" not in refused.words
    halves = {"Number;Name\n+79037654321;P": "Given", "Дано;Имя\n01.02.2026;П": "Number"}
    for half, lacking in halves.items():
        refused = await vera.post("/consents/import", {"rows": half})
        assert refused.status == 422
        assert f"A column is missing in the first line: {lacking}." in refused.words
    alone = await vera.post("/consents/import", {"rows": "number;given_at"})
    assert alone.status == 422
    formula = "number;given_at;evidence\n+79037654321;01.02.2026;=HYPERLINK(1)\n=1+1;01.02.2026;x"
    told = (await vera.post("/consents/import", {"rows": formula})).words
    assert "1 row is understood. 1 row is not" in told


async def test_a_strangers_consents_are_nowhere(
    office: Office, client_as: ClientAs, wording: int
) -> None:
    anna = await client_as("anna")
    assert (await anna.get("/consents/999")).status == 404
    assert (await anna.post("/clients/999/consents", _consent(wording))).status == 404
    said = {"number": "+79037654321", "how": "said"}
    assert (await anna.post("/clients/999/stop", said)).status == 404
    assert (await anna.get("/clients/999/calling")).status == 404
