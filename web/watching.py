"""What one page watches beside its person's own screen: records that he may see, as `client:3`."""

from aiohttp import web

from crm_core.clients.access import access_client
from crm_core.errors import CrmError
from screenpop.messages import Put
from screenpop.outbox import Outbox
from web.screens import Screens
from web.visits import person, services

MOST_WATCHED = 12  # cards on one page; more than an operator has calls
_SHOWN = "present"


class Watching:
    """The topics of one connection, joined and left as its page says."""

    def __init__(self, request: web.Request, screens: Screens, outbox: Outbox) -> None:
        self._request = request
        self._screens = screens
        self._outbox = outbox
        self._topics: dict[str, None] = {}

    async def take(self, said: str) -> None:
        """`watch client:3` or `unwatch client:3`; what is not understood or not allowed is not
        watched."""
        verb, _, topic = said.partition(" ")
        if verb == "unwatch":
            self._leave(topic)
        elif verb == "watch" and topic not in self._topics and await self._may(topic):
            self._join(topic)

    def elements(self) -> tuple[Put, ...]:
        """Who is at what this page watches: for its snapshot."""
        return tuple(self._put(topic) for topic in self._topics)

    def close(self) -> None:
        """The page is gone."""
        for topic in list(self._topics):
            self._leave(topic)

    async def _may(self, topic: str) -> bool:
        kind, _, written = topic.partition(":")
        if kind != "client" or not written.isdecimal() or len(written) > 15:
            return False
        if len(self._topics) >= MOST_WATCHED:
            return False
        try:
            async with services(self._request).storage.read() as connection:
                await access_client(connection, person(self._request), int(written))
        except CrmError:
            return False
        return True

    def _join(self, topic: str) -> None:
        agent = person(self._request)
        self._topics[topic] = None
        self._screens.hub.listen(self._outbox, topic)
        self._screens.presence.enter(topic, self._outbox, agent.id, agent.name)
        self._tell(topic)

    def _leave(self, topic: str) -> None:
        if topic not in self._topics:
            return
        del self._topics[topic]
        self._screens.presence.leave(topic, self._outbox)
        self._screens.hub.unlisten(self._outbox, topic)
        self._tell(topic)

    def _tell(self, topic: str) -> None:
        self._screens.hub.send(topic, self._put(topic))

    def _put(self, topic: str) -> Put:
        present = self._screens.presence.at(topic)
        return Put(present.element_id, _SHOWN, "layout/_present.html", present)
