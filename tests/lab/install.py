"""placeholder"""

import os
from pathlib import Path


def asterisk_root() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "perezvon" / "asterisk-forky"
