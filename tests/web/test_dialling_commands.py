"""The commands on whom one may call: a list read from a file, and why a number is not dialled."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from crm_core.clock import SystemClock
from crm_core.storage.engine import Storage
from dialer.do_not_call.kinds import How, ListKind
from dialer.do_not_call.lists import DoNotCallLists
from dialer.do_not_call.opt_outs import OptOuts
from dialer.do_not_call.records import Said
from tests.web.conftest import furnished_database  # noqa: F401
from web.cli import BAD_INPUT, run

Say = Callable[..., str]


@pytest.fixture
def office_folder(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    furnished_database: Path,  # noqa: F811
) -> Path:
    """A folder with settings, a database with a national list in it, and an opt-out."""
    monkeypatch.chdir(tmp_path)
    for name in ("PEREZVON_CONFIG", "PEREZVON_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PEREZVON_LANGUAGE", "en")
    shutil.copy(furnished_database, tmp_path / "perezvon.db")
    url = f"sqlite:///{tmp_path}/perezvon.db"
    (tmp_path / "perezvon.toml").write_text(f'[database]\nurl = "{url}"\n')
    asyncio.run(_settle(url))
    return tmp_path


async def _settle(url: str) -> None:
    storage, clock = Storage.open(url), SystemClock()
    try:
        await DoNotCallLists(storage, clock).create(
            None, ListKind.NATIONAL, "Registry", country="RU"
        )
        said = Said(How.SAID, "no more")
        await OptOuts(storage, clock, "RU").stop(None, "+79037654321", said)
    finally:
        await storage.close()


def test_a_list_is_read_and_its_numbers_are_not_dialled(
    office_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [f"8916123{number:04d}" for number in range(50)]
    (office_folder / "list.txt").write_text("\n".join([*lines, "nobody"]))
    arguments = ["import-do-not-call", "list.txt", "--list", "registry", "--source", "the state"]
    assert run(arguments) == 0
    told = capsys.readouterr()
    assert "50 numbers are on the list; lines without one: 1." in told.out
    assert "Line 51 has no number: nobody" in told.err
    assert run(["why", "8 916 123-00-07", "--profile", "us_federal"]) == 1
    told = capsys.readouterr()
    assert "on the national do-not-call list" in told.out


def test_why_says_when_somebody_asked(
    office_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["why", "8 (903) 765-43-21"]) == 1
    told = capsys.readouterr().out
    assert told.startswith("+79037654321: not to be called")
    assert "asked not to be called (" in told
    assert "said to an operator)" in told
    assert "has not agreed to calls" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["why", "abc"], "This is no telephone number"),
        (["why", "+79160000000", "--profile", "moon"], "There is no law profile 'moon'"),
        (["import-do-not-call", "list.txt", "--list", "x"], "there are: 2 (Own), Registry."),
        (["import-do-not-call", "none.txt", "--list", "Registry"], "There is no file"),
        (["import-do-not-call", "empty.txt", "--list", "Registry"], "empty"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    office_folder: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    (office_folder / "empty.txt").write_text("")
    (office_folder / "list.txt").write_text("89161234567\n")
    assert run(arguments) == BAD_INPUT
    told = capsys.readouterr().err.strip()
    assert said in told
    assert "\n" not in told


@pytest.mark.parametrize(
    ("number", "reason"),
    [("112", "emergency"), ("8 800 200-06-00", "costs"), ("+7 809 200-06-00", "costs")],
)
def test_of_a_number_that_nobody_ever_dials_that_is_the_only_reason(
    office_folder: Path, capsys: pytest.CaptureFixture[str], number: str, reason: str
) -> None:
    assert run(["why", number, "--profile", "ru"]) == 1
    first, *reasons = capsys.readouterr().out.strip().splitlines()
    assert first.endswith(": not to be called")
    assert [reason in each for each in reasons] == [True]


def test_why_names_the_profile_it_judged_by(
    office_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["why", "+7 916 000-00-00", "--profile", "ru"])
    assert "Judged by the law profile ru." in capsys.readouterr().err


def test_an_empty_database_is_not_called_old(
    office_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEREZVON_DATABASE_URL", f"sqlite:///{office_folder}/other.db")
    assert run(["why", "+7 916 000-00-00"]) == BAD_INPUT
    assert "This database is empty." in capsys.readouterr().err
