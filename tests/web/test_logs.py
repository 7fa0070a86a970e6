"""The log: one line a thing, with what failed and without what must not leave the house."""

import asyncio
import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from crm_core.bus import Bus
from crm_core.clock import ManualClock, SystemClock
from crm_core.storage.trouble import persistently
from telephony.events import CallResumed
from telephony.ids import CallId, Interface
from tests.web.conftest import Office
from web.logs import _rendering, set_up_logs

HOSTILE = '\r\n{"event": "forged", "level": "error"}\x1b[2J\u2028\x85'


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


def _fact(call_id: str) -> CallResumed:
    clock = ManualClock()
    return CallResumed(at=clock.now(), call_id=CallId(call_id), interface=Interface("PJSIP/101"))


async def test_what_is_said_while_a_fact_is_handled_carries_the_calls_id(
    written: io.StringIO,
) -> None:
    """Also by those who know of no call: a library, the storage, a task that was started there."""
    bus, tasks = Bus(), []
    attempts = 0

    async def write() -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise OSError("the disk is full")

    async def later() -> None:
        structlog.get_logger("web.test").info("later")

    async def handle(fact: CallResumed) -> None:
        logging.getLogger("sqlalchemy").warning("a library says something")
        tasks.append(asyncio.create_task(later()))
        await persistently(SystemClock(), write)
        raise RuntimeError("a fault of ours")

    bus.subscribe("one", {CallResumed: handle})
    bus.publish(_fact("1.7"))
    await bus.settled()
    await asyncio.gather(*tasks)
    structlog.get_logger("web.test").info("outside")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    said = {line["event"]: line.get("call_id") for line in lines}
    assert said == {
        "a library says something": "1.7",
        "later": "1.7",
        "waits_for_database": "1.7",
        "handler_failed": "1.7",
        "outside": None,
    }


def test_a_line_that_names_its_call_itself_is_believed(written: io.StringIO) -> None:
    structlog.get_logger("web.test").info("said", call_id="2.1")
    about = {"call_id": "2.2", "password": "hush"}
    logging.getLogger("telephony").info("said too", extra=about)
    first, second = (json.loads(line) for line in written.getvalue().splitlines())
    assert (first["call_id"], second["call_id"]) == ("2.1", "2.2")
    assert "hush" not in written.getvalue()


@pytest.mark.parametrize("people", [False, True], ids=["json", "terminal"])
def test_no_stranger_begins_a_line_or_steers_a_terminal(people: bool) -> None:
    """In a value, in a key's list, in the words of an error, in the event itself."""
    for failure in (None, ValueError(f"cannot call {HOSTILE}")):
        event: Any = {"event": f"said {HOSTILE}", "caller": HOSTILE, "level": "info"}
        event |= {"several": [HOSTILE, {"name": HOSTILE}]}
        if failure is not None:
            event["exc_info"] = (ValueError, failure, None)
        rendered: Any = event
        for render in _rendering(people=people):
            rendered = render(None, "info", rendered)
        _first, *rest = str(rendered).split("\n")
        assert all(line.startswith("  ") or not line for line in rest)
        assert rest == [] or people
        colours = re.sub(r"\x1b\[\d*(;\d+)*m", "", str(rendered))
        assert not set(colours) & set("\r\x1b\u2028\x85")


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/one\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nno header\x1b[2J\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    ],
    ids=["line", "header", "endless", "length"],
)
async def test_a_request_that_is_no_http_is_one_line(
    said: bytes, office: Office, written: io.StringIO
) -> None:
    reader, writer = await asyncio.open_connection(office.url.host, office.url.port)
    writer.write(said)
    answer = await reader.read()
    writer.close()
    assert answer.startswith((b"HTTP/1.0 400 ", b"HTTP/1.1 400 "))
    [line] = [each for each in written.getvalue().splitlines() if "aiohttp.server" in each]
    told = json.loads(line)
    assert told["level"] == "warning"
    assert told["event"].startswith("a request from 127.0.0.1 was no HTTP: ")
    assert len(line) < 500
    assert "exception" not in told


async def test_a_fault_of_the_server_itself_keeps_its_traceback(written: io.StringIO) -> None:
    try:
        raise RuntimeError("a fault")
    except RuntimeError:
        logging.getLogger("aiohttp.server").exception("Unhandled exception")
    told = json.loads(written.getvalue())
    assert (told["event"], told["level"]) == ("Unhandled exception", "error")
    assert told["exception"][0]["exc_type"] == "RuntimeError"
