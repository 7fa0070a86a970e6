"""What people are told of the exchange: is it the simulated one, is the link up, why not."""

from datetime import datetime

from telephony.events import ExchangeConnected, ExchangeLost


class ExchangeStatus:
    """The last word on the link to Asterisk; before the first one it is being connected."""

    def __init__(self, *, simulated: bool) -> None:
        self.simulated = simulated
        self.connected = False
        self.version = ""
        self.reason = ""
        self.since: datetime | None = None

    @property
    def is_down(self) -> bool:
        """Whether the link is known to be down (rather than not yet tried)."""
        return not self.connected and bool(self.reason)

    async def on_exchange_connected(self, fact: ExchangeConnected) -> None:
        self.connected, self.version, self.reason = True, fact.version, ""
        self.since = fact.at

    async def on_exchange_lost(self, fact: ExchangeLost) -> None:
        if self.connected or not self.reason:
            self.since = fact.at
        self.connected, self.reason = False, fact.reason
