"""`perezvon catch-up`: months of before taken over, a time away looked at, nonsense refused."""

import asyncio
import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from crm_core.calls.tables import calls
from crm_core.catchup.files import SAMPLE_COLUMNS
from crm_core.clock import SystemClock
from crm_core.storage.engine import Storage
from crm_core.tasks.tables import tasks
from tests.crm_core.exchange_log import in_sqlite
from tests.streams import logged
from web.cli import BAD_INPUT, run

SCENES = ("inbound_answered", "queue_abandoned_waiting", "attended_refer", "outbound_busy")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A migrated database and an exchange's log, named by the settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PEREZVON_LANGUAGE", "en")
    rows = sorted((row for name in SCENES for row in logged.cel_of(name)), key=lambda row: row.at)
    in_sqlite(tmp_path / "cel.db", rows)
    (tmp_path / "perezvon.toml").write_text(
        f'[exchange]\ncel = "sqlite:///{tmp_path}/cel.db"\nlog_time_zone = "UTC"\n'
        '[office]\ntime_zone = "Europe/Moscow"\n'
    )
    assert run(["migrate"]) == 0
    return tmp_path


def count(table: object) -> int:
    async def read() -> int:
        storage = Storage.open("sqlite:///data/perezvon.db")
        try:
            async with storage.read() as connection:
                return len((await connection.execute(table.select())).all())  # type: ignore[attr-defined]
        finally:
            await storage.close()

    return asyncio.run(read())


def test_months_of_before_are_taken_over_once_and_demand_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["catch-up", "--since", "2026-11-01"]) == 0
    assert "added: 4" in capsys.readouterr().out
    assert run(["catch-up", "--since", "2026-11-01"]) == 0
    assert "4, all accounted for" in capsys.readouterr().out
    assert count(calls) == 4
    assert count(tasks) == 0


def test_a_dry_run_says_what_it_would_add_and_why_and_adds_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["catch-up", "--since", "2026-11-01", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "79161234567 → 74951000101  Answered" in told
    assert "nobody watched when it happened" in told
    assert "would be added: 4" in told
    assert count(calls) == 0


def test_what_ended_a_moment_ago_is_left_to_the_service(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is writing it down itself: both would store the talk."""
    rows = logged.cel_of("inbound_answered")
    since_then = SystemClock().now() - rows[-1].at
    in_sqlite(folder / "cel.db", [replace(row, at=row.at + since_then) for row in rows])
    assert run(["catch-up", "--since", "1h", "--dry-run"]) == 0
    assert "would be added" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "times", [("--since", "0001-01-01"), ("--since", "9999w"), ("--since", "1d", "--until", "9999")]
)
def test_a_time_at_the_end_of_the_calendar_is_all_there_is(
    times: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    times = tuple("9999-12-31 23:59" if each == "9999" else each for each in times)
    assert run(["catch-up", *times, "--dry-run"]) == 0
    assert "Calls in Asterisk's own log" in capsys.readouterr().out


def test_a_script_gets_one_object_a_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catch-up", "--since", "2026-11-01", "--dry-run", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["verdict"] for one in told] == ["missing"] * 4
    assert {one["outcome"] for one in told} == {"answered", "abandoned", "busy"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "never listened"),
        (["--since", "tomorrow"], "is no time"),
        (["--since", "99999999999999h"], "is no time"),
        (["--since", "2030-01-01"], "lies after"),
        (["--since", "1h", "--until", "2h"], "lies after"),
    ],
)
def test_a_time_that_means_nothing_is_refused(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["catch-up", *arguments]) == BAD_INPUT
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "is not set"),
        ("mysql://asterisk:s3cret@host/cdr", "must look like"),
        ("sqlite:////no/such/cel.db", "is not there: /no/such/cel.db"),
        ("postgresql://nobody:s3cret@127.0.0.1:1/none", "cannot be reached"),
    ],
)
def test_a_log_that_cannot_be_read_is_a_sentence(
    address: str,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PEREZVON_EXCHANGE_CEL", address)
    assert run(["catch-up", "--since", "2026-11-01"]) == BAD_INPUT
    told = capsys.readouterr().err
    assert sentence in told
    assert "s3cret" not in told


def test_where_only_bills_are_kept_the_months_of_before_come_from_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As cdr_csv writes them, whose lines have no heading."""
    monkeypatch.setenv("PEREZVON_EXCHANGE_CEL", "")
    monkeypatch.setenv("PEREZVON_EXCHANGE_CDR", f"csv://{folder}/Master.csv")
    with (folder / "Master.csv").open("w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        for name in SCENES:
            told = logged.scene(name)
            for row in told["cdr"]:
                bill = dict(zip(told["cdr_columns"], row, strict=True))
                writer.writerow([bill.get(column, "") for column in SAMPLE_COLUMNS["cdr"]])
    assert run(["catch-up", "--since", "2026-11-01"]) == 0
    # Of the attended transfer the bills tell two calls: that they were one, they do not know.
    assert "added: 5" in capsys.readouterr().out
    assert run(["catch-up", "--since", "2026-11-01"]) == 0
    assert "5, all accounted for" in capsys.readouterr().out
    assert count(calls) == 5
