"""How a command speaks: plain lines in the shell's language, on any terminal.

Results go to standard output, everything else to standard error.
"""

import sys
from contextlib import suppress

from rich.console import Console

from web.formats import number
from web.i18n import SOURCE_LANGUAGE, Reader, language_of_shell
from web.settings_reading import environment

_CYRILLIC = "Перезвон"
_output = Console(highlight=False, soft_wrap=True)
_errors = Console(highlight=False, soft_wrap=True, stderr=True)


def shell_reader() -> Reader:
    """Whoever sits at the terminal; English where it cannot print the letters of the language."""
    language = language_of_shell(environment())
    return Reader(language if can_print(_CYRILLIC) else SOURCE_LANGUAGE)


def tell(text: str, /, *, style: str = "", **values: object) -> None:
    """Print a result or a step of the way: `text` is marked with N_."""
    _output.print(shell_reader().gettext(text, **values), style=style, markup=False)


def remark(text: str, /, *, style: str = "", **values: object) -> None:
    """Say beside the output what must not get into it."""
    _errors.print(shell_reader().gettext(text, **values), style=style, markup=False)


def refuse(sentence: str) -> None:
    """Say why not, in one line."""
    _errors.print(" ".join(sentence.split()), style="red", markup=False)


def never_fail_to_print() -> None:
    """A name that the terminal has no letters for is shown with question marks, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def tell_size(path: object, size: int) -> None:
    """Say that a file is written, and how large it is."""
    reader = shell_reader()
    told = reader.ngettext(
        "%(path)s: %(size)s byte",
        "%(path)s: %(size)s bytes",
        size,
        path=path,
        size=number(reader, size),
    )
    _output.print(told, markup=False)


def can_print(text: str) -> bool:
    """Whether the terminal has letters for all of `text`."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
