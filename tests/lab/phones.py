"""SIPp's phones and callers: other people's SIP, for crowds and for whole days.

What one person does with one phone, step by step, is `sip_phone.Phone`.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from subprocess import Popen

from tests.lab.asterisk import LabAsterisk
from tests.lab.needs import Missing
from tests.lab.processes import free_media_port, free_port, start, stop
from tests.lab.stage import DID

_SCENARIOS = Path(__file__).parent / "sipp"
_SILENCE = b"\xff" * 8000


@dataclass
class Crowd:
    """One running SIPp. Ends by itself when it was given a number of calls."""

    process: Popen[bytes]
    home: Path

    def finished(self) -> bool:
        return self.process.poll() is not None

    def wait(self, patience_seconds: float = 60) -> int:
        """Wait for its end; 0 when every call went as the scenario says."""
        return self.process.wait(patience_seconds)

    def complaints(self) -> str:
        """What SIPp wrote about calls that went otherwise."""
        return "\n".join(path.read_text(errors="replace") for path in self.home.glob("*errors.log"))


@contextmanager
def answering_phone(exchange: LabAsterisk, number: str, *, ring_ms: int = 800) -> Iterator[Crowd]:
    """A registered phone that answers every call after `ring_ms` and never hangs up first."""
    with _phone(exchange, number, "answer", {"RING_MS": str(ring_ms)}) as crowd:
        yield crowd


@contextmanager
def refusing_phone(
    exchange: LabAsterisk, number: str, *, status: int = 486, ring_ms: int = 300
) -> Iterator[Crowd]:
    """A registered phone that refuses every call with a SIP status."""
    values = {"RING_MS": str(ring_ms), "STATUS": str(status)}
    with _phone(exchange, number, "refuse", values) as crowd:
        yield crowd


@contextmanager
def callers(
    exchange: LabAsterisk,
    inside: str,
    people: Sequence[tuple[str, str]],
    *,
    talk_ms: int = 1000,
    calls: int | None = None,
    a_second: float = 1.0,
    gives_up_after_ms: int | None = None,
) -> Iterator[Crowd]:
    """People (number, name) phone in one after another, over and over, up to `calls` calls.

    Each talks for `talk_ms`, or gives up after so much ringing.
    """
    values = {"CALLED": DID + inside, "TALK_MS": str(talk_ms), "RING_MS": str(gives_up_after_ms)}
    scenario = "caller" if gives_up_after_ms is None else "impatient"
    with _home(scenario, values) as home:
        rows = "\n".join(f"{number};{_display(name)}" for number, name in people)
        (home / "people.csv").write_text(f"SEQUENTIAL\n{rows}\n", encoding="utf-8")
        rate = ["-r", str(max(1, round(a_second * 10))), "-rp", "10000"]
        limit = [] if calls is None else ["-m", str(calls)]
        own = ["-p", str(free_port(udp=True))]
        wanted = [*own, "-inf", "people.csv", *rate, *limit, f"127.0.0.1:{exchange.sip_port}"]
        with _sipp(home, scenario, wanted) as crowd:
            yield crowd


def _display(name: str) -> str:
    """A name as it stands between quotes in a SIP header, and in a field of SIPp's list."""
    return name.replace(";", " ").replace("\\", "\\\\").replace('"', '\\"')


@contextmanager
def _phone(
    exchange: LabAsterisk, number: str, scenario: str, values: Mapping[str, str]
) -> Iterator[Crowd]:
    port = free_port(udp=True)
    known = {**values, "NUMBER": number, "SECRET": exchange.phone_secret}
    with _home(scenario, known) as home:
        _register(exchange, home, port, known)
        with _sipp(home, scenario, ["-p", str(port)]) as crowd:
            yield crowd


def _register(exchange: LabAsterisk, home: Path, port: int, values: Mapping[str, str]) -> None:
    """Sign in from the phone's own port, which the exchange will call back."""
    _write(home, "register", values)
    done = subprocess.run(
        [*_command("register"), "-p", str(port), "-m", "1", f"127.0.0.1:{exchange.sip_port}"],
        cwd=home,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=30,
    )
    if done.returncode:
        raise RuntimeError(f"SIPp could not register {values['NUMBER']}: {done.stderr[-500:]}")


@contextmanager
def _home(scenario: str, values: Mapping[str, str]) -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="perezvon-sipp-"))
    try:
        (home / "silence.ulaw").write_bytes(_SILENCE)
        _write(home, scenario, values)
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _write(home: Path, scenario: str, values: Mapping[str, str]) -> None:
    text = (_SCENARIOS / f"{scenario}.xml").read_text()
    for name, value in {**values, "SOUND": str(home / "silence.ulaw")}.items():
        text = text.replace(f"@{name}@", value)
    (home / f"{scenario}.xml").write_text(text)


def _command(scenario: str) -> list[str]:
    sipp = which("sipp")
    if sipp is None:
        raise Missing("SIPp is not installed (python -m tests.lab.install)")
    return [
        *(sipp, "-sf", f"{scenario}.xml", "-i", "127.0.0.1", "-mi", "127.0.0.1"),
        *("-nostdin", "-trace_err", "-mp", str(free_media_port())),
    ]


@contextmanager
def _sipp(home: Path, scenario: str, wanted: Sequence[str]) -> Iterator[Crowd]:
    process = start([*_command(scenario), *wanted], home / "screen.txt", cwd=home)
    try:
        yield Crowd(process, home)
    finally:
        stop(process, patience_seconds=1)
