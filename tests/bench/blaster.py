"""A manager's other end that says a whole recorded stream as fast as it is read.

`python -m tests.bench.blaster FILE SECRET`: prints its port. Whoever logs in and sends the action
`UserEvent` gets the stream, at its end a change of the device `END`, and only then the answer.
"""

import asyncio
import sys
from pathlib import Path

from crm_core.clock import SystemClock
from telephony.simulator import Credentials, Exchange, Plan
from telephony.simulator.requests import Requests, one
from telephony.simulator.session import Session
from telephony.simulator.wire_format import event

END = "Bench/end"
CHUNK_BYTES = 64 * 1024


async def main(stream: bytes, secret: str) -> None:
    now = SystemClock().now()
    last = event("DeviceStateChange", now, [("Device", END), ("State", "NOT_INUSE")])
    said = stream + last
    requests = Requests(Exchange(Plan(()), lambda data: None, start=now))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(Credentials("perezvon", secret), "")
        writer.write(session.greeting)
        while data := await _read(reader):
            for request in session.feed(data):
                if one(request, "action") == "UserEvent":
                    for start in range(0, len(said), CHUNK_BYTES):
                        writer.write(said[start : start + CHUNK_BYTES])
                        await writer.drain()
                answer = session.own(request, 1)
                writer.write(requests.answer(request) if answer is None else answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(CHUNK_BYTES)
    except ConnectionError:  # a client that stops in the middle is no news here
        return b""


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).read_bytes(), sys.argv[2]))
