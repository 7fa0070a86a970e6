"""A person's data as one ZIP: for machines, for people, the files themselves, and what is in it."""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import AsyncIterator, Mapping
from typing import IO, Any, Final

from crm_core.agents.people import Agent
from crm_core.clients.files import Files, safe_name

IN_MEMORY: Final = 4 * 1024 * 1024  # bytes; what is larger waits on the disk
PIECE: Final = 64 * 1024

Page = str
"""The same data as an HTML page."""


class Archive:
    """Writes the ZIP; give it back with `close()`."""

    def __init__(self) -> None:
        self._written: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        self._zip = zipfile.ZipFile(self._written, "w", zipfile.ZIP_DEFLATED)
        self._manifest: list[dict[str, Any]] = []

    def text(self, name: str, text: str) -> None:
        """One text, in UTF-8."""
        whole = text.encode()
        self._zip.writestr(name, whole)
        self._note(name, len(whole), hashlib.sha256(whole).hexdigest())

    async def file(self, name: str, pieces: AsyncIterator[bytes]) -> None:
        """One file, as it came."""
        digest, size = hashlib.sha256(), 0
        with self._zip.open(zipfile.ZipInfo(name), "w", force_zip64=True) as entry:
            async for piece in pieces:
                entry.write(piece)
                digest.update(piece)
                size += len(piece)
        self._note(name, size, digest.hexdigest())

    def finish(self, about: Mapping[str, Any]) -> int:
        """Add the manifest; the length of the whole in bytes."""
        manifest = {**about, "contents": self._manifest}
        self._zip.writestr("manifest.json", _json(manifest))
        self._zip.close()
        size = self._written.tell()
        self._written.seek(0)
        return size

    def read(self) -> bytes:
        """The next piece of the finished ZIP, b"" at its end."""
        return self._written.read(PIECE)

    def close(self) -> None:
        self._zip.close()
        self._written.close()

    def _note(self, name: str, size: int, digest: str) -> None:
        self._manifest.append({"name": name, "bytes": size, "sha256": digest})


async def fill(
    archive: Archive, data: Mapping[str, Any], page: Page, files: Files, actor: Agent
) -> int:
    """Put everything into the archive; its length in bytes."""
    archive.text("data.json", _json(data))
    archive.text("data.html", page)
    for row in data["files"]:
        file = await files.get(actor, row["id"])
        await archive.file(f"files/{row['id']}-{safe_name(row['name'])}", files.pieces(file))
    return archive.finish({"exported_at": data["exported_at"], "by": data["by"]})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
