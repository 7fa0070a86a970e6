"""A private PostgreSQL cluster for one test run: no fsync, loopback only, gone afterwards."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from shutil import which
from subprocess import DEVNULL

from tests.lab.needs import Missing
from tests.lab.processes import free_port, start, stop, wait_until

_USER = "perezvon"
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "autovacuum": "off",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "fatal",
    "timezone": "UTC",
}


@dataclass(frozen=True)
class Cluster:
    """A running server; makes and drops databases in tens of milliseconds."""

    port: int
    password: str = field(repr=False)
    binaries: Path
    serials: Iterator[int] = field(default_factory=count, repr=False)

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database, for asyncpg."""
        return f"postgresql+asyncpg://{_USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create(self, template: str = "template1") -> str:
        """Make a database from `template` (which nobody may be connected to); its name."""
        name = f"test_{next(self.serials)}"
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, database: str) -> None:
        """Remove a database, cutting whoever is still connected."""
        self.sql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run one statement with psql and give what it prints, without headings."""
        address = ["-h", "127.0.0.1", "-p", str(self.port), "-U", _USER, "-d", database]
        done = subprocess.run(
            [self.binaries / "psql", *address, "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement],
            env={**os.environ, "PGPASSWORD": self.password},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()


def find_binaries() -> Path:
    """The folder of initdb and postgres, newest version first; Missing when there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version, reverse=True)
    if found:
        return found[0].parent
    on_path = which("initdb")
    if on_path and which("postgres"):
        return Path(on_path).resolve().parent
    raise Missing("PostgreSQL is not installed (python -m tests.lab.install)")


def _version(initdb: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in initdb.parts[-3].split(".") if part.isdigit())


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root: root lends it another account."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise Missing("PostgreSQL does not run as root and there is no account to lend it")


@dataclass
class Server:
    """A cluster whose server may be stopped and started again, on the same port and data."""

    cluster: Cluster
    home: Path
    user: str | None
    options: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when it accepts connections, a recovery included."""
        binaries, port = self.cluster.binaries, self.cluster.port
        options = {**self.options, "port": str(port), "unix_socket_directories": str(self.home)}
        flags = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        process = self.process = start(
            [binaries / "postgres", "-D", self.home / "data", *flags],
            self.home / "log",
            user=self.user,
            on_orphaned="INT",
        )
        wait_until(lambda: _answers(self.cluster, process), "PostgreSQL accepts connections")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is its fast end, SIGQUIT the immediate one, SIGKILL none at all: return when its
        last process is gone."""
        if self.process is None:
            return
        children = _children(self.process.pid)
        stop(self.process, how=how)
        wait_until(lambda: not any(map(_is_there, children)), "PostgreSQL is gone")


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []


def _is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A fresh cluster that lives as long as the block."""
    with own_server() as server:
        yield server.cluster


@contextmanager
def own_server(**options: str) -> Iterator[Server]:
    """A fresh cluster, started; `options` are PostgreSQL's and go before ours."""
    binaries, user = find_binaries(), _server_user()
    home = Path(tempfile.mkdtemp(prefix="perezvon-pg-"))
    try:
        password = secrets.token_hex(8)
        _initialise(binaries, home, user, password)
        server = Server(Cluster(free_port(), password, binaries), home, user, {**_FAST, **options})
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _initialise(binaries: Path, home: Path, user: str | None, password: str) -> None:
    secret = home / "secret"
    secret.write_text(password)
    if user is not None:
        for path in (home, secret):
            shutil.chown(path, user)
    done = subprocess.run(
        [
            *(binaries / "initdb", "-D", home / "data", "-U", _USER, "--pwfile", secret),
            # Every test connects anew, and SCRAM is most of what that costs the server.
            *("--auth", "md5", "-E", "UTF8", "--no-locale", "--no-sync"),
        ],
        user=user,
        extra_groups=[] if user else None,
        cwd=home,
        stdin=DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    secret.unlink()
    if done.returncode:
        raise Missing(f"initdb failed: {done.stderr.strip()}")


def _answers(cluster: Cluster, server: subprocess.Popen[bytes]) -> bool:
    if server.poll() is not None:
        raise RuntimeError(f"postgres ended with {server.returncode} at its start")
    try:
        return cluster.sql("SELECT 1") == "1"
    except RuntimeError:
        return False
