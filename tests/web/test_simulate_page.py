"""The page “Simulation”: a form or a file is run beside the service, and its result is drawn."""

import asyncio
import json
from io import StringIO

import pytest

from dialer.compliance.stored import as_values
from dialer.pacing.policy import Mode
from dialer.profiles.built_in import built_in
from dialer.simulation.reading import read_scenario
from tests.web.browsing import Answer, Visitor
from tests.web.conftest import ClientAs, Office
from web import simulating, simulation_worker
from web.simulating import Ended

TIMEOUT = 60
FORM = {
    "what": "form",
    "operators": "2",
    "days": "1",
    "mode": "predictive",
    "law": "us_federal",
    "begins": "09:00",
    "ends": "12:00",
    "talk": "120",
    "wrap_up": "20",
    "chance": "25",
    "size": "0",
}


async def over(office: Office, agent_id: int) -> None:
    """The person's simulation has ended."""
    async with asyncio.timeout(TIMEOUT):
        while office.services.simulations.running(agent_id):  # noqa: ASYNC110 - has no event
            await asyncio.sleep(0.02)


async def simulated(office: Office, visitor: Visitor, form: dict[str, str]) -> Answer:
    """The page when what was asked for is done."""
    await visitor.post("/simulate", form)
    await over(office, office.cast.vera.id)
    return await visitor.get("/simulate")


async def test_at_first_there_is_a_form_and_a_word_about_it(client_as: ClientAs) -> None:
    page = await (await client_as("vera")).get("/simulate")
    assert "Nothing has been simulated yet" in page.words
    assert 'value="10"' in page.text


async def test_a_form_is_run_and_its_figures_and_pictures_are_shown(
    office: Office, client_as: ClientAs
) -> None:
    page = await simulated(office, await client_as("vera"), FORM)
    assert "2 operators · 1 day" in page.words
    assert "No rule was broken." in page.words
    assert page.text.count('class="chart-busy"') == 3  # hours from nine to twelve
    assert 'class="meter-limit"' in page.text
    assert "The run before" not in page.words
    assert "style=" not in page.text


async def test_a_second_run_stands_beside_the_first(office: Office, client_as: ClientAs) -> None:
    vera = await client_as("vera")
    await simulated(office, vera, FORM)
    page = await simulated(office, vera, {**FORM, "operators": "1", "mode": "progressive"})
    assert "This run The run before" in page.words
    assert "1 operator · 1 day" in page.words
    assert "The run before: 2 operators" in page.words


async def test_five_team_sizes_are_compared(office: Office, client_as: ClientAs) -> None:
    short = {**FORM, "ends": "09:30", "sizes": "1"}
    page = await simulated(office, await client_as("vera"), short)
    assert "Conversations a day" in page.words
    assert page.text.count('class="size-bar"') == 5


async def test_a_file_is_run_and_can_be_taken_home(office: Office, client_as: ClientAs) -> None:
    vera = await client_as("vera")
    text = 'title = "Мой <b>сценарий</b>"\noperators = {count = 1, to = "10:00"}\ndays = 1\n'
    page = await simulated(office, vera, {"what": "file", "scenario": text})
    assert "Мой &lt;b&gt;сценарий&lt;/b&gt;" in page.text
    file = await vera.get("/simulate/scenario.toml")
    assert file.text.replace("\r\n", "\n") == text
    assert "attachment" in file.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("operators", "0", "At least 1."),
        ("operators", "", "Fill this in."),
        ("days", "999", "At most 366."),
        ("mode", "preview", "In preview the operator decides"),
        ("mode", "x", "Write one of these"),
        ("law", "mars", "There is no law profile “mars”."),
        ("begins", "soon", "is no time of the day"),
        ("ends", "08:00", "The end is before the beginning."),
        ("chance", "101", "At most 100."),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field(
    field: str, value: str, sentence: str, client_as: ClientAs
) -> None:
    page = await (await client_as("vera")).post("/simulate", {**FORM, field: value})
    assert page.status == 422
    assert sentence in page.words
    assert f'id="{field}-error"' in page.text


async def test_a_wrong_key_of_a_file_is_named(client_as: ClientAs) -> None:
    vera = await client_as("vera")
    page = await vera.post(
        "/simulate", {"what": "file", "scenario": "operators = 1\n[answer]\nchance = 2"}
    )
    assert page.status == 422
    assert "answer.chance: Between 0.0 and 1.0." in page.words
    assert "chance = 2" in page.text


