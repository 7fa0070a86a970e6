"""What templates were compiled to, kept beside the bytecode of the product's own modules.

Compiling them all took most of the time of a start. It is the same in every language: texts are
looked up when a page is drawn.
"""

import os
import sys
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from zlib import crc32

import jinja2
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


def kept_beside(module: str) -> Path:
    """The folder for what the environment made in the file `module` compiles: another one for
    another Python, another jinja, and for another text of that module."""
    cached = Path(cache_from_source(module))
    made_by = f"{jinja2.__version__}-{crc32(Path(module).read_bytes()):08x}"
    return cached.with_name(f"templates.{sys.implementation.cache_tag}-{made_by}")


class CompiledTemplates(BytecodeCache):
    """Remembers what a template was compiled to for as long as its source stays the same; in
    `folder` too, for the next start, where Python may write its own bytecode."""

    def __init__(self, folder: Path) -> None:
        self._known: dict[str, bytes] = {}
        self._folder = folder

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key not in self._known:
            with suppress(OSError):
                self._known[bucket.key] = (self._folder / bucket.key).read_bytes()
        if bucket.key in self._known:
            with suppress(Exception):  # half a file may fail in any way; it is compiled anew
                bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        compiled = self._known[bucket.key] = bucket.bytecode_to_string()
        if not sys.dont_write_bytecode:
            with suppress(OSError):  # a folder that is not ours to write
                self._keep(self._folder / bucket.key, compiled)

    def _keep(self, path: Path, compiled: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(f".{os.getpid()}")
        half.write_bytes(compiled)
        half.replace(path)  # nobody reads half of it
