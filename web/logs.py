"""The log: one line for each thing worth knowing, for people on a terminal, as JSON elsewhere.

Whatever is said while a fact of a call is handled carries the call's id, whoever says it. What
strangers wrote (a caller's name, an exchange's words) can neither begin a line of its own nor
steer a terminal.
"""

import io
import logging
import sys
from typing import TextIO

import structlog
from aiohttp.http_exceptions import HttpProcessingError
from structlog.tracebacks import ExceptionDictTransformer

from crm_core.handling import HANDLED

LONGEST_REASON = 200  # characters, of what a stranger may have written
# Without local variables: settings hold secrets, calls hold people's numbers.
_TRACEBACKS = ExceptionDictTransformer(show_locals=False)


class _Strangers(logging.Filter):
    """What knocks at the port and speaks no HTTP is one line, not a traceback of the parser's."""

    def filter(self, record: logging.LogRecord) -> bool:
        fault = record.exc_info[1] if record.exc_info else None
        if isinstance(fault, HttpProcessingError):
            why = fault.message.strip().partition("\n")[0].rstrip(" :")[:LONGEST_REASON]
            record.msg = "a request from %s was no HTTP: %s"
            record.args = (*(record.args or ("?",)), f"{type(fault).__name__} {why}".rstrip())
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = record.exc_text = None
        return True


_STRANGERS = _Strangers()


def set_up_logs() -> None:
    """Send everything, also what libraries log, through one renderer to standard error."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        _of_call,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(allow=["call_id"]), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(people=sys.stderr.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("aiohttp.server").addFilter(_STRANGERS)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # migrations are told by ourselves


def _rendering(*, people: bool) -> list[structlog.types.Processor]:
    if people:
        plain = structlog.dev.ConsoleRenderer(exception_formatter=_traceback)
        return [_printable, plain]
    tracebacks = structlog.processors.ExceptionRenderer(_TRACEBACKS)
    return [tracebacks, structlog.processors.JSONRenderer()]


def _of_call(
    logger: structlog.types.WrappedLogger, method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    """The id of the call whose fact is being handled, unless the line names one itself."""
    call_id = getattr(HANDLED.get(), "call_id", None)
    if call_id is not None:
        event.setdefault("call_id", call_id)
    return event


def _traceback(out: TextIO, failure: structlog.typing.ExcInfo) -> None:
    """A traceback whose own words are set off from the lines of the log."""
    said = io.StringIO()
    structlog.dev.plain_traceback(said, failure)
    for line in said.getvalue().splitlines():
        out.write(f"\n  {_one_line(line)}")


def _one_line(text: str) -> str:
    """Printable, whatever it held; our own tracebacks' blanks are left alone."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _printable(
    logger: structlog.types.WrappedLogger, method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    """Values as one printable line: a caller's name must not steer the terminal."""
    return {
        key: value.encode("unicode_escape").decode() if _is_hostile(value) else value
        for key, value in event.items()
    }


def _is_hostile(value: object) -> bool:
    return isinstance(value, str) and not value.isprintable()
