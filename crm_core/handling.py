"""What is being handled at this moment, for the log's call id and for the measured lag.

A task that a handler starts keeps both: its lines of the log still say of which call they are.
"""

from contextvars import ContextVar
from datetime import datetime
from typing import Final

HANDLED: Final[ContextVar[object]] = ContextVar("handled", default=None)
"""The fact or event whose handler runs here; None outside of handlers."""

HEARD_AT: Final[ContextVar[datetime | None]] = ContextVar("heard_at", default=None)
"""When the exchange's word arrived of which this is the consequence; None where there was none.
Of facts that were committed together it is the first one's."""
