"""The seats that the exchange's queues have, as it tells them: what a connect is compared with."""

from collections import defaultdict

from telephony.events import MemberRemoved, MemberSeen


class QueueSeats:
    """Only dynamic members, which somebody has added and may remove; static ones are the
    exchange's own."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, dict[str, int]] = defaultdict(dict)

    async def on_member_seen(self, fact: MemberSeen) -> None:
        if fact.dynamic:
            self._queues[fact.interface][fact.queue] = fact.penalty
        else:
            self._forget(fact.interface, fact.queue)

    async def on_member_removed(self, fact: MemberRemoved) -> None:
        self._forget(fact.interface, fact.queue)

    def of(self, interface: str) -> dict[str, int]:
        """The queues (name -> penalty) in which this phone sits as a dynamic member."""
        return dict(self._queues.get(interface, {}))

    def _forget(self, interface: str, queue: str) -> None:
        if interface in self._queues:
            self._queues[interface].pop(queue, None)
            if not self._queues[interface]:
                del self._queues[interface]
