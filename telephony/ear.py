"""Whether a link is told what goes on, or merely answered: its account may lack the `read` line.

Asterisk says nowhere what an account may hear. Without the class `system` it does not even tell
that it is booted; without `call` its count of calls changes while it tells of none.
"""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Final

from telephony import actions
from telephony.actions import Action
from telephony.errors import ActionTimedOut, TelephonyError
from telephony.stream import AmiMessage, Reply

LOOK_SECONDS: Final = 20.0
LOOKS: Final = 2  # one may come in the moment between a call's beginning and the telling of it
OF_CALLS: Final = frozenset(
    {"Newchannel", "Newstate", "DialBegin", "DialEnd", "BridgeEnter", "BridgeLeave", "Hangup"}
)
"""No call begins or ends without some of them; all are of the class `call`."""


class Deafness(StrEnum):
    """What a link is not told: nothing at all so far, or calls that are known to have been."""

    NOTHING_TOLD = "nothing_told"
    CALLS_UNTOLD = "calls_untold"


class Ear:
    """What one link has heard since its login. Pure; made anew with each link."""

    def __init__(self) -> None:
        self.hears_calls = False
        self._hears = False
        self._at_first: tuple[str, str] | None = None
        self._missed = 0

    @property
    def deafness(self) -> Deafness | None:
        """None as long as nothing speaks for it."""
        if self.hears_calls:
            return None
        if self._missed >= LOOKS:
            return Deafness.CALLS_UNTOLD
        return None if self._hears else Deafness.NOTHING_TOLD

    def hear(self, message: AmiMessage) -> None:
        """Take note of an event; items of lists and other answers prove nothing."""
        if not message.name or "actionid" in message.headers:
            return
        self._hears = True
        self.hears_calls = self.hears_calls or message.name in OF_CALLS

    def count(self, status: Mapping[str, str]) -> None:
        """Take note of what a CoreStatus says of the number of calls."""
        told = (status.get("coreprocessedcalls", ""), status.get("corecurrentcalls", ""))
        if self._at_first is None:
            self._at_first = told
        elif told != self._at_first:
            self._missed += 1


async def mind(
    ear: Ear,
    ask: Callable[[Action], Awaitable[Reply]],
    sleep: Callable[[float], Awaitable[None]],
) -> None:
    """Look after the number of calls until `ear` has heard of one, or is known to be deaf to them,
    or we may not ask."""
    while True:
        await sleep(LOOK_SECONDS)
        if ear.hears_calls or ear.deafness is Deafness.CALLS_UNTOLD:
            return
        try:
            ear.count((await ask(actions.core_status())).headers)
        except ActionTimedOut:
            pass  # too busy: it is asked again
        except TelephonyError:
            return
