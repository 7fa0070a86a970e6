"""AmiClient: the link to Asterisk as one ordered stream, and requests that always get an answer."""

import asyncio
import logging
import random
import ssl
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from telephony import actions
from telephony.actions import Action
from telephony.blocks import shedding
from telephony.ear import Deafness, Ear, mind
from telephony.errors import LinkReason, NotConnected, TelephonyError
from telephony.link import AmiLink, Loss, Wiring, tls_context
from telephony.losses import loss_of
from telephony.patience import Backoff, Patience
from telephony.settings import TelephonySettings
from telephony.stream import AmiMessage, LinkDown, LinkUp, Reply, StreamItem

__all__ = ["AmiClient", "AmiMessage", "LinkDown", "LinkUp", "Reply", "StreamItem"]

log = logging.getLogger(__name__)

BACKLOG_LIMIT = 50_000  # about 100 MB, or a minute of 2,000 busy agents
CLOCKS_APART_SECONDS = 5.0  # less is what a busy machine is late by
_OWN = frozenset({"FullyBooted", "Shutdown"})


class AmiClient:
    """Stays connected to one Asterisk while `run` runs; everything heard comes out of `messages`.

    `wanted` names the events to keep (None: all), `wanted_variables` the VarSet variables (None:
    all); answers to actions are always kept. A consumer more than `BACKLOG_LIMIT` items behind has
    lost the thread: the link is made anew (reason `fell_behind`) and the state read again.
    """

    def __init__(
        self,
        settings: TelephonySettings,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
        raw: Callable[[bytes, datetime], None] | None = None,
        wanted: frozenset[str] | None = None,
        wanted_variables: frozenset[str] | None = None,
        patience: Patience | None = None,
        chance: Callable[[], float] = random.random,
        backlog_limit: int = BACKLOG_LIMIT,
    ) -> None:
        self.connected = False
        self.lag_seconds = 0.0
        """Arrival minus Timestamp of the last event: rises when Asterisk holds events back."""
        self.heard = 0
        """Messages taken since the start."""
        self.links = 0
        """How often a link came up."""
        self.ends: Counter[str] = Counter()
        """How often a link, or the try to make one, ended, by `LinkReason`."""
        self._settings = settings
        self._now = now
        self._sleep = sleep
        self._patience = patience or Patience()
        self._backoff = Backoff(self._patience, chance)
        is_noise = shedding(None if wanted is None else wanted | _OWN, wanted_variables)
        self._wiring = Wiring(now=now, take=self._take, is_noise=is_noise, raw=raw)
        self._tls: ssl.SSLContext | None = None
        self._link: AmiLink | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._comparing: asyncio.Task[None] | None = None
        self._minding: asyncio.Task[None] | None = None
        self._ear = Ear()
        self._items: deque[StreamItem] = deque()
        self._early: deque[AmiMessage] = deque()
        self._limit = backlog_limit
        self._arrived = asyncio.Event()
        self._told: str | None = None
        self._deaf_since: datetime | None = None

    @property
    def deafness(self) -> Deafness | None:
        """What the exchange answers us but does not tell; None without a link."""
        return self._ear.deafness if self.connected else None

    @property
    def backlog(self) -> int:
        """Items received and not yet consumed."""
        return len(self._items)

    @property
    def unread_since(self) -> datetime | None:
        """When the oldest item arrived that is not consumed yet; None: all are."""
        if not self._items:
            return None
        first = self._items[0]
        return first.received_at if isinstance(first, AmiMessage) else first.at

    async def run(self) -> None:
        """Connect, log in, keep alive, reconnect; until cancelled."""
        while True:
            loss, up_seconds = await self._serve_one_link()
            self.ends[loss.reason] += 1
            self._tell_down(loss)
            await self._sleep(self._backoff.after(loss.reason, up_seconds))

    async def messages(self) -> AsyncIterator[StreamItem]:
        """Everything in the order of the wire: LinkUp, events and list items, LinkDown, LinkUp ...

        For one consumer. Events between login and LinkUp come right after LinkUp.
        """
        while True:
            while self._items:
                yield self._items.popleft()
            self._arrived.clear()
            await self._arrived.wait()

    async def send(self, action: Action, *, timeout_seconds: float | None = None) -> Reply:
        """Ask Asterisk now or not at all: NotConnected at once, LinkLost, ActionTimedOut (after
        `timeout_seconds`, by default the settings'), ActionRefused. Nothing is ever sent twice."""
        if self._link is None or not self.connected:
            raise NotConnected(action.name)
        return await self._link.request(action, self._time_for(timeout_seconds))

    def renew_later(self) -> None:
        """Log in anew after as long as after a refusal, unless the link falls before."""
        if self._link is not None and self._renewal is None:
            self._renewal = asyncio.ensure_future(self._renew(self._link))

    async def _renew(self, link: AmiLink, reason: LinkReason = LinkReason.FORBIDDEN) -> None:
        await self._sleep(self._patience.refused_wait_seconds)
        link.end(Loss(reason))

    async def _mind(self, link: AmiLink, since: datetime) -> None:
        """Rights given meanwhile are those of a new login; what was not told is read elsewhere."""

        async def ask(action: Action) -> Reply:
            return await link.request(action, self._settings.action_timeout_seconds)

        await mind(self._ear, ask, self._sleep)
        if self.deafness is Deafness.CALLS_UNTOLD:
            log.error("Asterisk has calls and tells our account of none: see its `read` line")
            self._deaf_since = since
            await self._renew(link, LinkReason.UNTOLD)

    def _time_for(self, timeout_seconds: float | None) -> float:
        default = self._settings.action_timeout_seconds
        return default if timeout_seconds is None else timeout_seconds

    async def _serve_one_link(self) -> tuple[Loss, float]:
        """One link from beginning to end: how it ended, and how many seconds it served."""
        link = self._link = AmiLink(self._settings, self._wiring)
        self._ear = Ear()
        try:
            version = await self._bring_up(link)
            if link.lost.done():
                return link.lost.result(), 0.0
            self._tell_up(version)
            up_at = link.loop.time()
            self._minding = asyncio.ensure_future(self._mind(link, self._now()))
            loss = await asyncio.shield(link.lost)
            return loss, link.loop.time() - up_at
        except asyncio.CancelledError:
            link.leave()
            self._tell_down(Loss(LinkReason.STOPPED))
            raise
        except Exception as fault:
            return await loss_of(fault, link), 0.0
        finally:
            self.connected = False
            self._link = None
            self._early.clear()
            for task in (self._renewal, self._comparing, self._minding):
                if task is not None:
                    task.cancel()
            self._renewal = self._comparing = self._minding = None
            link.end(Loss(LinkReason.STOPPED))

    async def _bring_up(self, link: AmiLink) -> str:
        """From nothing to a booted Asterisk that knows us; its version."""
        async with asyncio.timeout(self._settings.connect_timeout_seconds):
            if self._tls is None:
                self._tls = tls_context(self._settings)
            await link.connect(self._tls)
            await link.log_in()
        await self._booted(link)
        self._comparing = asyncio.ensure_future(self._compare_clocks(link))
        return await self._version(link)

    async def _compare_clocks(self, link: AmiLink) -> None:
        """Its answer to a ping says its time: until the first event that is all we know of it."""
        try:
            reply = await link.request(actions.ping(), self._settings.action_timeout_seconds)
            told = float(reply.headers["timestamp"])
        except (TelephonyError, KeyError, ValueError):
            return
        self.lag_seconds = self._now().timestamp() - told

    async def _booted(self, link: AmiLink) -> None:
        """Wait for FullyBooted, but not for ever: without the class `system` it never comes."""
        booted = asyncio.ensure_future(link.booted.wait())
        either: set[asyncio.Future[Any]] = {booted, link.lost}
        try:
            await asyncio.wait(
                either,
                timeout=self._patience.boot_grace_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            booted.cancel()

    async def _version(self, link: AmiLink) -> str:
        try:
            reply = await link.request(
                actions.core_settings(), min(self._patience.boot_grace_seconds, 2.0)
            )
        except NotConnected:
            raise
        except TelephonyError:  # not allowed to ask, or too busy to say
            return f"AMI {link.ami_version}"
        return reply.headers.get("asteriskversion") or f"AMI {link.ami_version}"

    def _take(self, message: AmiMessage) -> None:
        self.heard += 1
        if not self._ear.hears_calls:
            self._ear.hear(message)
        if message.at is not message.received_at:
            self.lag_seconds = (message.received_at - message.at).total_seconds()
        elif abs(self.lag_seconds) > CLOCKS_APART_SECONDS:
            message = replace(message, at=self._by_its_clock(message.received_at))
        if not self.connected:
            self._early.append(message)
        else:
            self._items.append(message)
            self._arrived.set()
        if len(self._items) + len(self._early) > self._limit:
            self._fall_behind()

    def _by_its_clock(self, at: datetime) -> datetime:
        """What list items do not say: when it was by the exchange's clock."""
        return at - timedelta(seconds=self.lag_seconds)

    def _fall_behind(self) -> None:
        log.error("more than %d AMI messages unread: the link is made anew", self._limit)
        self._deaf_since = self.unread_since
        self._items.clear()
        self._early.clear()
        if self._link is not None:
            self._link.end(Loss(LinkReason.FELL_BEHIND, str(self._limit)))

    def _tell_up(self, version: str) -> None:
        log.info("connected to Asterisk %s", version)
        self._told = None
        self.connected = True
        self.links += 1
        self._put(LinkUp(self._now(), version))
        self._items.extend(self._early)
        self._early.clear()

    def _tell_down(self, loss: Loss) -> None:
        """Once for each change: an exchange that is down for a day is one item, not thousands."""
        self.connected = False
        if self._told == loss.reason:
            return
        self._told = loss.reason
        if loss.reason is LinkReason.STOPPED:
            log.info("left Asterisk")
        else:
            log.warning(
                "no link to Asterisk: %s", " ".join(filter(None, [loss.reason, loss.details]))
            )
        # What was thrown away unread was not heard: it has to be read elsewhere.
        at, self._deaf_since = self._deaf_since or self._now(), None
        self._put(LinkDown(at, loss.reason, loss.details))

    def _put(self, item: StreamItem) -> None:
        self._items.append(item)
        self._arrived.set()
