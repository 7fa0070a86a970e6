"""Questions on the terminal, in its language; Ctrl-C and an ended input abort the command."""

import typer

from web.cli.speaking import shell_reader


def asked(question: str, usual: str | None = None, /, **values: object) -> str:
    """The answer to a question marked with N_; `usual` when nothing but Enter is typed."""
    text = shell_reader().gettext(question, **values)
    answer: str = typer.prompt(text, default=usual, type=str)
    return answer


def asked_secretly(question: str) -> str:
    """The answer, not shown while it is typed."""
    answer: str = typer.prompt(shell_reader().gettext(question), hide_input=True)
    return answer
