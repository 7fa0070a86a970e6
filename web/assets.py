"""Static files under one hashed address, so that browsers may keep them for ever.

The hash is of the whole tree: modules import each other by relative paths, and still a change of
any file changes the address of all.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

STATIC_FOLDER = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}
"""What may be served; a file of another kind is not."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it was at the start of the service."""

    content: bytes
    content_type: str


class Assets:
    """The files of `folder` at `/static/<hash>/…`: read once, a few hundred kilobytes."""

    def __init__(self, folder: Path = STATIC_FOLDER) -> None:
        paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix in TYPES)
        self._files = {
            path.relative_to(folder).as_posix(): Asset(path.read_bytes(), TYPES[path.suffix])
            for path in paths
        }
        tree = hashlib.sha256()
        for name, file in self._files.items():
            tree.update(name.encode() + b"\0" + file.content)
        self.hash = tree.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a file; KeyError when there is no such file."""
        if name not in self._files:
            raise KeyError(f"no static file {name}")
        return f"/static/{self.hash}/{name}"

    def find(self, name: str) -> Asset | None:
        return self._files.get(name)
