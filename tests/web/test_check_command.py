"""`perezvon check`: lines for people, JSON for scripts, an exit code for both."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.lab.asterisk import LabAsterisk
from tests.lab.processes import free_port
from web.cli import run
from web.cli.checking import SOMETHING_IS_BAD


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with an exchange that does not answer."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PEREZVON_LANGUAGE", "en")
    monkeypatch.setenv("PEREZVON_DATABASE_URL", f"sqlite:///{tmp_path}/perezvon.db")
    monkeypatch.setenv("PEREZVON_EXCHANGE_PORT", str(free_port()))
    monkeypatch.setenv("PEREZVON_EXCHANGE_SECRET", "swordfish")
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def lines(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    told = capsys.readouterr()
    assert told.err == ""
    assert "swordfish" not in told.out
    return {line["code"]: line for line in map(json.loads, told.out.splitlines())}


def test_an_exchange_that_does_not_answer_is_told_with_what_to_do(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert run(["check"]) == SOMETHING_IS_BAD
    told = capsys.readouterr()
    assert told.err == ""
    assert "✗ Nothing answers at 127.0.0.1:" in told.out
    assert "enabled = yes" in told.out
    assert "! There is no database yet" in told.out
    assert "1 thing must be mended." in told.out
    assert "swordfish" not in told.out
    assert not (folder / "perezvon.db").exists()


def test_it_speaks_russian(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEREZVON_LANGUAGE", "ru")
    assert run(["check"]) == SOMETHING_IS_BAD
    told = capsys.readouterr().out
    assert "никто не отвечает" in told
    assert "Нужно исправить: 1 место." in told


def test_scripts_read_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["migrate"]) == 0
    capsys.readouterr()
    assert run(["check", "--json"]) == SOMETHING_IS_BAD
    told = lines(capsys)
    assert told["link.unreachable"]["level"] == "bad"
    assert told["link.unreachable"]["values"]["host"] == "127.0.0.1"
    assert told["database.schema"]["level"] == "ok"
    assert told["logs.none"]["level"] == "warn"


def test_passwords_of_databases_are_never_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = f"postgresql://perezvon:swordfish@127.0.0.1:{free_port()}/crm"
    monkeypatch.setenv("PEREZVON_DATABASE_URL", there)
    monkeypatch.setenv("PEREZVON_EXCHANGE_CEL", there)
    assert run(["check", "--json"]) == SOMETHING_IS_BAD
    told = lines(capsys)
    assert told["database.unreachable"]["values"]["url"].startswith("postgresql://perezvon:***@")
    assert told["logs.unreachable"]["values"]["url"].startswith("postgresql://perezvon:***@")


@pytest.mark.lab
def test_where_nothing_is_bad_the_exit_code_is_0(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, exchange: LabAsterisk
) -> None:
    monkeypatch.setenv("PEREZVON_EXCHANGE_PORT", str(exchange.ami_port))
    monkeypatch.setenv("PEREZVON_EXCHANGE_SECRET", exchange.ami_secret)
    assert run(["migrate"]) == 0
    capsys.readouterr()
    assert run(["check", "--json"]) == 0
    told = lines(capsys)
    assert told["link.let_in"]["level"] == "ok"
    assert exchange.ami_secret not in repr(told)


def test_bad_settings_are_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEREZVON_EXCHANGE_PHONES", "(")
    assert run(["check"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
