"""Make `.venv` ready: `python3 .ci/setup.py [--dev]`. Needs nothing but Python 3.11 and a network.

A second run with the same locks does nothing. Libraries are pinned and checked by hash.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
OLDEST = (3, 11)


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
    if (
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True).returncode
        == 0
    ):
        return
    # Debian ships Python without ensurepip; the missing piece is one small package.
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        print("      Debian's python3-venv is missing: installing it", flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "python3-venv"],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
        shutil.rmtree(VENV, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        return
    shutil.rmtree(VENV, ignore_errors=True)
    raise SystemExit(
        refuse("python3 -m venv failed. On Debian or Ubuntu: apt install python3-venv")
    )


def pip(*arguments: str, total: int = 0) -> None:
    """Run pip install with one line that counts; its own words only when it fails."""
    command = [str(BIN / "python"), "-m", "pip", "install", "--progress-bar", "off", "--no-input"]
    process = subprocess.Popen(
        [*command, "--disable-pip-version-check", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    heard, count, tty = [], 0, sys.stdout.isatty()
    for line in process.stdout:
        heard.append(line)
        if total and line.startswith(("Collecting ", "Requirement already satisfied")):
            count += 1
            if tty or count % 10 == 0:
                name = line.split()[1].partition("=")[0] if line.startswith("C") else ""
                print(f"      {count}/{total} {name:<30}", end="\r" if tty else "\n", flush=True)
        elif total and line.startswith("Installing collected"):
            print(f"      downloaded; unpacking {'':<30}", flush=True)
    if process.wait() != 0:
        print("".join(heard[-30:]), file=sys.stderr)
        raise SystemExit(refuse("the libraries could not be installed; pip's last words are above"))


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
    raise SystemExit(main())
