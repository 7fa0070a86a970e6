"""The folder that the embedded database lives in."""

import errno
import os
import sys
from pathlib import Path

from crm_core.storage.connecting import parse_url


def make_room(url: str) -> None:
    """Make the folder of a SQLite file if it is missing, for its owner's eyes only.
    Raises OSError where it cannot be written."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        path = Path(parsed.database).absolute()
        _make_folder(path.parent)
        # Asked, not tried: closing the file would drop the locks that SQLite has on it.
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if path.exists() and not os.access(path, os.R_OK | os.W_OK):
            raise _unwritable(path)
        # SQLite writes beside the file too.
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise _unwritable(path.parent)


def data_folder(url: str) -> Path:
    """The folder whose disk we fill: the embedded database's, else the one we work in."""
    parsed = parse_url(url)
    embedded = parsed.get_backend_name() == "sqlite" and parsed.database
    return Path(parsed.database or "").absolute().parent if embedded else Path.cwd()


def _unwritable(path: Path) -> OSError:
    """Why: a disk that can only be read is another trouble than a missing right."""
    read_only = sys.platform != "win32" and os.statvfs(path).f_flag & os.ST_RDONLY
    code = errno.EROFS if read_only else errno.EACCES
    return OSError(code, os.strerror(code), str(path))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError as error:  # a file of that name
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from error
