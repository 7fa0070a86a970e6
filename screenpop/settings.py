"""How patient the screens are: sizes and seconds, each with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScreenpopSettings:
    """Limits of the live screens.

    `outbox_limit`: elements that may wait for one browser; beyond it a snapshot is cheaper.
    `card_patience_seconds`: how long a ring waits for the client's story before it pops without.
    `beat_seconds`: how often the page hears that the server lives; it gives up after three.
    `stall_seconds`: a connection that takes nothing for so long is dropped.
    `consult_seconds`: the exchange that is to hold a client for a consultation has done so by then,
    or it plays the code into the conversation instead (no `t` or `T` in Dial or Queue).
    """

    outbox_limit: int = 64
    card_patience_seconds: float = 0.15
    beat_seconds: float = 15.0
    stall_seconds: float = 20.0
    consult_seconds: float = 5.0
