"""The command line: what it does, and the one sentence it says when it will not."""

import io
import json
import os
import re
import sqlite3
import threading
from pathlib import Path

import pytest

from web.cli import BAD_INPUT, make_app, run

STREAM = b"".join(
    b"\r\n".join(block) + b"\r\n\r\n"
    for block in (
        [
            b"Event: Newchannel",
            b"Timestamp: 1772442000.000000",
            b"Channel: PJSIP/trunk-00000001",
            b"ChannelState: 4",
            b"CallerIDNum: 79161234567",
            b"CallerIDName: [red]Ivan\x1b[2J",
            b"Context: from-trunk",
            b"Exten: 74951234567",
            b"Uniqueid: 1772442000.1",
            b"Linkedid: 1772442000.1",
        ],
        [
            b"Event: Hangup",
            b"Timestamp: 1772442009.500000",
            b"Channel: PJSIP/trunk-00000001",
            b"ChannelState: 4",
            b"CallerIDNum: 79161234567",
            b"Uniqueid: 1772442000.1",
            b"Linkedid: 1772442000.1",
            b"Cause: 16",
        ],
    )
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and no settings from outside."""
    monkeypatch.chdir(tmp_path)
    for name in ("PEREZVON_CONFIG", "PEREZVON_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PEREZVON_LANGUAGE", "en")
    return tmp_path


def _says(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The sentence with which a command refuses."""
    assert run(list(arguments)) == BAD_INPUT
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert "Traceback" not in told.err
    return told.err.strip()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "There is no command nonsense."),
        (["replay"], "Something is missing: FILE. Help: perezvon replay --help"),
        (["replay", "none.ami", "--json"], "There is no file none.ami."),
        (["replay", "none.ami", "--phones", "("], "--phones is no regular expression"),
        (["run", "--config", "none.toml"], "There is no settings file none.toml."),
        (["create-agent", "x", "--name", "X", "--role", "boss"], "There is no role 'boss'"),
        (["simulate-exchange", "--port", "70000"], "--port must be a number from 0 to 65535."),
        (["crate-agent"], "There is no command crate-agent; did you mean create-agent?"),
        (["create-agent", "--rloe", "x"], "There is no option --rloe; did you mean --role?"),
        (["create-agent", "--role"], "Write a value after --role."),
        (["replay", "--json=1", "x"], "--json takes no value."),
        (["migrate", "now", "please"], "This is too much: now please."),
        (["simulate-exchange", "--port", "http"], "--port must be a number from 0 to 65535."),
        (["simulate-exchange", "--calls", "-1"], "--calls must be a number, 0 or more."),
        (["simulate-exchange", "--host", "256.1.1.1", "--port", "0"], "no machine of this name."),
        (["listen", "anna", "--url", "http://a b"], "--url is an address like"),
        (["backup", "copy.db"], "there is no database yet"),
        (["replay", "."], ". is a folder"),
        (["create-agent", "x", "--name", "X", "--language", "de"], "There is no language 'de'"),
        (["create-agent", "x", "--time-zone", "Mars/Base"], "There is no time zone 'Mars/Base'"),
        (["listen", "anna", "--url", "http://"], "--url is an address like"),
        (["listen", "anna", "--url", "http://[::1"], "--url is an address like"),
        (["listen", "anna", "--url", "http://here:99999"], "--url is an address like"),
    ],
)
def test_bad_input_is_one_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in _says(capsys, *arguments)


def test_a_setting_that_is_not_understood_stops_every_command(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "perezvon.toml").write_text("[database]\nurll = 'x'")
    assert "did you mean url?" in _says(capsys, "migrate")
    (folder / "perezvon.toml").write_text("[database]\nurl = 'mysql://x'")
    assert "mysql://x is no database of ours" in _says(capsys, "migrate")


def test_a_database_is_made_filled_and_copied(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["migrate"]) == 0
    assert (folder / "data").stat().st_mode & 0o077 == 0
    monkeypatch.setattr("sys.stdin.readline", lambda: "колокол-42\n")
    hire = ["create-agent", "Anna", "--name", "Anna Orlova", "--password-stdin"]
    hire += ["--role", "operator"]
    assert run([*hire, "--language", "ru", "--time-zone", "Europe/Moscow"]) == 0
    assert "There is no administrator yet" in capsys.readouterr().err
    assert run(["backup", "copy.db"]) == 0
    with sqlite3.connect(folder / "copy.db") as copy:
        row = copy.execute("SELECT login, role, language, time_zone FROM agents").fetchone()
    copy.close()
    assert row == ("anna", "operator", "ru", "Europe/Moscow")
    capsys.readouterr()
    assert "Somebody has the login anna already" in _says(capsys, *hire)
    assert "copy.db exists already" in _says(capsys, "backup", "copy.db")


def test_what_is_refused_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.readline", lambda: "колокол-42\n")
    said = _says(capsys, "create-agent", "anna", "--name", "", "--password-stdin")
    assert said == "name: Fill this in."


def test_a_database_that_is_a_folder_is_refused_before_it_is_opened(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "perezvon.toml").write_text("[database]\nurl = 'sqlite:///here'")
    (folder / "here").mkdir()
    assert _says(capsys, "migrate").endswith("here: this is a folder, and a file is needed.")


def test_questions_that_nobody_answers_end_in_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run(["create-agent"]) == BAD_INPUT
    assert "The input ended before everything was asked" in capsys.readouterr().err


