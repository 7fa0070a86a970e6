"""Who looks at what: connections by topic, and one `send` that never waits for any of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from screenpop.messages import Beat, Message
from screenpop.outbox import Closing, Outbox

FLOOR = "floor"
EVERYONE = "everyone"


def workplace_of(agent_id: int) -> str:
    """The topic of one agent's own screen: his cards, his state, his tasks."""
    return f"workplace:{agent_id}"


class Hub:
    """All open connections of this process."""

    def __init__(self) -> None:
        self._topics: defaultdict[str, dict[Outbox, None]] = defaultdict(dict)
        self._outboxes: dict[Outbox, tuple[str, ...]] = {}
        self._gone = Outbox(0)  # what those who left had counted

    def __len__(self) -> int:
        return len(self._outboxes)

    @property
    def deepest(self) -> int:
        """The longest line of messages waiting for any one browser: what health looks at."""
        return max((outbox.depth for outbox in self._outboxes), default=0)

    @property
    def overflows(self) -> int:
        """How often, in all, a browser was so far behind that it took a snapshot instead."""
        return self._gone.overflows + sum(outbox.overflows for outbox in self._outboxes)

    @property
    def merged(self) -> int:
        """How often, in all, a message was replaced by a newer one before it was sent."""
        return self._gone.merged + sum(outbox.merged for outbox in self._outboxes)

    def join(self, outbox: Outbox, topics: Iterable[str]) -> None:
        """From now on `outbox` gets what is said on `topics`."""
        self._outboxes[outbox] = tuple(topics)
        for topic in self._outboxes[outbox]:
            self._topics[topic][outbox] = None

    def listen(self, outbox: Outbox, topic: str) -> None:
        """`outbox` gets what is said on `topic`, too; one that has left gets nothing."""
        if outbox in self._outboxes and topic not in self._outboxes[outbox]:
            self._outboxes[outbox] = (*self._outboxes[outbox], topic)
            self._topics[topic][outbox] = None

    def unlisten(self, outbox: Outbox, topic: str) -> None:
        """`outbox` gets no more of what is said on `topic`."""
        if topic in self._outboxes.get(outbox, ()):
            kept = tuple(each for each in self._outboxes[outbox] if each != topic)
            self._outboxes[outbox] = kept
            self._forget(outbox, topic)

    def leave(self, outbox: Outbox) -> None:
        """Forget a connection; leaving twice is no error."""
        if outbox in self._outboxes:
            self._gone.overflows += outbox.overflows
            self._gone.merged += outbox.merged
        for topic in self._outboxes.pop(outbox, ()):
            self._forget(outbox, topic)

    def _forget(self, outbox: Outbox, topic: str) -> None:
        listeners = self._topics[topic]
        listeners.pop(outbox, None)
        if not listeners:
            del self._topics[topic]

    def is_watched(self, topic: str) -> bool:
        """Whether anybody looks: nothing need be made for a screen that nobody has open."""
        return topic in self._topics

    def watched(self, kind: str) -> bool:
        """Whether anybody looks at any record of this kind."""
        return any(topic.startswith(f"{kind}:") for topic in self._topics)

    def send(self, topic: str, message: Message) -> None:
        """Put `message` into the outbox of each connection that looks at `topic`."""
        for outbox in self._topics.get(topic, ()):
            outbox.put(message)

    def beat(self) -> None:
        """Tell every page that the server lives."""
        for outbox in self._outboxes:
            outbox.put(Beat())

    def close_sessions(self, session_ids: Collection[str], reason: Closing) -> None:
        """End every connection that was opened in one of these sessions."""
        for outbox in self._outboxes:
            if outbox.session_id in session_ids:
                outbox.close(reason)

    def close_agent(self, agent_id: int, reason: Closing) -> None:
        """End every connection of one person."""
        for outbox in self._outboxes:
            if outbox.agent_id == agent_id:
                outbox.close(reason)

    def close_all(self, reason: Closing) -> None:
        for outbox in self._outboxes:
            outbox.close(reason)
