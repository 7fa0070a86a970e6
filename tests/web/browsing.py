"""A browser without a screen: cookies, forms with their CSRF token, and answers read at once."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from types import TracebackType
from typing import Any

import aiohttp
from yarl import URL

from web.sessions import SESSION

_CSRF = re.compile(r'<meta name="csrf" content="([0-9a-f]+)">')


@dataclass(frozen=True, slots=True)
class Answer:
    """A response whose body has been read."""

    status: int
    url: URL
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def words(self) -> str:
        """What a person reads: the text between the tags, blanks made single."""
        reader = _Words()
        reader.feed(self.text)
        return " ".join(" ".join(reader.heard).split())

    @property
    def links(self) -> list[str]:
        """Every href and action of the page that leads to the office itself."""
        found = re.findall(r'(?:href|action)="([^"]*)"', self.text)
        return [link.replace("&amp;", "&") for link in found if link.startswith("/")]


class Visitor:
    """One browser at `base`; `language` is what it asks for."""

    def __init__(self, base: URL, *, token: str = "", language: str = "en") -> None:
        jar = aiohttp.CookieJar(unsafe=True)  # the office of the tests has an IP for a name
        self._session = aiohttp.ClientSession(
            base, cookie_jar=jar, headers={"Accept-Language": language}
        )
        self.base = base
        self.token = token
        if token:
            jar.update_cookies({SESSION: token}, base)

    async def __aenter__(self) -> "Visitor":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session itself, for sockets and odd requests."""
        return self._session

    def cookie(self, name: str) -> str | None:
        found = self._session.cookie_jar.filter_cookies(self.base).get(name)
        return found.value if found else None

    async def get(self, path: str, *, follow: bool = True, **headers: str) -> Answer:
        return await self.request("GET", path, follow=follow, headers=headers)

    async def post(
        self,
        path: str,
        data: Mapping[str, Any] | None = None,
        *,
        follow: bool = True,
        csrf: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a form as its page would: with the token of the page (or the one given)."""
        token = await self.csrf() if csrf is None else csrf
        sent = {**(data or {}), "csrf": token}
        return await self.request("POST", path, follow=follow, data=sent, headers=headers or {})

    async def csrf(self) -> str:
        """The token that this visitor's pages carry."""
        found = _CSRF.search((await self.get("/help/connect")).text)
        assert found, "the page carries no CSRF token"
        return found.group(1)

    async def request(
        self, method: str, path: str, *, follow: bool = False, **options: Any
    ) -> Answer:
        async with self._session.request(
            method, path, allow_redirects=follow, **options
        ) as response:
            body = await response.read()
            return Answer(response.status, response.url, response.headers, body)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []
        self._deaf = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._deaf += tag in ("script", "style", "template")

    def handle_endtag(self, tag: str) -> None:
        self._deaf -= tag in ("script", "style", "template")

    def handle_data(self, data: str) -> None:
        if not self._deaf:
            self.heard.append(data)
