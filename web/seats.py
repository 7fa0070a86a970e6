"""Between the roster and the exchange: queue seats are asked of the switchboard."""

from collections.abc import Mapping

import structlog

from telephony.errors import ActionRefused
from telephony.switchboard import Switchboard

log = structlog.get_logger(__name__)


class ExchangeSeats:
    """The roster's `Seats` on a real exchange.

    What the exchange refuses (a queue it does not have) is logged and keeps no other queue waiting;
    a link that is down raises, so that the seat is asked for again.
    """

    def __init__(self, switchboard: Switchboard) -> None:
        self._switchboard = switchboard

    async def take(
        self, interface: str, agent_name: str, queues: Mapping[str, int], *, paused: bool = False
    ) -> None:
        name = _shown(agent_name)
        for queue, penalty in queues.items():
            try:
                await self._switchboard.queue_add(queue, interface, name, penalty, paused=paused)
            except ActionRefused as refused:
                _note(refused, interface, queue)

    async def leave(self, interface: str, queues: Mapping[str, int]) -> None:
        for queue in queues:
            try:
                await self._switchboard.queue_remove(queue, interface)
            except ActionRefused as refused:
                _note(refused, interface, queue)

    async def pause(self, interface: str, reason: str) -> None:
        try:
            await self._switchboard.pause_member(interface, reason)
        except ActionRefused as refused:
            _note(refused, interface, None)

    async def unpause(self, interface: str) -> None:
        try:
            await self._switchboard.unpause_member(interface)
        except ActionRefused as refused:
            _note(refused, interface, None)


def _shown(name: str) -> str:
    """A name as one printable line, which is all that a queue member may be called."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:80]


def _note(refused: ActionRefused, interface: str, queue: str | None) -> None:
    log.warning("seat_refused", interface=interface, queue=queue, message=refused.message)
