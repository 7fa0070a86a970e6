"""The command `perezvon`: bad input is one sentence and exit code 2, never a traceback."""

import os
import sys
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

BAD_INPUT = 2
INTERRUPTED = 130

# Everything else is imported inside: Ctrl-C in the second that takes must end without a traceback.


@cache
def make_app() -> "typer.Typer":
    """The command line with all its commands, built once."""
    import typer

    from web.cli import (
        catching_up,
        checking,
        dialling,
        exporting,
        keeping,
        listening,
        operating,
        popping,
        serving,
        simulating,
    )
    from web.cli.help_pages import Group
    from web.i18n import N_

    app = typer.Typer(
        name="perezvon",
        cls=Group,
        help=N_("The CRM of a call centre, beside an Asterisk."),
        no_args_is_help=False,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["--help", "-h"]},
    )

    for module in (
        *(serving, checking, catching_up, keeping),
        *(operating, listening, exporting, popping, simulating, dialling),
    ):
        module.register(app)
    return app


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code."""
    try:
        from web.cli.speaking import never_fail_to_print

        never_fail_to_print()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    raise SystemExit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run one command; the exit code. What was refused is one sentence on standard error."""
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        cause = _only_cause(error)
        if isinstance(cause, BrokenPipeError):
            _forget_output()
            return 0
        return _explain(cause)


def _only_cause(error: Exception) -> Exception:
    """The one error inside groups of one; a group of several is what it is."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _run(arguments: list[str]) -> int:
    from importlib.metadata import version

    from typer.exceptions import Abort, Exit

    from web.cli.speaking import refuse, shell_reader, tell
    from web.i18n import N_

    if arguments == ["--version"]:
        tell(N_("Perezvon %(version)s"), version=version("perezvon"))
        return 0
    if not arguments:  # a page of help, and yet not what a script wanted
        _run(["--help"])
        return BAD_INPUT
    try:
        code = make_app()(args=arguments, prog_name="perezvon", standalone_mode=False)
    except Exit as left:
        return left.exit_code
    except Abort as left:
        sys.stderr.write("\n")  # the question's line is still open
        if isinstance(left.__context__, EOFError):
            text = N_("The input ended before everything was asked. Help: perezvon --help")
            refuse(shell_reader().gettext(text))
            return BAD_INPUT
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def _explain(error: Exception) -> int:
    """Tell an expected refusal; anything else is a fault of ours and is raised."""
    from web.cli.explaining import explained
    from web.cli.speaking import refuse, shell_reader

    said = explained(error, shell_reader())
    if said is None:
        raise error
    refuse(said)
    return BAD_INPUT


def _forget_output() -> None:
    """Whoever read us has gone: what is still to be flushed goes nowhere."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
