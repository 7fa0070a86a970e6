"""Make `.venv` ready: `python3 .ci/setup.py [--dev]`. Needs nothing but Python 3.11 and a network.

A second run with the same locks does nothing. Libraries are pinned and checked by hash.
"""

import argparse
import hashlib
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
OLDEST = (3, 11)
WIDTH = 60  # of the line that moves: what was longer before is wiped
BEAT_SECONDS = 1
QUIET_SECONDS = 10  # without a terminal: a line at least this often


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    options = parser.parse_args()
    if sys.version_info < OLDEST:
        return refuse("Perezvon needs Python 3.11 or newer; this is " + sys.version.split()[0])
    kinds = ("dev", "runtime") if options.dev else ("runtime", "dev")
    lock = ROOT / ".ci" / "locks" / f"{kinds[0]}.txt"
    # The larger set serves the smaller wish too: `make run` after `make test` reinstalls nothing.
    if any(is_ready(kind) for kind in (kinds[:1] if options.dev else kinds)):
        return 0
    started = time.monotonic()
    say(1, f"virtual environment in {VENV.name}/")
    if not (BIN / "pip").exists() and not (BIN / "pip.exe").exists():
        create_venv()
    total = sum(1 for line in lock.read_text().splitlines() if "==" in line and line[0].isalnum())
    say(2, f"{total} libraries, pinned and checked by hash")
    pip("--require-hashes", "-r", str(lock), total=total)
    say(3, "the perezvon command")
    pip("--no-deps", "--no-build-isolation", "-e", str(ROOT))
    stamp(kinds[0]).write_text(fingerprint(kinds[0]))
    say(4, f"ready after {time.monotonic() - started:.0f} s")
    return 0


def create_venv() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    if run([sys.executable, "-m", "venv", str(VENV)], Progress("making it"))[0] == 0:
        return
    # Debian ships Python without ensurepip; the missing piece is one small package.
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        print("      Debian's python3-venv is missing: installing it", flush=True)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "python3-venv"]
        for command in (["apt-get", "update", "-qq"], install):
            must(command, Progress(" ".join(command[:2])), "python3-venv could not be installed")
        shutil.rmtree(VENV, ignore_errors=True)
        command = [sys.executable, "-m", "venv", str(VENV)]
        must(command, Progress("making it"), "python3 -m venv failed")
        return
    shutil.rmtree(VENV, ignore_errors=True)
    raise SystemExit(
        refuse("python3 -m venv failed. On Debian or Ubuntu: apt install python3-venv")
    )


def pip(*arguments: str, total: int = 0) -> None:
    """Run pip install with one line that moves; its own words only when it fails."""
    command = [str(BIN / "python"), "-m", "pip", "install", "--progress-bar", "off", "--no-input"]
    command += ["--disable-pip-version-check", *arguments]
    must(command, Progress("starting pip", total), "the libraries could not be installed")


def must(command: list[str], progress: "Progress", failure: str) -> None:
    code, heard = run(command, progress)
    if code != 0:
        print("".join(heard[-30:]), file=sys.stderr)
        raise SystemExit(refuse(f"{failure}; the last words of {command[0]} are above"))


class Progress:
    """What to show of a command at work: pure, so that it can be tried without one."""

    def __init__(self, doing: str, total: int = 0) -> None:
        self.doing = doing
        self.total = total
        self.count = 0
        self.shown = 0.0

    def hear(self, line: str) -> None:
        """Take in one line of pip."""
        if not self.total:
            return
        if line.startswith(("Collecting ", "Requirement already satisfied")):
            self.count += 1
            name = line.split()[1].partition("=")[0] if line.startswith("C") else ""
            self.doing = f"{min(self.count, self.total)}/{self.total} {name}".rstrip()
        elif line.startswith("Installing collected"):
            self.doing = f"unpacking {self.total} libraries"

    def text(self, seconds: float) -> str:
        """The line that is true after `seconds` of work."""
        return f"      {self.doing}, {seconds:.0f} s"

    def is_due(self, seconds: float, *, terminal: bool) -> bool:
        """Whether to show it now; it counts as shown then. A log gets a line now and then."""
        if terminal or seconds - self.shown >= QUIET_SECONDS:
            self.shown = seconds
            return True
        return False


def run(command: list[str], progress: Progress) -> tuple[int, list[str]]:
    """The exit code and the lines of a command; meanwhile something moves, second by second."""
    heard, terminal, started = [], sys.stdout.isatty(), time.monotonic()
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    ) as process:
        for line in lines_or_beats(process):
            if line:
                heard.append(line)
                progress.hear(line)
            seconds = time.monotonic() - started
            if progress.is_due(seconds, terminal=terminal):
                text = progress.text(seconds)
                print(f"{text:<{WIDTH}}\r" if terminal else f"{text}\n", end="", flush=True)
    if terminal:
        print(" " * WIDTH, end="\r", flush=True)
    return process.returncode, heard


def lines_or_beats(process: "subprocess.Popen[str]") -> Iterator[str]:
    """Its lines as they come, and an empty one for each beat in which none does."""
    said: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None
    out = process.stdout

    def listen() -> None:
        for line in out:
            said.put(line)
        said.put("")

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    while listening.is_alive() or not said.empty():
        try:
            yield said.get(timeout=BEAT_SECONDS)
        except queue.Empty:
            yield ""
    listening.join()


def stamp(kind: str) -> Path:
    return VENV / f"ready-{kind}"


def is_ready(kind: str) -> bool:
    return stamp(kind).exists() and stamp(kind).read_text() == fingerprint(kind)


def fingerprint(kind: str) -> str:
    """What the environment is made from: other locks or another place remake it."""
    made_from = hashlib.sha256(f"{ROOT} {sys.version}".encode())
    made_from.update((ROOT / "pyproject.toml").read_bytes())
    made_from.update((ROOT / ".ci" / "locks" / f"{kind}.txt").read_bytes())
    return made_from.hexdigest()


def say(step: int, text: str) -> None:
    print(f"[{step}/4] {text}", flush=True)


def refuse(text: str) -> int:
    print(f"set-up stopped: {text}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        print(file=sys.stderr)
        refuse("interrupted; run it again to go on")
        raise SystemExit(130) from None
