"""Files that lie with a client: taken piece by piece, given back as they came."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clients.about import About, access_about, seen_with_its_record
from crm_core.clients.access import access_client
from crm_core.clients.tables import file_bytes, files
from crm_core.clock import Clock
from crm_core.editing.edits import PART
from crm_core.editing.fields import Field, Row
from crm_core.errors import Invalid, NotFound
from crm_core.events import ClientChanged
from crm_core.storage.engine import Storage
from crm_core.storage.trouble import persistently
from crm_core.tables import audit as audit_rows
from crm_core.wording import existing_id, line

MOST_BYTES: Final = 25 * 1024 * 1024  # a contract with its drawings; films belong elsewhere
PIECE: Final = 256 * 1024  # bytes of one write: about 2 ms of the only writer
LONGEST_NAME: Final = 255
BROUGHT_BACK_WITHIN: Final = timedelta(days=30)
"""So long the bytes of a removed file are kept, for whoever takes the removal back."""
EVERY: Final = timedelta(days=1)

log = structlog.get_logger(__name__)


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


@dataclass(frozen=True, slots=True)
class FileName(Field):
    """What a file is called, as long as there are bytes to call so."""

    async def check(self, connection: AsyncConnection, name: str, value: Any, row: Row) -> None:
        """Invalid(name, "file_bytes_gone") for one that was removed too long ago."""
        if await _piece(connection, row["sha256"], 0) is None:
            raise Invalid(name, "file_bytes_gone")


class Files:
    """Takes files in and hands them out, through the door of their client."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._arriving: Counter[str] = Counter()  # whose bytes are there before their row is

    async def add(
        self,
        actor: Agent,
        client_id: int,
        name: str,
        media_type: str,
        pieces: AsyncIterator[bytes],
        *,
        lead_id: int | None = None,
        deal_id: int | None = None,
    ) -> int:
        """Keep what `pieces` give; the file's id. Whoever may edit what it is about may: the
        client, or one of his leads or deals.

        Invalid("file"): file_empty, file_too_large; an interrupted one leaves nothing to be seen.
        """
        about = About(client_id, lead_id, deal_id)
        async with self._storage.read() as connection:
            await access_about(connection, actor, about, Action.EDIT)
        whole = bytearray()
        async for piece in pieces:
            whole += piece
            if len(whole) > MOST_BYTES:
                raise Invalid("file", "file_too_large", most=MOST_BYTES // 1024 // 1024)
        if not whole:
            raise Invalid("file", "file_empty")
        digest = hashlib.sha256(whole).hexdigest()
        with self._awaiting(digest):
            await self._keep(digest, bytes(whole))
            return await self._file(actor, about, name, media_type, digest, len(whole))

    async def forget(self, digests: Iterable[str]) -> int:
        """Delete those of these bytes that no file has any more; how many files' they were."""
        gone = 0
        for digest in digests:
            pieces = 0
            while await self._forget_piece(digest):
                pieces += 1
            gone += pieces > 0
        return gone

    async def clean(self) -> int:
        """Delete the bytes of files that were removed so long ago that nobody brings them back, and
        of those that never arrived; how many files' they were."""
        since = self._clock.now() - BROUGHT_BACK_WITHIN
        orphans = select(file_bytes.c.sha256).where(
            file_bytes.c.position == 0, file_bytes.c.sha256.not_in(select(files.c.sha256))
        )
        removed = select(audit_rows.c.details).where(
            audit_rows.c.at >= since,
            audit_rows.c.action == "removed",
            audit_rows.c.subject == "client",
        )
        async with self._storage.read() as connection:
            digests = set((await connection.execute(orphans)).scalars())
            details = (await connection.execute(removed)).scalars().all()
        digests -= {(each.get("row") or {}).get("sha256") for each in details}
        return await self.forget(sorted(digests))

    async def run(self) -> None:
        """Clean once a day, for ever; a failed cleaning is logged and the next one tries again."""
        while True:
            try:
                await persistently(self._clock, self.clean)
            except Exception as error:
                log.error("files_cleaning_failed", exc_info=error)
            await self._clock.sleep(EVERY.total_seconds())

    async def _file(
        self,
        actor: Agent,
        about: About,
        name: str,
        media_type: str,
        digest: str,
        size: int,
    ) -> int:
        now = self._clock.now()
        row = {
            **about.columns,
            "agent_id": actor.id,
            "name": safe_name(name),
            "media_type": _media_type(media_type),
            "size": size,
            "sha256": digest,
            "created_at": now,
        }
        async with self._storage.write() as tx:
            await access_about(tx.connection, actor, about, Action.EDIT)
            made = await tx.execute(insert(files).values(**row))
            file_id = int(made.inserted_primary_key[0])
            part = {"kind": "file", "id": file_id, "name": row["name"]}
            client_id = about.client_id
            await audit.record(tx, now, actor.id, "added", "client", client_id, **{PART: part})
            tx.announce(ClientChanged(client_id=client_id))
        return file_id

    async def get(self, actor: Agent, file_id: int) -> File:
        """The file, where `actor` may see its client and what it is about. Raises NotFound."""
        columns = (files.c[name] for name in File.__dataclass_fields__)
        seen = seen_with_its_record(files, actor)
        query = select(*columns).where(files.c.id == existing_id(file_id), seen)
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

    @contextmanager
    def _awaiting(self, digest: str) -> Iterator[None]:
        self._arriving[digest] += 1
        try:
            yield
        finally:
            self._arriving[digest] -= 1

    async def _forget_piece(self, digest: str) -> bool:
        """Delete the last piece of the bytes, if nobody has or awaits them; whether there was one.
        The first is the last to go, so that what was broken off is found again."""
        used = select(files.c.id).where(files.c.sha256 == digest)
        last = select(func.max(file_bytes.c.position)).where(file_bytes.c.sha256 == digest)
        async with self._storage.write() as tx:
            if self._arriving[digest] or (await tx.execute(used.limit(1))).first() is not None:
                return False
            position = (await tx.execute(last)).scalar_one()
            if position is None:
                return False
            this = (file_bytes.c.sha256 == digest) & (file_bytes.c.position == position)
            await tx.execute(delete(file_bytes).where(this))
        return True

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
