"""The check of the exchange, in the order in which one thing needs another."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from telephony import actions
from telephony.errors import ActionTimedOut, NotConnected, UnsafeValue
from telephony.inspection import endpoints, hours, manager, questions, queues, rights
from telephony.inspection.config import Section, is_yes, sections
from telephony.inspection.expected import Expected
from telephony.inspection.finding import Finding, Tell, bad, ok, warn
from telephony.inspection.reached import reached, why_not
from telephony.inspection.session import Session, opened
from telephony.inspection.versions import version
from telephony.settings import TelephonySettings
from telephony.stream import LinkDown, Reply

OF_FREEPBX: Final = "from-internal-additional"
"""A context that FreePBX and Issabel generate, and nobody else."""

TECHNOLOGY: Final = "PJSIP"

MOST_QUEUES: Final = 200
"""Of more than so many the rest is taken to be set alike."""


async def inspect(
    settings: TelephonySettings,
    expected: Expected,
    tell: Tell,
    *,
    now: Callable[[], datetime],
    simulated: bool = False,
) -> None:
    """Tell everything about the exchange, from one login; never raises for what is wrong there.

    Of a `simulated` exchange only what it has: nothing of its files, rights and dialplan.
    """
    async with opened(settings, now) as session:
        if isinstance(session, LinkDown):
            await tell(why_not(session, settings))
            return
        try:
            if simulated:
                await tell(ok("link.simulated"))
                await _SimulatedWalk(session, settings, expected, tell, now).walk()
            else:
                await _Walk(session, settings, expected, tell, now).walk()
        except ActionTimedOut:
            await tell(bad("link.answers_late", seconds=settings.action_timeout_seconds))
        except NotConnected:
            await tell(bad("link.broke"))
        except UnsafeValue as unsafe:  # a line break in a setting
            where = {"host": settings.host, "port": settings.port}
            await tell(bad("link.failed", **where, details=str(unsafe)))


class _Walk:
    """One session's questions, one after another: Asterisk answers them in order anyway."""

    def __init__(
        self,
        session: Session,
        settings: TelephonySettings,
        expected: Expected,
        tell: Tell,
        now: Callable[[], datetime],
    ) -> None:
        self._session = session
        self._settings = settings
        self._expected = expected
        self._tell = tell
        self._now = now
        self._may: set[str] | None = None
        self._core: Reply | None = None

    async def walk(self) -> None:
        await self._tell_all(reached(self._settings))
        await self._version()
        await self._rights()
        await self._clock()
        await self._dialplan()
        await self._queues()
        await self._endpoints()
        await self._logs()

    async def _tell_all(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            await self._tell(finding)

    async def _version(self) -> None:
        self._core = await self._session.ask(actions.core_settings())
        await self._tell(version(self._core))

    async def _rights(self) -> None:
        session = self._session
        general = await self._section("manager.conf", "general")
        account = await self._section("manager.conf", self._settings.username)
        offered = await session.ask(questions.which_actions())
        self._may = None if offered is None else set(offered.headers)
        has_queues = "queuestatus" in (self._may or {"queuestatus"})
        await self._tell_all(rights.may_hear(account, session.heard))
        await self._tell_all(rights.may_ask(self._may, has_queues))
        await self._tell_all(manager.judged(general, account, session.stamped))

    async def _section(self, file: str, name: str) -> Section | None:
        try:
            question = questions.configuration(file, name)
        except UnsafeValue:
            return None
        reply = await self._session.ask(question)
        return None if reply is None else sections(reply).get(name)

    async def _clock(self) -> None:
        asked_at = self._now()
        pong = await self._session.ask(actions.ping())
        await self._tell(hours.clocks(pong, asked_at, self._now()))

    async def _dialplan(self) -> None:
        if self._may is None or "showdialplan" not in self._may:
            await self._tell(warn("dialplan.unseen"))
            return
        freepbx = await self._session.ask(questions.dialplan(OF_FREEPBX))
        await self._tell(ok("dialplan.plain" if freepbx is None else "dialplan.freepbx"))
        context = self._settings.dial_context
        if await self._session.ask(questions.dialplan(context)) is None:
            await self._tell(bad("dialplan.context_missing", context=context))
        else:
            await self._tell(ok("dialplan.context", context=context))
        if "modulecheck" in self._may:
            loaded = await self._session.ask(questions.is_loaded("res_parking"))
            await self._tell(
                warn("dialplan.parking_missing") if loaded is None else ok("dialplan.parking")
            )

    async def _queues(self) -> None:
        told = await self._session.ask(actions.queue_status())
        if told is None:
            await self._tell(
                bad("queues.not_loaded") if self._expected.queues else ok("queues.none")
            )
            return
        config = await self._rules(queues.in_question(told, self._expected))
        await self._tell_all(queues.compared(told, config, self._expected))

    async def _rules(self, names: Sequence[str]) -> Mapping[str, Section] | None:
        """Their sections of queues.conf, one by one: the whole file may be too large an answer."""
        found: dict[str, Section] = {}
        for name in names[:MOST_QUEUES]:
            reply = await self._session.ask(questions.configuration("queues.conf", name))
            if reply is None:
                return None
            found |= sections(reply)
        return found

    async def _logs(self) -> None:
        """Whether Asterisk writes what we are told to read."""
        if self._settings.cel:
            section = await self._section("cel.conf", "general")
            if section is not None and not is_yes(section, "enable", usual=False):
                await self._tell(bad("logs.cel_off"))
        core = {} if self._core is None else self._core.headers
        if self._settings.cdr and core.get("corecdrenabled", "").lower() == "no":
            await self._tell(bad("logs.cdr_off"))

    async def _endpoints(self) -> None:
        told = await self._session.ask(questions.endpoints())
        if told is None:
            await self._tell(warn("endpoints.unseen"))
            return
        found = endpoints.read(told, TECHNOLOGY, self._expected)
        await self._tell_all(endpoints.judged(found, self._expected))


class _SimulatedWalk(_Walk):
    """An exchange that has neither files nor rights nor a dialplan."""

    async def walk(self) -> None:
        await self._version()
        await self._clock()
        await self._queues()
        await self._endpoints()

    async def _rules(self, names: Sequence[str]) -> Mapping[str, Section] | None:
        return {}
