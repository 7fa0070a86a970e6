"""Questions on the terminal, in its language and beside the output."""

import sys
from pathlib import Path

import typer

from web.cli.refusing import Refused
from web.cli.speaking import shell_reader
from web.i18n import N_

_TERMINAL = Path("/dev/tty")


def asked(question: str, usual: str | None = None, /, **values: object) -> str:
    """The answer to a question marked with N_; `usual` when nothing but Enter is typed."""
    text = shell_reader().gettext(question, **values)
    answer: str = typer.prompt(text, default=usual, type=str, err=True)
    return answer


def asked_secretly(question: str) -> str:
    """The answer, not shown while it is typed. Raises Refused where there is no terminal."""
    if not _has_terminal():
        raise Refused(
            N_(
                "There is no terminal to ask for the password: give it to create-agent by "
                "--password-stdin, to listen by the variable PEREZVON_PASSWORD."
            )
        )
    answer: str = typer.prompt(shell_reader().gettext(question), hide_input=True, err=True)
    return answer


def _has_terminal() -> bool:
    """Whether what is typed can be hidden: anything else would show it."""
    if sys.stdin is not None and sys.stdin.isatty():
        return True
    try:
        with _TERMINAL.open("rb"):
            return True
    except OSError:
        return False