def test_a_file_that_is_no_stream_is_said_to_be_none(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "noise.ami").write_bytes(bytes(range(256)) * 50)
    said = _says(capsys, "replay", "noise.ami", "--json")
    assert said == "noise.ami: nothing that an Asterisk says is in it. Is it another file?"


def test_a_stream_may_come_by_standard_input(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], folder: Path
) -> None:
    (folder / "given").write_bytes(STREAM)
    monkeypatch.setattr("web.cli.listening.STANDARD_INPUT", folder / "given")
    assert run(["replay", "-", "--json"]) == 0
    assert json.loads(capfdbinary.readouterr().out)["outcome"]


def test_a_stream_may_come_through_a_pipe(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    os.mkfifo(folder / "pipe")
    feeding = threading.Thread(target=lambda: (folder / "pipe").write_bytes(STREAM))
    feeding.start()
    assert run(["replay", "pipe", "--json"]) == 0
    feeding.join()
    assert len(capfdbinary.readouterr().out.splitlines()) == 1


def test_a_weak_password_is_refused_with_the_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["migrate"]) == 0
    capsys.readouterr()
    monkeypatch.setattr("sys.stdin.readline", lambda: "short\n")
    said = _says(capsys, "create-agent", "anna", "--name", "Anna", "--password-stdin")
    assert said.startswith("password: At least ")


def test_the_first_person_finds_an_empty_place_and_administers_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.readline", lambda: "колокол-42\n")
    for login in ("dina", "anna"):
        hire = ["create-agent", login, "--name", login.title(), "--password-stdin"]
        assert run(hire) == 0
    with sqlite3.connect(folder / "data" / "perezvon.db") as db:
        rows = db.execute("SELECT login, role FROM agents ORDER BY id").fetchall()
    db.close()
    assert rows == [("dina", "administrator"), ("anna", "operator")]


def test_a_stream_is_replayed_as_one_json_object_a_line(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (folder / "one.ami").write_bytes(STREAM)
    assert run(["replay", "one.ami", "--json"]) == 0
    lines = capfdbinary.readouterr().out.splitlines()
    assert len(lines) == 1
    call = json.loads(lines[0])
    assert (call["caller"], call["direction"]) == ("79161234567", "inbound")


def test_a_hostile_name_in_a_stream_cannot_steer_the_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "one.ami").write_bytes(STREAM.replace(b"79161234567", b"[bold]\x1b[2J"))
    assert run(["replay", "one.ami"]) == 0
    told = capsys.readouterr().out
    assert "\x1b[2J" not in told
    assert "[bold]" in told


def test_a_stream_of_an_empty_file_has_no_calls(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "none.ami").touch()
    assert run(["replay", "none.ami", "--json"]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "none.ami is empty: nothing was recorded.\n"


def test_which_endpoints_are_phones_can_be_said(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (folder / "one.ami").write_bytes(STREAM)
    assert run(["replay", "one.ami", "--json", "--phones", "trunk"]) == 0
    call = json.loads(capfdbinary.readouterr().out)
    assert call["direction"] != "inbound"


def test_a_record_never_overwrites_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "kept.ami").write_text("kept")
    assert "kept.ami exists already" in _says(capsys, "record", "kept.ami")
    assert (folder / "kept.ami").read_text() == "kept"


def test_the_settings_are_printed_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["settings"]) == 0
    assert "| `[http] port` | `PEREZVON_HTTP_PORT` | `8080` |" in capsys.readouterr().out


def test_help_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    assert "create-agent" in capsys.readouterr().out


def test_help_and_version_are_there_by_their_usual_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["-h"]) == 0
    assert run(["backup", "-h"]) == 0
    assert "Usage: perezvon backup [OPTIONS] FILE" in capsys.readouterr().out
    assert run(["--version"]) == 0
    assert re.fullmatch(r"Perezvon \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_a_file_in_the_place_of_a_folder_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "data").write_text("not a folder")
    said = _says(capsys, "migrate")
    assert said.endswith("data: a part of this path is a file, and a folder is needed.")


def test_a_folder_without_the_right_to_write_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.folders.os.access", lambda path, mode: False)
    said = _says(capsys, "migrate")
    assert said.endswith("data: this user has no right to read or write here.")


def test_nothing_typed_shows_the_help_and_yet_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == BAD_INPUT
    assert "create-agent" in capsys.readouterr().out


def test_without_a_terminal_no_password_is_asked_for_in_the_open(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("web.cli.asking._TERMINAL", tmp_path / "none")
    monkeypatch.setattr("sys.stdin", io.StringIO("колокол-42\n"))
    assert "There is no terminal to ask for the password" in _says(capsys, "listen", "anna")


def test_questions_never_get_into_the_output(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("anna\n"))
    assert run(["create-agent"]) == BAD_INPUT
    told = capsys.readouterr()
    assert told.out.strip() == ""
    assert told.err.startswith("Login:Name:\n")


def test_two_passwords_that_differ_are_asked_for_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = iter(["колокол-42", "колокол-24", "колокол-42", "колокол-42"])
    monkeypatch.setattr("web.cli.keeping.asked_secretly", lambda question: next(typed))
    hire = ["create-agent", "anna", "--name", "Anna", "--role", "operator", "--language", "en"]
    assert run(hire) == 0
    told = capsys.readouterr()
    assert told.err.startswith("The two were not the same. Both once again, please.\n")
    assert told.out == "anna may log in now.\n"


def test_the_command_line_is_built_once_however_often_it_is_used() -> None:
    before = len(make_app().registered_commands)
    for _ in range(2):
        run(["settings"])
    assert len(make_app().registered_commands) == before
