"""A bare AMI connection for the laboratory, independent of the product's own client."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from time import time_ns
from types import TracebackType

Headers = dict[str, str]


class AmiLink:
    """Logs in, sends actions, collects events; `raw` sees every byte that comes."""

    def __init__(
        self,
        port: int,
        secret: str,
        *,
        user: str = "perezvon",
        raw: Callable[[bytes, datetime], None] | None = None,
    ) -> None:
        self._port, self._user, self._secret = port, user, secret
        self._raw = raw
        self._serial = count(1)
        self._waiting: dict[str, asyncio.Future[Headers]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self.events: list[Headers] = []
        self._news = asyncio.Event()

    async def __aenter__(self) -> "AmiLink":
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._reading = asyncio.create_task(self._read(reader))
        answer = await self.act("Login", Username=self._user, Secret=self._secret)
        if answer["response"] != "Success":
            await self.close()
            raise RuntimeError(answer["message"])
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        if self._writer is not None:
            self._writer.close()
            with suppress(ConnectionError):
                await self._writer.wait_closed()

    async def act(self, action: str, **headers: str) -> Headers:
        """Send an action, return the headers (lower-case names) of its response."""
        assert self._writer is not None
        key = f"lab-{next(self._serial)}"
        lines = [f"Action: {action}", f"ActionID: {key}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        answer: asyncio.Future[Headers] = asyncio.get_running_loop().create_future()
        self._waiting[key] = answer
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return await asyncio.wait_for(answer, 10)

    async def do(self, action: str, **headers: str) -> Headers:
        """The same, and the response must be a success."""
        answer = await self.act(action, **headers)
        assert answer["response"] in ("Success", "Goodbye"), f"{action}: {answer}"
        return answer

    async def until(
        self, wanted: Callable[[Headers], bool], *, since: int = 0, patience_seconds: float = 10
    ) -> Headers:
        """The first event from position `since` on that is `wanted`."""

        async def watch() -> Headers:
            position = since
            while True:
                while position < len(self.events):
                    if wanted(self.events[position]):
                        return self.events[position]
                    position += 1
                self._news.clear()
                await self._news.wait()

        return await asyncio.wait_for(watch(), patience_seconds)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        rest = b""
        while data := await reader.read(65536):
            if self._raw is not None:
                self._raw(data, datetime.fromtimestamp(time_ns() / 1e9, UTC))
            *blocks, rest = (rest + data).split(b"\r\n\r\n")
            for block in blocks:
                self._take(block.decode(errors="replace"))

    def _take(self, block: str) -> None:
        headers: Headers = {}
        for line in block.split("\r\n"):
            name, colon, value = line.partition(":")
            if colon:
                headers.setdefault(name.strip().lower(), value.strip())
        if "event" in headers:
            self.events.append(headers)
            self._news.set()
            return
        answer = self._waiting.pop(headers.get("actionid", ""), None)
        if answer is not None and not answer.done():
            answer.set_result(headers)
