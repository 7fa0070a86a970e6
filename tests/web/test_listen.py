"""`perezvon listen` hears what the pages hear, and comes back by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from crm_core.clock import SystemClock
from tests.cast import PASSWORD
from tests.web.conftest import Office
from tests.web.shift import ANNAS, Shift, at_work
from web.cli.popping import lines, printable
from web.i18n import Reader
from web.listen import Listener, ListenRefused, pause_after


@pytest.fixture
async def shift(office: Office) -> AsyncIterator[Shift]:
    async with at_work(office) as working:
        await working.sit("anna", "desk_101")
        yield working


class Heard:
    """What a listener got, in order."""

    def __init__(self) -> None:
        self.ops: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.links: list[bool] = []

    async def card(self, phase: str) -> dict[str, Any]:
        async with asyncio.timeout(10):
            while True:
                op = await self.ops.get()
                if op.get("template") == "cards/_card.html" and op["data"]["phase"] == phase:
                    return op

    async def removal(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            while True:
                op = await self.ops.get()
                if op["op"] == "remove":
                    return op


@asynccontextmanager
async def listening(office: Office, password: str = PASSWORD) -> AsyncIterator[Heard]:
    heard = Heard()
    listener = Listener(
        str(office.url), "anna", password, SystemClock(), lambda: 0.0, heard.links.append
    )

    async def run() -> None:
        async for op in listener.ops():
            heard.ops.put_nowait(op)

    task = asyncio.create_task(run())
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_ring_is_told_in_a_line_with_client_and_number(shift: Shift) -> None:
    async with listening(shift.office) as heard:
        await shift.ring(ANNAS)
        op = await heard.card("ringing")
    (first, *_) = lines(op, Reader(), SystemClock())
    assert "Incoming call  Иван Петров, ООО «Ромашка»  8 (916) 123-45-67  sales" in first


async def test_after_a_closed_session_it_logs_in_again_and_misses_nothing(shift: Shift) -> None:
    async with listening(shift.office) as heard:
        await shift.ring(ANNAS)
        await heard.card("ringing")
        await shift.office.services.sessions.close_all(shift.office.cast.anna.id)
        await shift.answer(ANNAS)
        await heard.card("talking")
        assert heard.links[:3] == [True, False, True]


async def test_what_went_while_the_link_was_cut_is_removed_when_it_is_back(shift: Shift) -> None:
    async with listening(shift.office) as heard:
        await shift.ring(ANNAS)
        put = await heard.card("ringing")
        await shift.office.services.sessions.close_all(shift.office.cast.anna.id)
        await shift.hang_up()
        assert (await heard.removal())["id"] == put["id"]


async def test_a_wrong_password_is_told_rather_than_tried_for_ever(shift: Shift) -> None:
    listener = Listener(str(shift.office.url), "anna", "wrong", SystemClock(), lambda: 0.0)
    with pytest.raises(ListenRefused) as refused:
        await anext(listener.ops())
    assert refused.value.code == "login_failed"


def test_pauses_grow_to_a_limit_and_no_two_listeners_wait_alike() -> None:
    assert [pause_after(n, 0.5) for n in (0, 1, 2)] == [0.5, 1.0, 2.0]
    assert pause_after(1000, 0.5) == 20.0
    assert pause_after(3, 0.1) != pause_after(3, 0.9)


def test_a_name_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in printable("\x1b[2JIvan\r\n")
