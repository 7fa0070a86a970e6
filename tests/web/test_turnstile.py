"""Who comes back in a crowd waits his turn, and nobody waits for ever."""

import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from web import turnstile
from web.turnstile import AT_ONCE, TURN

UPGRADE = {"Upgrade": "websocket"}


class Hall:
    """Behind the turnstile: whoever is inside stays until `leave` is set."""

    def __init__(self) -> None:
        self.inside = 0
        self.most = 0
        self.leave = asyncio.Event()

    async def enter(self, request: web.Request) -> web.Response:
        self.inside += 1
        self.most = max(self.most, self.inside)
        if "drawn" in request.query:
            request[TURN].over()
            request[TURN].over()
        await self.leave.wait()
        self.inside -= 1
        if "fails" in request.query:
            raise web.HTTPUnauthorized
        return web.Response()

    async def holds(self, count: int) -> None:
        """Return when so many are inside at once."""
        async with asyncio.timeout(10):
            while self.inside < count:  # noqa: ASYNC110 - the hall rings no bell
                await asyncio.sleep(0.005)


@pytest.fixture
def hall() -> Hall:
    return Hall()


async def _client(hall: Hall) -> TestClient[web.Request, web.Application]:
    app = web.Application(middlewares=[turnstile.turnstile()])
    app.router.add_get("/", hall.enter)
    return TestClient(TestServer(app), connector=aiohttp.TCPConnector(limit=0))


async def _statuses(client: TestClient[web.Request, web.Application], *paths: str) -> list[int]:
    async def ask(path: str) -> int:
        async with client.get(path, headers=UPGRADE) as answer:
            return answer.status

    return await asyncio.gather(*(ask(path) for path in paths))


async def test_no_more_than_two_are_inside_and_all_come_in(hall: Hall) -> None:
    async with await _client(hall) as client:
        coming = asyncio.create_task(_statuses(client, *["/?fails=1", "/"] * 10))
        await hall.holds(AT_ONCE)
        hall.leave.set()
        assert await coming == [401, 200] * 10
    assert hall.most == AT_ONCE


async def test_whoever_is_drawn_makes_room_though_he_stays(hall: Hall) -> None:
    async with await _client(hall) as client:
        coming = asyncio.create_task(_statuses(client, *["/?drawn=1"] * 10))
        await hall.holds(10)
        hall.leave.set()
        await coming


async def test_whoever_has_waited_long_enough_comes_in_in_any_case(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turnstile, "PATIENCE_SECONDS", 0.05)
    async with await _client(hall) as client:
        coming = asyncio.create_task(_statuses(client, *["/"] * 5))
        await hall.holds(5)
        hall.leave.set()
        await coming


async def test_a_page_needs_no_turn(hall: Hall) -> None:
    async with await _client(hall) as client:
        coming = asyncio.create_task(_statuses(client, "/", "/", "/"))
        page = asyncio.create_task(client.get("/").__aenter__())
        await hall.holds(AT_ONCE + 1)
        hall.leave.set()
        assert (await page).status == 200
        await coming
