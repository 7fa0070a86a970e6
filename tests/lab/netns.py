"""A network cable to nowhere else, whose packets are lost when a test says so."""

import ctypes
import os
import secrets
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from tests.lab.needs import Missing

_CLONE_NEWNET = 0x40000000
_SBIN = "/usr/sbin:/sbin"


@dataclass(frozen=True)
class Network:
    """Two ends of a cable: `outside` is the address at ours, `inside` that at the other, which is
    in a namespace where there is nothing else."""

    name: str
    outside: str
    inside: str

    def listen_inside(self) -> socket.socket:
        """A socket that listens at the other end, on a free port."""
        with ThreadPoolExecutor(1) as thread:  # a namespace is a thread's own
            return thread.submit(self._listen).result()

    def go_dark(self) -> None:
        """From now on every packet is lost, both ways, and nobody is told: each end writes to a
        machine that is not there."""
        nobody = ("lladdr", "02:00:00:00:00:01", "nud", "permanent")
        _run("ip", "neigh", "replace", self.inside, *nobody, "dev", f"{self.name}o")
        inner = ("ip", "-n", self.name, "neigh", "replace", self.outside)
        _run(*inner, *nobody, "dev", f"{self.name}i")

    def come_back(self) -> None:
        """Packets arrive again."""
        _run("ip", "neigh", "del", self.inside, "dev", f"{self.name}o")
        _run("ip", "-n", self.name, "neigh", "del", self.outside, "dev", f"{self.name}i")

    def _listen(self) -> socket.socket:
        libc = ctypes.CDLL(None, use_errno=True)
        with Path(f"/run/netns/{self.name}").open("rb") as place:
            if libc.setns(place.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        return socket.create_server((self.inside, 0))


@contextmanager
def network() -> Iterator[Network]:
    """A network for as long as the block; Missing where none can be made."""
    if os.geteuid() != 0:
        raise Missing("a network namespace is made by root")
    if (which("ip") or which("ip", path=_SBIN)) is None:
        raise Missing("iproute2 is not installed (python -m tests.lab.install)")
    third, fourth = secrets.randbelow(250), secrets.randbelow(60) * 4
    net = f"10.213.{third}"
    made = Network(f"pz{secrets.token_hex(3)}", f"{net}.{fourth + 1}", f"{net}.{fourth + 2}")
    try:
        _lay_cable(made)
        yield made
    finally:
        _run("ip", "link", "del", f"{made.name}o", strict=False)
        _run("ip", "netns", "del", made.name, strict=False)


def _lay_cable(made: Network) -> None:
    out, into = f"{made.name}o", f"{made.name}i"
    try:
        _run("ip", "netns", "add", made.name)
        _run("ip", "link", "add", out, "type", "veth", "peer", "name", into, "netns", made.name)
    except subprocess.CalledProcessError as error:
        raise Missing(f"no network namespace can be made here: {error.stderr}") from None
    _run("ip", "addr", "add", f"{made.outside}/30", "dev", out)
    _run("ip", "link", "set", out, "up")
    for inner in (
        ("addr", "add", f"{made.inside}/30", "dev", into),
        ("link", "set", into, "up"),
        ("link", "set", "lo", "up"),
    ):
        _run("ip", "-n", made.name, *inner)


def _run(*command: str, strict: bool = True) -> None:
    path = f"{os.environ.get('PATH', '')}:{_SBIN}"
    subprocess.run(
        command, check=strict, capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
