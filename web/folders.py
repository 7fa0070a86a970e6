"""The folder that the embedded database lives in."""

from pathlib import Path

from crm_core.storage.connecting import parse_url


def make_room(url: str) -> None:
    """Make the folder of a SQLite file if it is missing, for its owner's eyes only."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).absolute().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
