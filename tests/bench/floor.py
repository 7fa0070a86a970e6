"""The floor of `pop`: a line in, a fixed frame of 2 KB out; no database, no template, no thought.

`python -m tests.bench.floor AMI_PORT SECRET`: prints the port of its sockets, serves until killed.
"""

import asyncio
import sys

from aiohttp import WSMsgType, web

FRAME_BYTES = 2048
sockets: dict[str, web.WebSocketResponse] = {}


async def serve_socket(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    sockets[request.query["phone"]] = socket
    async for _ in socket:
        pass
    return socket


async def main(port: int, secret: str) -> None:
    app = web.Application()
    app.router.add_get("/socket", serve_socket)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"Action: Login\r\nUsername: perezvon\r\nSecret: {secret}\r\n\r\n".encode())
    print(runner.addresses[0][1], flush=True)
    while block := await reader.readuntil(b"\r\n\r\n"):
        if not block.startswith(b"Event: DialBegin"):
            continue
        headers = dict(line.split(b": ", 1) for line in block.split(b"\r\n") if b": " in line)
        phone = headers[b"DestChannel"].rpartition(b"-")[0].decode()
        if phone in sockets:
            frame = headers[b"Linkedid"].ljust(FRAME_BYTES, b".")
            await sockets[phone].send_frame(frame, WSMsgType.TEXT)


asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