async def test_it_shows_how_far_it_is_and_can_be_stopped(
    office: Office, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulating, "AT_ONCE_SECONDS", 0.0)
    vera = await client_as("vera")
    page = await vera.post("/simulate", {**FORM, "operators": "50", "days": "300"})
    assert "Simulating" in page.words
    assert "Simulating" in (await vera.get("/simulate/progress")).words
    again = await vera.post("/simulate", FORM)
    assert again.status == 409
    assert "Your last simulation still runs." in again.words
    page = await vera.post("/simulate/stop", {})
    assert "The simulation was stopped." in page.words
    assert "Simulating" not in page.words
    assert office.services.simulations.running(office.cast.vera.id) is None


async def test_one_does_not_see_anothers(office: Office, client_as: ClientAs) -> None:
    await simulated(office, await client_as("vera"), FORM)
    page = await (await client_as("dina")).get("/simulate")
    assert "Nothing has been simulated yet" in page.words


async def test_what_takes_too_long_is_ended_with_a_sentence(
    office: Office, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulating, "GRACE_SECONDS", 0.0)
    office.services.simulations.seconds = 0.3
    page = await simulated(office, await client_as("vera"), {**FORM, "operators": "2000"})
    assert "Not one day could be simulated" in page.words


async def test_days_that_do_not_fit_into_the_time_are_left_out_and_that_is_said(
    office: Office, client_as: ClientAs
) -> None:
    office.services.simulations.seconds = 0.0
    page = await simulated(office, await client_as("vera"), {**FORM, "days": "5"})
    assert "There was no time for all 5 days" in page.words
    assert "2 operators · 1 day" in page.words


async def test_a_worker_that_dies_is_told_of_and_the_next_one_runs(
    office: Office, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    vera = await client_as("vera")
    with monkeypatch.context() as broken:
        broken.setattr(simulating, "as_values", lambda law: {})
        page = await simulated(office, vera, FORM)
    assert "The simulation broke off" in page.words
    last = office.services.simulations.last(office.cast.vera.id)
    assert last is not None
    assert last.trouble is Ended.BROKE
    page = await simulated(office, vera, FORM)
    assert "2 operators · 1 day" in page.words


def test_the_worker_tells_day_by_day_and_leaves_out_what_there_is_no_time_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    law = as_values(built_in()["us_federal"])
    order = {
        "scenario": 'operators = {count = 1, to = "09:30"}\ndays = 3',
        "sizes": [1, 2],
        "seconds": 0.0,
        "profiles": {"us_federal": law},
    }
    monkeypatch.setattr("sys.stdin", StringIO(json.dumps(order)))
    monkeypatch.setattr(simulation_worker, "_keep_small", lambda: None)
    simulation_worker.main()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sum(line.get("days", 0) for line in lines) == 6
    assert [line["report"]["days"] for line in lines if "report" in line] == [1]
    assert [line["size"]["operators"] for line in lines if "size" in line] == [2]


async def test_a_campaign_is_run_with_all_that_the_form_does_not_ask(
    office: Office, client_as: ClientAs
) -> None:
    vera, campaigns = await client_as("vera"), office.services.campaigns
    made = await campaigns.create(office.cast.vera, "Spring", "us_federal")
    pacing = {"trunks": 7, "ring_seconds": 31, "target": 0.01}
    hours = {"monday": ["10:00-11:00"]}
    await campaigns.edit(office.cast.vera, made, {"pacing": pacing, "hours": hours}, version=1)
    page = await simulated(office, vera, {**FORM, "campaign": str(made)})
    assert "Calls as “Spring” is set." in page.words
    file = (await vera.get("/simulate/scenario.toml")).text
    run = read_scenario(file, built_in().get)
    assert (run.title, run.ring_seconds, run.operators) == ("Spring", 31.0, 2)
    assert (run.policy.trunks, run.policy.target) == (7, 0.01)
    assert run.policy.mode is Mode.PREDICTIVE, "the form says how"
    assert run.law.hours.weekdays[1] == ()
    other = await simulated(office, vera, {**FORM, "law": "uk", "campaign": str(made)})
    assert "Calls as “Spring” is set." in other.words
    file = (await vera.get("/simulate/scenario.toml")).text
    assert read_scenario(file, built_in().get).law == built_in()["uk"]
    assert "Calls as" not in (await vera.get("/simulate?campaign=")).words
    assert (await vera.post("/simulate", {**FORM, "campaign": "77"})).status == 404
    assert (await vera.post("/simulate", {**FORM, "campaign": "x"})).status == 422
