"""A database that cannot be used is said to be that in a sentence, and stays as it was."""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.journeys.disk import small_disk
from tests.journeys.running import command
from web.cli import BAD_INPUT, run

NEWER = "UPDATE alembic_version SET version_num = '0999'"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """None from outside."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("PEREZVON_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PEREZVON_LANGUAGE", "en")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A whole database in a folder of this name."""

    def make(name: str) -> Path:
        path = tmp_path / name / "perezvon.db"
        path.parent.mkdir(exist_ok=True)
        monkeypatch.setenv("PEREZVON_DATABASE_URL", f"sqlite:///{path}")
        assert run(["migrate"]) == 0
        return path

    return make


def served(path: Path) -> tuple[int, str]:
    """Exit code and words of `perezvon run`, in a process of its own."""
    return command(
        Path.cwd(),
        "run",
        PEREZVON_DATABASE_URL=f"sqlite:///{path}",
        PEREZVON_HTTP_PORT="0",
        PEREZVON_EXCHANGE_PORT="1",
    )


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def spoil(path: Path) -> Path:
    """Its inner pages are rubbish; the first still says what it is."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(path.stat().st_size - 4096))
    return path


@pytest.fixture
def read_only(tmp_path: Path, made: Callable[[str], Path]) -> Iterator[Path]:
    """A whole database on a disk that can only be read, for root too."""
    with small_disk(tmp_path / "disk", megabytes=16) as disk:
        path = made("disk")
        disk.forbid_writing()
        yield path


def test_a_database_that_cannot_be_used_stops_the_service_with_a_sentence(
    tmp_path: Path, made: Callable[[str], Path], read_only: Path
) -> None:
    letter = tmp_path / "letter.db"
    letter.write_text("Dear Anna, " * 1000)
    newer = made("newer")
    with closing(sqlite3.connect(newer)) as database:
        database.execute(NEWER)
        database.commit()
    cases = {
        letter: "The file in [database] url is no database of ours. Name another.",
        spoil(made("spoilt")): "The database file is damaged. Put a backup in its place.",
        newer: "The database was made by a newer version (0999). Install that version.",
        read_only: "this disk can only be read; choose another place",
        read_only.parent / "none" / "perezvon.db": "this disk can only be read",
    }
    before = {path: digest(path) for path in cases if path.exists()}
    with ThreadPoolExecutor(2) as processes:
        told = dict(zip(cases, processes.map(served, cases), strict=True))
    for path, sentence in cases.items():
        code, said = told[path]
        assert (code, "Traceback" in said, said.count("\n")) == (BAD_INPUT, False, 1), said
        assert sentence in said
    assert {path: digest(path) for path in before} == before
    assert [path.name for path in letter.parent.glob("letter*")] == ["letter.db", "letter.db.lock"]
