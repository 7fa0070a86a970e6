"""`perezvon simulate`: what it prints, and the one sentence it says of nonsense."""

import json
from pathlib import Path

import pytest

from web.cli import BAD_INPUT, run

SMALL = "title = 'Two'\noperators = 2\ndays = 1\n"
KEYS = {
    *("title", "seed", "days", "days_wanted", "mode", "law", "operators", "busy_share"),
    *("talk_minutes_per_operator_hour", "idle_seconds_per_call", "operator_hours", "dials"),
    *("answers", "connected", "abandoned", "machines", "failed", "messages_played", "list"),
    *("violations", "decisions", "by_hour", "seconds"),
}


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEREZVON_LANGUAGE", "en")


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.toml"
    path.write_text(SMALL)
    return path


def told_json(capsysbinary: pytest.CaptureFixture[bytes], *arguments: str) -> dict[str, object]:
    assert run(["simulate", *arguments, "--json"]) == 0
    told = json.loads(capsysbinary.readouterr().out)
    assert isinstance(told, dict)
    return told


def test_json_has_the_documented_keys_and_is_the_same_for_a_seed(
    scenario: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    first, second = (told_json(capsysbinary, str(scenario)) for _ in range(2))
    assert set(first) == KEYS
    assert first.pop("seconds") is not None
    second.pop("seconds")
    assert first == second
    assert (first["operators"], first["law"], first["seed"]) == (2, "us_federal", 1)


def test_what_is_given_stands_above_the_file(
    scenario: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    arguments = ("--seed", "5", "--days", "1", "--mode", "progressive")
    told = told_json(capsysbinary, str(scenario), *arguments)
    assert (told["seed"], told["days"], told["mode"]) == (5, 1, "progressive")


def test_team_sizes_are_compared(
    scenario: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    told = told_json(capsysbinary, str(scenario), "--operators", "1, 3")
    runs = told["runs"]
    assert isinstance(runs, list)
    assert [each["operators"] for each in runs] == [1, 3]


def test_people_read_a_table(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", str(scenario)]) == 0
    told = capsys.readouterr().out
    assert "2 operators · 1 day" in told
    assert "Operators busy" in told
    assert "No rule was broken." in told


def test_it_speaks_the_readers_language(
    scenario: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEREZVON_LANGUAGE", "ru")
    assert run(["simulate", str(scenario), "--operators", "1,2"]) == 0
    assert "Худший период" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "arguments", "sentence"),
    [
        (b"", [], "operators: Fill this in."),
        (b"operators = 0", [], "operators: Between 1 and 2000."),
        (b"\xff\xfe\x00", [], "is no text in UTF-8."),
        (b"operators = [", [], "file: This is no TOML file"),
        (b"operators = 1\ncolour = 1", [], "colour: There is no key"),
        (b"operators = 1\npacing = 1", ["--mode", "power"], "pacing: A table is needed here"),
        (SMALL.encode(), ["--days", "0"], "days: Between 1 and 3660."),
        (SMALL.encode(), ["--mode", "fast"], "pacing.mode: Write one of these: preview"),
        (SMALL.encode(), ["--mode", "preview"], "pacing.mode: In preview the operator decides"),
        (SMALL.encode(), ["--operators", "8;9"], "--operators: write team sizes like 8,10,12"),
        (SMALL.encode(), ["--operators", "0"], "--operators: write team sizes like 8,10,12"),
        (SMALL.encode(), ["--seed", "-1"], "--seed must be a number from 0"),
        (b"#" * 2_000_000, [], "file: Too long: at most 300000 characters."),
    ],
)
def test_nonsense_is_one_sentence(
    content: bytes,
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "scenario.toml"
    path.write_bytes(content)
    assert run(["simulate", str(path), *arguments]) == BAD_INPUT
    told = capsys.readouterr()
    assert told.out == ""
    assert sentence in told.err
    assert told.err.count("\n") == 1


def test_a_file_that_is_not_there_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["simulate", str(tmp_path / "nothing.toml")]) == BAD_INPUT
    assert "there is no such file" in capsys.readouterr().err
