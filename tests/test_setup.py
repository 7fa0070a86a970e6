"""The set-up shows that it works, on a terminal and in a log, and what stopped it."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def setup() -> ModuleType:
    path = Path(__file__).parent.parent / ".ci" / "setup.py"
    spec = importlib.util.spec_from_file_location("ci_setup", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_libraries_are_counted_and_the_unpacking_is_named(setup: ModuleType) -> None:
    progress = setup.Progress("starting pip", 40)
    assert progress.text(0.4) == "      starting pip, 0 s"
    progress.hear("Collecting aiohttp==3.14.1\n")
    progress.hear("  Downloading aiohttp-3.14.1.whl\n")
    assert progress.text(2) == "      1/40 aiohttp, 2 s"
    progress.hear("Installing collected packages: aiohttp\n")
    assert progress.text(31.2) == "      unpacking 40 libraries, 31 s"


def test_a_terminal_sees_every_second_and_a_log_a_line_now_and_then(setup: ModuleType) -> None:
    on_terminal, in_log = setup.Progress("unpacking"), setup.Progress("unpacking")
    seconds = range(1, 41)
    assert all(on_terminal.is_due(second, terminal=True) for second in seconds)
    shown = [second for second in seconds if in_log.is_due(second, terminal=False)]
    assert shown == [10, 20, 30, 40]


def test_a_silent_command_still_moves(
    setup: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """The command says nothing until it has been shown to move."""
    monkeypatch.setattr(setup, "QUIET_SECONDS", 0)
    monkeypatch.setattr(setup, "BEAT_SECONDS", 0.01)
    seen = tmp_path / "seen"

    class Watched(setup.Progress):  # type: ignore[misc, name-defined]
        def text(self, seconds: float) -> str:
            seen.touch()
            return "moving"

    waiting = "import os, sys, time\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.01)"
    code, heard = setup.run([sys.executable, "-c", waiting, str(seen)], Watched("waiting"))
    assert (code, heard) == (0, [])
    assert "moving" in capsys.readouterr().out


def test_what_stopped_it_is_shown_in_the_commands_own_words(
    setup: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = [sys.executable, "-c", "print('no network here'); raise SystemExit(3)"]
    with pytest.raises(SystemExit) as stopped:
        setup.must(failing, setup.Progress("trying"), "it failed")
    assert stopped.value.code == 2
    told = capsys.readouterr().err
    assert "no network here" in told
    assert "set-up stopped: it failed" in told
