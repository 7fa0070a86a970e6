"""Do the clocks of Asterisk and of this machine agree? Pure."""

from datetime import datetime
from typing import Final

from telephony.headers import number
from telephony.inspection.finding import Finding, bad, ok, warn
from telephony.stream import Reply

NOTICED_SECONDS: Final = 2.0
WRONG_SECONDS: Final = 30.0


def clocks(pong: Reply | None, asked_at: datetime, answered_at: datetime) -> Finding:
    """From the time that Asterisk tells with its Pong; half of the way there and back is ours."""
    told = None if pong is None else number(pong.headers.get("timestamp"))
    if told is None:
        return warn("clock.unseen")
    middle = (asked_at.timestamp() + answered_at.timestamp()) / 2
    doubt = (answered_at - asked_at).total_seconds() / 2
    ahead = told - middle
    if abs(ahead) - doubt < NOTICED_SECONDS:
        return ok("clock.agrees")
    judge = bad if abs(ahead) >= WRONG_SECONDS else warn
    return judge("clock.ahead" if ahead > 0 else "clock.behind", seconds=round(abs(ahead)))
