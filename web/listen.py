"""One's own pops outside a browser: logs in like a person, listens to the socket, comes back alone.

The protocol is that of the pages, with data instead of HTML; see docs/socket.md.
"""

import re
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from crm_core.clock import Clock
from screenpop.outbox import Closing

FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 20.0
PATIENCE: Final = aiohttp.ClientTimeout(total=15)  # seconds; then it counts as no connection
_CSRF = re.compile(r'<meta name="csrf" content="([0-9a-f]+)">')
_REFUSALS = {422: "login_failed", 429: "too_many_logins"}
_STRANGER = "not_perezvon"


class ListenRefused(Exception):
    """The server does not let us in: `login_failed`, `too_many_logins`, `not_perezvon`, or
    `not_secure` for a certificate that is not valid."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def pause_after(attempts: int, chance: float) -> float:
    """Seconds before the next attempt: doubling, with jitter, so that many do not return at once.

    `chance` is a random number in [0, 1).
    """
    return float(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(attempts, 10))) * (
        0.5 + chance
    )


class Listener:
    """Events of one person's screen, for ever: `ops()` gives the server's operations as dicts."""

    def __init__(
        self,
        url: str,
        login: str,
        password: str,
        clock: Clock,
        chance: Callable[[], float],
        on_link: Callable[[bool], None] = lambda up: None,
    ) -> None:
        self._url = url.rstrip("/")
        self._login = login
        self._password = password
        self._clock = clock
        self._chance = chance
        self._on_link = on_link

    async def ops(self) -> AsyncIterator[dict[str, Any]]:
        """Puts and removals, a snapshot's first; what stood before a cut and has gone meanwhile is
        removed. Raises ListenRefused when the login is refused."""
        shown: dict[str, str] = {}
        attempts = 0
        cookie = ""
        while True:
            try:
                cookie = cookie or await self._enter()
                async with connect(
                    self._socket_url(), additional_headers=self._headers(cookie)
                ) as s:
                    self._on_link(True)
                    async for text in s:
                        attempts = 0
                        for op in _ops_of(msgspec.json.decode(text), shown):
                            yield op
            except ConnectionClosed as closed:
                if closed.rcvd and closed.rcvd.code == Closing.SESSION_OVER:
                    cookie = ""
            except InvalidStatus as refused:
                if refused.response.status_code in (302, 303, 401, 403):
                    cookie = ""
            except (ssl.SSLError, aiohttp.ClientSSLError) as refused:
                raise ListenRefused("not_secure") from refused
            except (OSError, InvalidHandshake, aiohttp.ClientError, TimeoutError):
                pass
            self._on_link(False)
            await self._clock.sleep(pause_after(attempts, self._chance()))
            attempts += 1

    async def _enter(self) -> str:
        """Log in; the session's cookie as a header value."""
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar, timeout=PATIENCE) as session:
            async with session.get(f"{self._url}/login") as page:
                if page.status >= 500:
                    raise aiohttp.ClientError(f"status {page.status}")
                token = _CSRF.search(await page.text(errors="replace"))
            if token is None:
                raise ListenRefused(_STRANGER)
            form = {"login": self._login, "password": self._password, "csrf": token.group(1)}
            async with session.post(
                f"{self._url}/login", data=form, allow_redirects=False
            ) as answer:
                if answer.status >= 500:
                    raise aiohttp.ClientError(f"status {answer.status}")
                if answer.status != 303:
                    raise ListenRefused(_REFUSALS.get(answer.status, _STRANGER))
                cookies = answer.cookies
        return "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())

    def _socket_url(self) -> str:
        return "ws" + self._url.removeprefix("http") + "/socket?format=json"

    def _headers(self, cookie: str) -> dict[str, str]:
        parts = urlsplit(self._url)
        return {"Cookie": cookie, "Origin": f"{parts.scheme}://{parts.netloc}"}


def _ops_of(frame: dict[str, Any], shown: dict[str, str]) -> Iterator[dict[str, Any]]:
    """A frame's operations; a snapshot's are those that differ from what is shown already."""
    if frame["type"] == "updates":
        for op in frame["ops"]:
            _note(op, shown)
            yield op
        return
    listed = {element["id"] for element in frame["elements"]}
    for element_id in [each for each in shown if each not in listed]:
        del shown[element_id]
        yield {"op": "remove", "id": element_id}
    for element in frame["elements"]:
        if shown.get(element["id"]) != repr(element["data"]):
            _note(element, shown)
            yield element


def _note(op: dict[str, Any], shown: dict[str, str]) -> None:
    if op["op"] == "put":
        shown[op["id"]] = repr(op["data"])
    elif op["op"] == "remove":
        shown.pop(op["id"], None)
