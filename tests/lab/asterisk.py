"""A real Asterisk for the tests: generated configuration, loopback only, gone afterwards."""

import math
import os
import secrets
import shutil
import struct
import subprocess
import tempfile
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from subprocess import Popen

from tests.lab.install import asterisk_root
from tests.lab.needs import Missing
from tests.lab.processes import free_port, kept_port, start, stop, wait_until

_TEMPLATES = Path(__file__).parent / "exchange"
PHONES = ("101", "102", "103", "104", "105", "106")
HOTLINE = "109"
_FOLDERS = (
    *("etc", "lib", "db", "spool", "run", "log/cdr-csv", "log/cdr-custom", "log/cel-custom"),
    "sounds/moh",
)
_RTP_SPAN = 400


@dataclass(frozen=True)
class LabAsterisk:
    """A running exchange. `home` is its folder as seen from here, `inner` as seen by Asterisk."""

    home: Path
    inner: Path
    command: tuple[str, ...]
    sip_port: int
    city_port: int
    ami_port: int
    ami_secret: str = field(repr=False)
    phone_secret: str = field(repr=False)

    def cli(self, command: str) -> str:
        """Run one CLI command and give what it prints."""
        done = subprocess.run(
            [*self.command, "-C", str(self.inner / "etc/asterisk.conf"), "-rx", command],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=20,
        )
        return done.stdout

    def wait_until_up(self) -> None:
        """Return once it says that it is fully booted."""
        wait_until(self._booted, "Asterisk is up", patience_seconds=60)

    def _booted(self) -> bool:
        answer = self.cli("core show uptime") and self.cli("core waitfullybooted")
        return "fully booted" in answer

    def log(self) -> str:
        """What the exchange wrote to its log so far."""
        path = self.home / "log/messages"
        return path.read_text(errors="replace") if path.exists() else ""


def find_asterisk() -> tuple[tuple[str, ...], Path]:
    """The command that runs Asterisk, and the folder that it takes for `/`; Missing if none."""
    installed = which("asterisk") or which("asterisk", path="/usr/sbin:/usr/local/sbin")
    if installed:
        return (installed,), Path("/")
    root = asterisk_root()
    if not (root / "usr/sbin/asterisk").exists():
        raise Missing("Asterisk is not installed (python -m tests.lab.install)")
    if os.geteuid() != 0:
        raise Missing("Asterisk lies in a chroot, which only root may enter")
    return (which("chroot") or "/usr/sbin/chroot", str(root), "/usr/sbin/asterisk"), root


@contextmanager
def asterisk(*, sip_port: int | None = None, without: Sequence[str] = ()) -> Iterator[LabAsterisk]:
    """A fresh exchange that lives as long as the block; `sip_port` is wished for, if it is free,
    and the modules `without` are not there. (To unload one while it runs may crash Asterisk.)"""
    command, root = find_asterisk()
    home = Path(tempfile.mkdtemp(prefix="perezvon-lab-", dir=root / "tmp"))
    try:
        exchange = LabAsterisk(
            home=home,
            inner=Path("/") / home.relative_to(root),
            command=command,
            sip_port=free_port(udp=True, wished=sip_port) if sip_port else kept_port(udp=True),
            city_port=kept_port(udp=True),
            ami_port=kept_port(),
            ami_secret=secrets.token_hex(8),
            phone_secret=secrets.token_hex(8),
        )
        configure(exchange)
        with (exchange.home / "etc/modules.conf").open("a") as modules:
            modules.writelines(f"noload = {module}\n" for module in without)
        with running(exchange):
            yield exchange
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def running(exchange: LabAsterisk) -> Iterator[None]:
    """Its process, for as long as the block: again, after a former one was killed."""
    process = start(
        [*exchange.command, "-C", exchange.inner / "etc/asterisk.conf", "-f", "-n"],
        exchange.home / "log/output",
    )
    try:
        wait_until(lambda: _is_up(exchange, process), "Asterisk is up", patience_seconds=60)
        yield
    finally:
        with suppress(subprocess.TimeoutExpired):
            exchange.cli("core stop now")
        stop(process)


def _is_up(exchange: LabAsterisk, process: Popen[bytes]) -> bool:
    if process.poll() is not None:
        output = (exchange.home / "log/output").read_text(errors="replace")
        raise RuntimeError(f"Asterisk ended with {process.returncode}: {output[-2000:]}")
    if not (exchange.home / "run/asterisk.ctl").exists():
        return False
    return "fully booted" in exchange.cli("core waitfullybooted")


def configure(exchange: LabAsterisk) -> None:
    """Write the configuration folder, the sounds and a voicemail greeting."""
    for folder in _FOLDERS:
        (exchange.home / folder).mkdir(parents=True)
    for log in ("cdr-csv", "cel-custom"):  # Asterisk makes them with their first line
        (exchange.home / "log" / log / "Master.csv").touch()
    first = 20000 + secrets.randbelow(20) * 2 * _RTP_SPAN
    values = {
        "HOME": str(exchange.inner),
        "SIP_PORT": str(exchange.sip_port),
        "CITY_PORT": str(exchange.city_port),
        "AMI_PORT": str(exchange.ami_port),
        "AMI_SECRET": exchange.ami_secret,
        "PHONE_SECRET": exchange.phone_secret,
        "RTP_START": str(first),
        "RTP_END": str(first + _RTP_SPAN),
        "PHONES": "\n".join(_phone(number) for number in (*PHONES, HOTLINE)),
    }
    for template in _TEMPLATES.glob("*.conf"):
        text = template.read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", value)
        (exchange.home / "etc" / template.name).write_text(text)
    sounds = exchange.home / "sounds"
    for path, seconds in ((sounds / "moh/tone", 5), (sounds / "second", 1), (sounds / "menu", 1)):
        _tone(path.with_suffix(".wav"), seconds)
    for mailbox in ("101", "200"):
        greeting = exchange.home / "spool/voicemail/default" / mailbox / "unavail.wav"
        greeting.parent.mkdir(parents=True)
        _tone(greeting, 1.5)


_NAMES = {
    "101": "Анна",
    "102": "Борис",
    "103": "Вера",
    "104": "Глеб",
    "105": "Дарья",
    "106": "Егор",
}


def _phone(number: str) -> str:
    context = ("context = hotline",) if number == HOTLINE else ()
    name = _NAMES.get(number, "Lobby")
    return "\n".join(
        (
            f"[{number}](phone)",
            f"auth = {number}",
            f"aors = {number}",
            f'callerid = "{name}" <{number}>',
            *context,
            f"[{number}](phone-auth)",
            f"username = {number}",
            f"[{number}](phone-aor)",
            "",
        )
    )


def _tone(path: Path, seconds: float) -> None:
    """A 440 Hz tone, 8 kHz mono, that every Asterisk plays."""
    samples: Sequence[int] = [
        int(6000 * math.sin(2 * math.pi * 440 * i / 8000)) for i in range(int(8000 * seconds))
    ]
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))
