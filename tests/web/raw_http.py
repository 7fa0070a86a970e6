"""A browser that sends whatever it is told, byte for byte: what no honest client would send."""

import asyncio
from dataclasses import dataclass

from yarl import URL

PATIENCE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """`headers` in the order they came, names in lower case; `status` 0: cut off without a word."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.headers if known == name]


async def send(
    base: URL,
    method: str,
    target: bytes,
    *headers: tuple[bytes, bytes],
    body: bytes = b"",
    length: int | None = None,
    after: bytes = b"",
) -> RawAnswer:
    """One request on a connection of its own; `length` may lie about the body, and then stops.
    `after` is what is said once the answer has begun, to a socket."""
    said = [b"%s %s HTTP/1.1\r\n" % (method.encode(), target)]
    if not any(name.lower() == b"host" for name, _ in headers):
        said.append(b"Host: %s:%d\r\n" % (str(base.host).encode(), base.port or 80))
    said += [b"%s: %s\r\n" % header for header in headers]
    if method != "GET":
        said.append(b"Content-Length: %d\r\n" % (len(body) if length is None else length))
    async with asyncio.timeout(PATIENCE_SECONDS):
        reader, writer = await asyncio.open_connection(base.host, base.port)
        try:
            closing = b"" if after else b"Connection: close\r\n"
            writer.write(b"".join(said) + closing + b"\r\n" + body)
            if after:
                begun = await reader.readuntil(b"\r\n\r\n")
                writer.write(after)
                writer.write_eof()
                return _read(begun + await _all_of(reader))
            if length is not None and length > len(body):
                writer.write_eof()  # the rest never comes
            return _read(await _all_of(reader))
        finally:
            writer.transport.abort()


async def _all_of(reader: asyncio.StreamReader) -> bytes:
    said = b""
    try:
        while data := await reader.read(65536):
            said += data
    except ConnectionError:  # refused in the middle of what we had to say
        pass
    return said


def _read(said: bytes) -> RawAnswer:
    head, _, body = said.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = (line.partition(":") for line in lines)
    parts = first.split(" ", 2)
    return RawAnswer(
        int(parts[1]) if len(parts) > 1 else 0,
        tuple((name.strip().lower(), value.strip()) for name, _, value in headers),
        body,
    )
