"""In which language the command line speaks, and that it says everything in it."""

import ast
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import web.cli
from crm_core.storage.backup import BackupImpossible
from web.cli import BAD_INPUT, make_app, run
from web.cli.explaining import explained
from web.i18n import Reader, language_of_shell

COMMANDS = sorted(typer.main.get_command(make_app()).commands)  # type: ignore[attr-defined]
LITERAL = {"CRM", "Asterisk", "AMI", "JSON", "Markdown", "Ctrl-C", "en", "ru", "Europe", "Moscow"}
LITERAL |= {"operator", "supervisor", "head_of_sales", "administrator", "http", "perezvon", "toml"}
LITERAL |= {"Perezvon", "h", "PEREZVON_PASSWORD", "systemd", "etc", "Uniqueid", *COMMANDS}
LITERAL |= {"CSV", "ZIP", "gzip", "docs", "md", "preview", "progressive", "power", "predictive"}
SPEAKING = {"tell", "remark", "asked", "asked_secretly", "Refused"}
PEREZVON = "from web.cli import main; main()"


@pytest.fixture(autouse=True)
def russian_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shell in Russian, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("PEREZVON_", "LC_", "LANG"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "ru_RU.UTF-8")
    return tmp_path


def _process(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    root = str(Path(web.cli.__file__).parents[2])
    return subprocess.run(
        [sys.executable, "-c", PEREZVON, *arguments],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": root, **environ},
        timeout=60,
    )


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "ru"}, "ru"),
        ({"LANG": "ru_UA.KOI8-U@euro"}, "ru"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": ""}, "ru"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "de:ru:en"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "LANGUAGE": "en"}, "en"),
        ({"LANG": "C", "LANGUAGE": "ru"}, "en"),
        ({"LANG": "ru_RU.UTF-8", "PEREZVON_LANGUAGE": "en"}, "en"),
        ({"LANG": "C", "PEREZVON_LANGUAGE": "ru"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "PEREZVON_LANGUAGE": "tlh"}, "ru"),
        ({"LANG": "russian nonsense"}, "en"),
    ],
)
def test_the_shell_says_which_language(environ: dict[str, str], language: str) -> None:
    assert language_of_shell(environ) == language


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_page_of_help_is_russian_in_a_russian_shell(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*filter(None, [command]), "--help"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("Вызов: perezvon")
    words = set(re.findall(r"(?<![\w-])[A-Za-z][\w-]*", page))
    assert words - LITERAL == set()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "Команды nonsense нет. Справка: perezvon --help"),
        (["replay"], "Не хватает: ФАЙЛ. Справка: perezvon replay --help"),
        (["create-agent", "--rloe", "x"], "Параметра --rloe нет; может быть, --role?"),
        (["simulate-exchange", "--port", "x"], "--port — это число от 0 до 65535."),
        (["replay", "none.ami"], "Файла none.ami нет."),
        (["create-agent", "x", "--role", "boss"], "Роли 'boss' нет; есть operator,"),
        (["migrate", "--config", "none.toml"], "Файла настроек none.toml нет."),
    ],
)
def test_what_is_typed_wrong_is_refused_in_russian(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == BAD_INPUT
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(said)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PEREZVON_HTTP_PORT", "abc", "PEREZVON_HTTP_PORT — это целое число, а не 'abc'."),
        ("PEREZVON_HTTP_PROT", "80", "настройки PEREZVON_HTTP_PROT нет; может быть,"),
        ("PEREZVON_DATABASE_URL", "mysql://x", "mysql://x"),
        ("PEREZVON_DATABASE_URL", "", "[database] url (PEREZVON_DATABASE_URL) не указан."),
        ("PEREZVON_DATABASE_URL", "sqlite:////proc/none/x.db", "такого файла или папки нет."),
        ("PEREZVON_DATABASE_URL", "postgresql://a@127.0.0.1:1/b", "До базы данных не достучаться"),
    ],
)
def test_a_bad_setting_is_refused_in_russian(
    name: str,
    value: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(name, value)
    assert run(["migrate"]) == BAD_INPUT
    told = capsys.readouterr().err
    assert said in told
    assert re.search("[а-я]{3}", told)
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("ENOSPC", "Не удалось сделать копию: на диске нет места; освободите его"),
        ("folder_missing", "Не удалось сделать копию: такой папки нет; создайте её"),
    ],
)
def test_a_copy_that_cannot_be_written_is_told_with_what_to_do(reason: str, said: str) -> None:
    told = explained(BackupImpossible(path="/x/copy.db", reason=reason), Reader("ru"))
    assert told is not None
    assert told.startswith(said)
    assert "/x/copy.db" in told


@pytest.mark.parametrize("how", [["run"], ["simulate-exchange"]])
def test_a_taken_port_is_refused_in_russian(how: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        where = ["--port", port] if how == ["simulate-exchange"] else []
        done = _process(*how, *where, PEREZVON_HTTP_PORT=port)
    assert done.returncode == BAD_INPUT
    assert port in done.stderr
    assert "занят" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_terminal_without_cyrillic_is_spoken_to_in_english(russian_shell: Path) -> None:
    coding = "ascii"
    refused = _process("replay", "нет.ami", PYTHONIOENCODING=coding)
    assert refused.returncode == BAD_INPUT
    assert refused.stderr == "There is no file ???.ami.\n"
    (russian_shell / "пусто.ami").touch()
    empty = _process("replay", "пусто.ami", PYTHONIOENCODING=coding)
    assert (empty.returncode, empty.stderr) == (0, "?????.ami is empty: nothing was recorded.\n")


def test_what_machines_read_is_the_same_in_every_language(
    russian_shell: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["settings"]) == 0
    assert "| `[http] port` | `PEREZVON_HTTP_PORT` | `8080` |" in capsys.readouterr().out


def test_every_word_of_a_command_goes_through_the_translation() -> None:
    """Each text given to whatever speaks is marked with N_, or is a name for one that is."""
    bare, seen = [], 0
    for path in Path(web.cli.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            named = node.func.id if isinstance(node.func, ast.Name) else ""
            texts = [word.value for word in node.keywords if word.arg in ("help", "metavar")]
            texts += node.args[:1] if named in SPEAKING else []
            seen += len(texts)
            bare += [
                f"{path.name}:{one.lineno}"
                for one in texts
                if isinstance(one, ast.Constant | ast.JoinedStr)
            ]
    assert seen > 50
    assert bare == []


@pytest.mark.parametrize(
    ("size", "said"), [(1, "1 байт"), (3, "3 байта"), (25, "25 байт"), (40960, "40\xa0960 байт")]
)
def test_a_size_is_counted_as_russian_does(
    size: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from web.cli.speaking import tell_size

    tell_size("copy.db", size)
    assert capsys.readouterr().out == f"copy.db: {said}\n"
