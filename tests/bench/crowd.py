"""The tabs of `storm`: they are connected, and on each line of input all of them come back at once.

`python -m tests.bench.crowd HOST PORT TABS`: reads the tokens of the sessions, one a line and an
empty one at the end; says `ready` when all have their first snapshot. Each later line cuts every
tab and opens it again, spread over one second; the answer is the seconds until the last snapshot.
"""

import asyncio
import sys
import time
from typing import Final, cast

from web.promptness import new_loop

SPREAD_SECONDS: Final = 1.0
_SNAPSHOT: Final = b'"type":"snapshot"'


class Tab(asyncio.Protocol):
    """A browser of the simplest kind: it asks, waits for a snapshot, and reads on unseeing."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._said = b""
        self._transport: asyncio.Transport | None = None
        self.shown = asyncio.Event()
        self.refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self.shown.is_set():
            return
        self._said += data
        if _SNAPSHOT in self._said:
            self.shown.set()
            self._said = b""

    def connection_lost(self, error: Exception | None) -> None:
        """Before the snapshot it is no return: whoever waits for it hears of it."""
        if not self.shown.is_set():
            self.refused = True
            self.shown.set()

    def cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class Crowd:
    """So many tabs, shared out among the people behind `tokens`."""

    def __init__(self, host: str, port: int, tabs: int, tokens: list[str]) -> None:
        self._address = (host, port)
        self._requests = [
            f"GET /socket HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: http://{host}:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Cookie: perezvon={tokens[place % len(tokens)]}\r\n\r\n".encode()
            for place in range(tabs)
        ]
        self._tabs: list[Tab] = []

    async def come(self) -> float:
        """Cut whatever is open and open it again; seconds until everybody has his snapshot."""
        began, old = time.perf_counter(), self._tabs
        self._tabs = [Tab(request) for request in self._requests]
        coming = []
        for place, tab in enumerate(self._tabs):
            due = began + SPREAD_SECONDS * place / len(self._tabs)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if old:
                old[place].cut()
            coming.append(asyncio.create_task(self._open(tab)))
        await asyncio.gather(*coming)
        return time.perf_counter() - began

    async def _open(self, tab: Tab) -> None:
        await asyncio.get_running_loop().create_connection(lambda: tab, *self._address)
        await tab.shown.wait()
        if tab.refused:
            raise ConnectionError("a tab was turned away")


async def main(host: str, port: int, tabs: int) -> None:
    loop = asyncio.get_running_loop()
    tokens = []
    while token := sys.stdin.readline().strip():
        tokens.append(token)
    crowd = Crowd(host, port, tabs, tokens)
    await crowd.come()
    print("ready", flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(f"{await crowd.come():.3f}", flush=True)


if __name__ == "__main__":
    # Tabs are on other machines in life: here they must not take the processor from the service.
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
