"""Install what the laboratory needs: `python -m tests.lab.install [--skip PART ...]`.

Standard library only, so that it runs before the project's own environment exists. Programs come
from apt; Asterisk, which some releases of Debian lack, from a newer one in a folder of its own.
What is already there is left alone; an interrupted run is taken up cleanly by the next.
"""

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which

_SUITE = "forky"
"""The Debian release that has Asterisk 22."""
_SCRIPTS = Path("/usr/share/debootstrap/scripts")
_POLICY = Path("/usr/sbin/policy-rc.d")
_SBIN = "/usr/sbin:/sbin:/usr/local/sbin"
_APT = ("apt-get", "-y", "-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3")


class CannotInstall(Exception):
    """A part cannot be had on this machine; the text says why."""


@dataclass(frozen=True)
class Part:
    """One thing the laboratory needs: is it there, and how to get it."""

    name: str
    is_there: Callable[[], bool]
    install: Callable[[], None]


def cache() -> Path:
    """The folder outside the checkout where big things are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "perezvon"


def asterisk_root() -> Path:
    """Where an Asterisk of another release lies, once installed."""
    return cache() / f"asterisk-{_SUITE}"


def _program(*names: str) -> bool:
    return any(which(name) or which(name, path=_SBIN) for name in names)


def _has_postgresql() -> bool:
    return _program("initdb") or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def _has_asterisk() -> bool:
    return _program("asterisk") or (asterisk_root() / "usr/sbin/asterisk").exists()


def _has_fonts() -> bool:
    return any(Path("/usr/share/fonts").rglob("*.ttf"))


def _install_asterisk() -> None:
    if _candidate("asterisk"):
        _apt_install("asterisk")
        return
    if not _program("debootstrap"):
        _apt_install("debootstrap")
    if os.geteuid() != 0:
        raise CannotInstall("a chroot is built by root")
    with _locked("bootstrap.lock") as lock:
        _build_root(lock)


def _build_root(lock: int) -> None:
    """Bootstrap the newer release beside the old, under another name until it is whole.

    debootstrap holds the lock too: if we are killed, the next run waits until it has ended.
    """
    partial = asterisk_root().with_suffix(".partial")
    _remove_root(partial)
    script = _SCRIPTS / _SUITE
    try:
        _run(
            *("debootstrap", "--variant=minbase", "--include=asterisk,ca-certificates"),
            *(_SUITE, str(partial), mirror(), str(script if script.exists() else _SCRIPTS / "sid")),
            extra=_proxies(),
            holding=(lock,),
        )
    except CannotInstall as failure:
        log = partial / "debootstrap/debootstrap.log"
        tail = log.read_text(errors="replace")[-800:] if log.exists() else ""
        raise CannotInstall(f"{failure}\n{tail}".strip()) from None
    for archive in (partial / "var/cache/apt/archives").glob("*.deb"):
        archive.unlink()
    _run("chroot", str(partial), "/usr/sbin/asterisk", "-V")
    _unmount_below(partial)
    partial.rename(asterisk_root())


def _remove_root(root: Path) -> None:
    _unmount_below(root)
    shutil.rmtree(root, ignore_errors=False) if root.exists() else None


def _unmount_below(root: Path) -> None:
    """An interrupted bootstrap leaves /proc mounted inside: never delete through it."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in sorted((m for m in mounts if m.startswith(f"{root}/")), reverse=True):
        _run("umount", "-l", mount)


def mirror() -> str:
    """The archive that apt itself uses for this release's main component."""
    listing = _read("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)")
    rows = [line.split() for line in listing.splitlines() if len(line.split()) == 3]
    for uri, release, component in rows:
        if component == "main" and "-" not in release.strip("/"):
            return uri
    raise CannotInstall("apt knows no archive of this release")


def _proxies() -> dict[str, str]:
    """debootstrap asks the environment for a proxy, apt its own configuration."""
    found = {}
    for scheme in ("http", "https"):
        lines = _read("apt-config", "dump", f"Acquire::{scheme}::Proxy").splitlines()
        value = next((line.split('"')[1] for line in lines if '"' in line), "")
        if value and value != "DIRECT" and f"{scheme}_proxy" not in os.environ:
            found[f"{scheme}_proxy"] = value
    return found


def _candidate(package: str) -> bool:
    policy = _read("apt-cache", "policy", package)
    return "Candidate:" in policy and "Candidate: (none)" not in policy


def _apt_install(*packages: str) -> None:
    """Install without starting any service; refresh apt's lists once if that is what it lacks."""
    if os.geteuid() != 0:
        raise CannotInstall(f"not root: apt-get install {' '.join(packages)}")
    if not which("apt-get"):
        raise CannotInstall(f"no apt here: install {' '.join(packages)} by your own means")
    command = (*_APT, "install", "--no-install-recommends", *packages)
    with _no_services():
        try:
            _run(*command)
        except CannotInstall:
            _run(*_APT, "update")
            _run(*command)


@contextmanager
def _no_services() -> Iterator[None]:
    """A laboratory wants programs, not daemons on well-known ports."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)


def _run(*command: str, extra: dict[str, str] | None = None, holding: tuple[int, ...] = ()) -> None:
    environment = {
        **os.environ,
        "DEBIAN_FRONTEND": "noninteractive",
        "LC_ALL": "C.UTF-8",
        "PATH": f"{os.environ.get('PATH', '')}:{_SBIN}",
        **(extra or {}),
    }
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            pass_fds=holding,
        )
    except FileNotFoundError:
        raise CannotInstall(f"there is no {command[0]} here") from None
    if done.returncode:
        told = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise CannotInstall(f"{' '.join(command)} failed: {told[-800:]}")


def _read(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""


PARTS = (
    Part("asterisk", _has_asterisk, _install_asterisk),
    Part("sipp", lambda: _program("sipp"), lambda: _apt_install("sip-tester")),
    Part("postgresql", _has_postgresql, lambda: _apt_install("postgresql")),
    Part(
        "chromium",
        lambda: _program("chromium", "chromium-browser", "google-chrome"),
        lambda: _apt_install("chromium"),
    ),
    Part("iproute2", lambda: _program("ip"), lambda: _apt_install("iproute2")),
    Part("faketime", lambda: _program("faketime"), lambda: _apt_install("faketime")),
    Part("fonts", _has_fonts, lambda: _apt_install("fonts-dejavu-core")),
)


def install(parts: tuple[Part, ...] = PARTS) -> list[str]:
    """Get every part that is missing, a line for each; the names of those that cannot be had."""
    missing = []
    for part in parts:
        if part.is_there():
            print(f"lab: {part.name:<11} is there", flush=True)
            continue
        print(f"lab: {part.name:<11} installing ...", flush=True)
        began = time.monotonic()
        try:
            part.install()
        except (CannotInstall, OSError) as failure:
            missing.append(part.name)
            print(f"lab: {part.name:<11} cannot be had: {failure}", flush=True)
        else:
            print(f"lab: {part.name:<11} installed in {time.monotonic() - began:.0f} s", flush=True)
    return missing


@contextmanager
def _locked(name: str) -> Iterator[int]:
    """Two runs at once wait for each other; the open lock's descriptor."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def main(arguments: list[str]) -> int:
    """0 when every part is there, 1 when one cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.install", description=__doc__)
    names = [part.name for part in PARTS]
    parser.add_argument("--skip", action="append", default=[], choices=names, metavar="PART")
    skipped = parser.parse_args(arguments).skip
    with _locked("install.lock"):
        missing = install(tuple(part for part in PARTS if part.name not in skipped))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
