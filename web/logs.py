"""The log: one line for each thing worth knowing, for people on a terminal, as JSON elsewhere."""

import logging
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer

# Without local variables: settings hold secrets, calls hold people's numbers.
_TRACEBACKS = ExceptionDictTransformer(show_locals=False)


def set_up_logs() -> None:
    """Send everything, also what libraries log, through one renderer to standard error."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
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
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(people=sys.stderr.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # migrations are told by ourselves


def _rendering(*, people: bool) -> list[structlog.types.Processor]:
    if people:
        plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        return [_printable, plain]
    tracebacks = structlog.processors.ExceptionRenderer(_TRACEBACKS)
    return [tracebacks, structlog.processors.JSONRenderer()]


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
