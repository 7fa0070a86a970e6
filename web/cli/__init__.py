"""The command `perezvon`: bad input is one sentence and exit code 2, never a traceback."""

import sys
from functools import cache
from socket import gaierror

import typer
from rich.console import Console
from sqlalchemy.exc import DBAPIError
from typer.exceptions import Abort, Exit, TyperException

from crm_core.errors import CrmError, Invalid
from telephony.errors import TelephonyError
from web.cli.refusing import Refused
from web.i18n import Reader
from web.refusals import SettingsRefused
from web.sentences import sentence

BAD_INPUT = 2
INTERRUPTED = 130


@cache
def make_app() -> typer.Typer:
    """The command line with all its commands, built once."""
    from web.cli import keeping, listening, popping, serving

    app = typer.Typer(
        name="perezvon",
        help="A telephony-centric call-centre CRM beside an Asterisk.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for module in (serving, keeping, listening, popping):
        module.register(app)
    return app


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code."""
    raise SystemExit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run one command; the exit code. What was refused is one sentence on standard error."""
    try:
        return _run(arguments)
    except ExceptionGroup as group:
        if len(group.exceptions) > 1:
            raise
        return _explained(group.exceptions[0])
    except Exception as error:
        return _explained(error)


def _run(arguments: list[str]) -> int:
    try:
        code = make_app()(args=arguments, prog_name="perezvon", standalone_mode=False)
    except Exit as left:
        return left.exit_code
    except Abort as left:
        if isinstance(left.__context__, EOFError):
            return _refuse("The input ended before everything was asked. Try --help.")
        return INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has gone: nothing is left to say
        return 0
    return code if isinstance(code, int) else 0


def _explained(error: Exception) -> int:
    """Tell an expected refusal; anything else is a fault of ours and is raised."""
    match error:
        case Refused() | SettingsRefused() | TyperException():
            return _refuse(_written(error))
        case Invalid():
            said = sentence(Reader(), error.code, error.values)
            return _refuse(f"{error.field.replace('_', ' ')}: {said}")
        case CrmError():
            return _refuse(sentence(Reader(), error.code, error.values))
        case TelephonyError():
            return _refuse(sentence(Reader(), error.code, vars(error)))
        case DBAPIError():
            return _refuse(f"The database does not answer as it should: {error.orig}.")
        case ConnectionError() | gaierror():
            return _refuse(f"The database cannot be reached: {error}.")
        case OSError():
            return _refuse(f"{error.filename or 'The system'}: {error.strerror or error}.")
        case _:
            raise error


def _written(refused: Exception) -> str:
    if isinstance(refused, TyperException):
        return f"{refused.format_message().rstrip('.')}. Try perezvon --help."
    return str(refused)


def _refuse(text: str) -> int:
    console = Console(stderr=True, highlight=False)
    console.print(" ".join(text.split()), style="red", markup=False, soft_wrap=True)
    return BAD_INPUT
