"""Static files under one hashed address, so that browsers may keep them for ever.

The hash is of the whole tree: modules import each other by relative paths, and still a change of
any file changes the address of all.
"""

import hashlib
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


class Assets:
    """The files of `folder` at `/static/<hash>/…`."""

    def __init__(self, folder: Path = STATIC_FOLDER) -> None:
        paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix in TYPES)
        self._paths = {p.relative_to(folder).as_posix(): p for p in paths}
        tree = hashlib.sha256()
        for name, path in self._paths.items():
            tree.update(name.encode() + b"\0" + path.read_bytes())
        self.hash = tree.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a file; KeyError when there is no such file."""
        if name not in self._paths:
            raise KeyError(f"no static file {name}")
        return f"/static/{self.hash}/{name}"

    def find(self, name: str) -> Path | None:
        return self._paths.get(name)
