"""Files that lie with a client: taken piece by piece, given back as they came."""

import hashlib
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clients.access import access_client
from crm_core.clients.tables import file_bytes, files
from crm_core.clock import Clock
from crm_core.editing.edits import PART
from crm_core.errors import Invalid, NotFound
from crm_core.events import ClientChanged
from crm_core.storage.engine import Storage
from crm_core.wording import existing_id, line

MOST_BYTES: Final = 25 * 1024 * 1024  # a contract with its drawings; films belong elsewhere
PIECE: Final = 256 * 1024  # bytes of one write: about 2 ms of the only writer
LONGEST_NAME: Final = 255


@dataclass(frozen=True, slots=True)
class File:
    """One file; its bytes are read by `Files.pieces`."""

    id: int
    client_id: int
    name: str
    media_type: str
    size: int
    sha256: str
    created_at: datetime


class Files:
    """Takes files in and hands them out, through the door of their client."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def add(
        self,
        actor: Agent,
        client_id: int,
        name: str,
        media_type: str,
        pieces: AsyncIterator[bytes],
        *,
        deal_id: int | None = None,
    ) -> int:
        """Keep what `pieces` give; the file's id. Whoever may edit the client may.

        Invalid("file"): file_empty, file_too_large; an interrupted one leaves nothing to be seen.
        """
        async with self._storage.read() as connection:
            await access_client(connection, actor, client_id, Action.EDIT)
        whole = bytearray()
        async for piece in pieces:
            whole += piece
            if len(whole) > MOST_BYTES:
                raise Invalid("file", "file_too_large", most=MOST_BYTES // 1024 // 1024)
        if not whole:
            raise Invalid("file", "file_empty")
        digest = hashlib.sha256(whole).hexdigest()
        await self._keep(digest, bytes(whole))
        now = self._clock.now()
        row = {
            "client_id": client_id,
            "deal_id": deal_id,
            "agent_id": actor.id,
            "name": safe_name(name),
            "media_type": _media_type(media_type),
            "size": len(whole),
            "sha256": digest,
            "created_at": now,
        }
        async with self._storage.write() as tx:
            await access_client(tx.connection, actor, client_id, Action.EDIT)
            made = await tx.execute(insert(files).values(**row))
            file_id = int(made.inserted_primary_key[0])
            part = {"kind": "file", "id": file_id, "name": row["name"]}
            await audit.record(tx, now, actor.id, "added", "client", client_id, **{PART: part})
            tx.announce(ClientChanged(client_id=client_id))
        return file_id

    async def get(self, actor: Agent, file_id: int) -> File:
        """The file, where `actor` may see its client. Raises NotFound."""
        columns = (files.c[name] for name in File.__dataclass_fields__)
        query = select(*columns).where(files.c.id == existing_id(file_id))
        async with self._storage.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
            if row is None:
                raise NotFound(file_id=file_id)
            await access_client(connection, actor, row["client_id"])
        return File(**row)

    async def pieces(self, file: File) -> AsyncIterator[bytes]:
        """The bytes, in order."""
        position = 0
        while True:
            async with self._storage.read() as connection:
                piece = await _piece(connection, file.sha256, position)
            if piece is None:
                return
            yield piece
            position += 1

    async def _keep(self, digest: str, whole: bytes) -> None:
        """Each piece in a write of its own: what is there already is not written twice."""
        for position, start in enumerate(range(0, len(whole), PIECE)):
            async with self._storage.write() as tx:
                if await _piece(tx.connection, digest, position) is None:
                    piece = whole[start : start + PIECE]
                    values = {"sha256": digest, "position": position, "piece": piece}
                    await tx.execute(insert(file_bytes).values(**values))


def safe_name(written: str) -> str:
    """The last part of a path, without what no file system or header can hold; never empty."""
    last = written.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C")
    return line("file", kept[-LONGEST_NAME:], limit=LONGEST_NAME, required=False) or "file"


def _media_type(written: str) -> str:
    kept = written.partition(";")[0].strip().lower()
    known = kept.isascii() and kept.count("/") == 1 and kept.isprintable() and len(kept) < 128
    return kept if known else "application/octet-stream"


async def _piece(connection: AsyncConnection, digest: str, position: int) -> bytes | None:
    query = select(file_bytes.c.piece).where(
        file_bytes.c.sha256 == digest, file_bytes.c.position == position
    )
    found: bytes | None = (await connection.execute(query)).scalar_one_or_none()
    return found
