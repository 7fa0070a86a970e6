"""The interpreter that plays the comparison: PyPy where there is one, for it is four times as fast.

The dialer's mind is pure code without compiled parts, so both give the same numbers to the last
digit. PyPy comes from PATH, or from the Debian that the lab's Asterisk lives in.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from shutil import which

from tests.lab.install import asterisk_root

_ROOT = Path(__file__).resolve().parents[3]
_INSTALL = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "pypy3")


def worker_command() -> tuple[list[str], dict[str, str]]:
    """The command and environment of a worker."""
    packages = sysconfig.get_path("purelib")
    environment = os.environ | {"PYTHONPATH": f"{_ROOT}{os.pathsep}{packages}"}
    fast = _on_path() or _in_lab() or [sys.executable]
    return [*fast, "-m", "tests.bench.pacing.worker"], environment


def _on_path() -> list[str] | None:
    found = which("pypy3")
    return [found] if found and _works([found]) else None


def _in_lab() -> list[str] | None:
    root = asterisk_root()
    if not (root / "usr/bin/apt-get").exists():
        return None
    if not (root / "usr/bin/pypy3").exists():
        if os.geteuid() != 0:
            return None
        subprocess.run(["chroot", str(root), *_INSTALL], capture_output=True, check=False)
    loaders = sorted((root / "lib64").glob("ld-linux-*"))
    libraries = [str(each) for each in (root / "usr/lib").glob("*-linux-gnu*") if each.is_dir()]
    if not loaders:
        return None
    command = [str(loaders[0]), "--library-path", ":".join(libraries), str(root / "usr/bin/pypy3")]
    return command if _works(command) else None


def _works(command: list[str]) -> bool:
    new_enough = "import sys; sys.exit(sys.version_info < (3, 11))"
    try:
        return not subprocess.run([*command, "-c", new_enough], capture_output=True).returncode
    except OSError:
        return False
