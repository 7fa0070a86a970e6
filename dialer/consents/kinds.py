"""For what somebody agreed, and how we have it from him."""

from enum import StrEnum


class Purpose(StrEnum):
    """What was agreed to; each is asked for by itself. Stored words."""

    CALLS = "calls"
    RECORDING = "recording"
    MESSAGES = "messages"


class Channel(StrEnum):
    """How a consent or its revocation was obtained. Stored words."""

    WEB_FORM = "web_form"
    PAPER = "paper"
    CALL = "call"
    EMAIL = "email"
    MESSAGE = "message"
    IMPORT = "import"


class ConsentState(StrEnum):
    """How a consent stands at an instant."""

    IN_FORCE = "in_force"
    FUTURE = "future"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    ERASED = "erased"
