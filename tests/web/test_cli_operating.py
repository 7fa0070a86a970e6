"""Backup and restore from end to end by the command line, and the unit for systemd."""

import asyncio
import configparser
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shutil import which

import pytest

from crm_core.storage.sole import FilePlace
from tests.crm_core.conftest import needs_postgres_tool
from tests.lab.postgres import Cluster
from web.cli import BAD_INPUT, run
from web.systemd_unit import make_unit, program

Says = Callable[..., str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and no settings from outside."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("PEREZVON_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PEREZVON_LANGUAGE", "en")
    return tmp_path


@pytest.fixture
def says(capsys: pytest.CaptureFixture[str]) -> Says:
    """What a command prints; the code it is to end with comes first."""

    def say(code: int, *arguments: str) -> str:
        assert run(list(arguments)) == code
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return " ".join((told.out + told.err).split())

    return say


@pytest.fixture
def hire(says: Says, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let somebody in."""
    monkeypatch.setattr("sys.stdin.readline", lambda: "колокол-42\n")

    def let_in(login: str) -> None:
        says(0, "create-agent", login, "--name", login.title(), "--password-stdin")

    return let_in


def logins(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as db:
        return [row[0] for row in db.execute("SELECT login FROM agents ORDER BY id")]


def test_a_day_of_work_is_lost_and_found_again(
    folder: Path, says: Says, hire: Callable[[str], None]
) -> None:
    database = folder / "data" / "perezvon.db"
    hire("dina")
    says(0, "backup", "monday.copy")
    hire("anna")

    refused = says(BAD_INPUT, "restore", "monday.copy")
    assert "There is work in the database already" in refused
    assert "--replace" in refused
    assert logins(database) == ["dina", "anna"]

    told = says(0, "restore", "monday.copy", "--replace")
    assert told.startswith("The database is now as it was in monday.copy.")
    kept = Path(told.partition("kept in ")[2].removesuffix("."))
    assert (logins(database), logins(kept)) == (["dina"], ["dina", "anna"])
    hire("boris")  # and the work goes on
    assert logins(database) == ["dina", "boris"]

    shutil.rmtree(folder / "data")  # the disk died
    says(0, "restore", "monday.copy")
    assert logins(database) == ["dina"]


def test_nothing_is_restored_under_a_running_service(
    folder: Path, says: Says, hire: Callable[[str], None]
) -> None:
    hire("dina")
    says(0, "backup", "monday.copy")
    database = folder / "data" / "perezvon.db"
    place = FilePlace(database)
    assert asyncio.run(place.take())
    refused = says(BAD_INPUT, "restore", "monday.copy", "--replace")
    assert f"process {os.getpid()}" in refused
    assert "Stop it first" in refused
    hire("anna")  # commands beside the service work as ever
    says(0, "backup", "beside.copy")
    says(0, "migrate")
    asyncio.run(place.release())
    assert logins(database) == ["dina", "anna"]


def test_an_older_program_refuses_a_newer_database_with_a_sentence(
    folder: Path, says: Says, hire: Callable[[str], None]
) -> None:
    hire("dina")
    with closing(sqlite3.connect(folder / "data" / "perezvon.db")) as db:
        db.execute("UPDATE alembic_version SET version_num = '0999'")
        db.commit()
    refusal = "made by a newer version (0999). Install that version."
    assert refusal in says(BAD_INPUT, "migrate")
    assert refusal in says(BAD_INPUT, "create-agent", "x", "--name", "X", "--password-stdin")
    # A process of its own: it would keep the log of ours.
    command = [sys.executable, "-c", "from web.cli import main; main()", "run"]
    settings = {"PEREZVON_HTTP_PORT": "0", "PEREZVON_EXCHANGE_PORT": "1"}
    served = subprocess.run(
        command, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    assert (served.returncode, refusal in served.stderr) == (BAD_INPUT, True)
    assert logins(folder / "data" / "perezvon.db") == ["dina"]
    says(0, "backup", "newer.copy")  # a copy may be taken all the same
    shutil.rmtree(folder / "data")
    assert "made by a newer version (0999)" in says(BAD_INPUT, "restore", "newer.copy")


def test_a_copy_that_cannot_be_used_is_said_to_be_none(folder: Path, says: Says) -> None:
    (folder / "letter").write_text("Dear Anna")
    assert says(BAD_INPUT, "restore", "letter") == "letter is no backup that fits this database."
    said = says(BAD_INPUT, "restore", "none")
    assert said == "none: there is no such file or folder."
    assert says(BAD_INPUT, "restore", ".") == ".: this is a folder, and a file is needed."


@pytest.mark.postgres
def test_a_server_is_backed_up_and_restored_by_the_same_commands(
    postgres_cluster: Cluster,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
    says: Says,
    hire: Callable[[str], None],
) -> None:
    needs_postgres_tool("pg_dump")
    name = postgres_url.rpartition("/")[2]

    def people() -> list[str]:
        return postgres_cluster.sql("SELECT login FROM agents ORDER BY id", name).split()

    monkeypatch.setenv("PEREZVON_DATABASE_URL", postgres_url.replace("+asyncpg", ""))
    hire("dina")
    says(0, "backup", "monday.copy")
    hire("anna")
    assert "There is work in the database already" in says(BAD_INPUT, "restore", "monday.copy")
    told = says(0, "restore", "monday.copy", "--replace")
    assert people() == ["dina"]
    kept = told.partition("kept in ")[2].removesuffix(".")
    hire("boris")
    says(0, "restore", kept, "--replace")
    assert people() == ["dina", "anna"]


class TestTheUnit:
    def test_it_starts_this_program_again_and_locks_it_in(self, says: Says) -> None:
        unit = _read(make_unit(program(), user="perezvon", config=Path("/etc/p.toml")))
        service = unit["Service"]
        assert service["ExecStart"] == f"{program()} run --config /etc/p.toml"
        assert (service["Type"], service["Restart"]) == ("notify", "on-failure")
        assert service["User"] == "perezvon"
        locked = ("NoNewPrivileges", "PrivateTmp", "RestrictSUIDSGID", "ProtectKernelTunables")
        assert [service[name] for name in locked] == ["yes"] * len(locked)
        assert service["ProtectSystem"] == "strict"
        assert unit["Install"]["WantedBy"] == "multi-user.target"
        assert says(0, "systemd-unit", "--user", "bells").count("User=bells") == 1

    def test_a_program_in_somebodys_home_can_still_be_read(self) -> None:
        for place, protection in (("/home/anna/p/perezvon", "read-only"), ("/opt/p/x", "yes")):
            unit = _read(make_unit(Path(place), user="x", config=Path("/etc/p.toml")))
            assert unit["Service"]["ProtectHome"] == protection

    def test_a_path_with_blanks_and_signs_stays_one_word(self) -> None:
        unit = make_unit(Path("/opt/my 100% $p/perezvon"), user="x", config=Path("/etc/p.toml"))
        assert 'ExecStart="/opt/my 100%% $$p/perezvon" run' in unit

    def test_systemd_finds_no_fault_in_it(self, tmp_path: Path) -> None:
        unit = tmp_path / "perezvon.service"
        user = "daemon"  # whom every machine knows
        unit.write_text(make_unit(program(), user=user, config=Path("/etc/p.toml")))
        if which("systemd-analyze") is None:  # as on a machine without systemd
            assert set(_read(unit.read_text())) == {"DEFAULT", "Unit", "Service", "Install"}
            return
        told = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(unit)],
            capture_output=True,
            text=True,
            check=False,
        )
        ours = [line for line in told.stderr.splitlines() if "perezvon.service" in line]
        assert (told.returncode, ours) == (0, [])


def _read(unit: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment]
    parser.read_string(unit)
    return parser
