"""The log: one line a thing, with what failed and without what must not leave the house."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from web.logs import _rendering, set_up_logs


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the log says; the root logger is put back afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    set_up_logs()
    yield out
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_fault_is_one_line_of_json_without_local_variables(written: io.StringIO) -> None:
    secret = "hush-hush"
    try:
        raise RuntimeError("a fault of " + str(len(secret)))
    except RuntimeError:
        structlog.get_logger("web.test").exception("part_failed", part="feed")
    told = json.loads(written.getvalue())
    assert (told["event"], told["part"], told["level"]) == ("part_failed", "feed", "error")
    assert told["exception"][0]["exc_type"] == "RuntimeError"
    assert "hush-hush" not in written.getvalue()


def test_a_hostile_value_stays_in_its_line(written: io.StringIO) -> None:
    structlog.get_logger("web.test").info("call", caller='\r\n{"event": "forged"}\x1b[2J')
    logging.getLogger("telephony").info("said %s", "\r\nforged")
    lines = written.getvalue().splitlines()
    assert len(lines) == 2
    assert json.loads(lines[0])["caller"].startswith("\r\n")
    assert "\x1b" not in written.getvalue()


def test_on_a_terminal_a_hostile_value_steers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rendering = _rendering(people=True)
    event: Any = {"event": "said \x1b[2J\nforged", "caller": "Ivan\r\x1b]0;x\x07", "level": "info"}
    for render in rendering:
        event = render(None, "info", event)
    told = str(event)
    assert "\x1b[2J" not in told
    assert "\n" not in told
    assert "\x1b]0" not in told
