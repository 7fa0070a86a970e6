"""People who log in: hired, edited, let go; the last administrator always stays."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core import audit
from crm_core.agents.credentials import LONGEST, Passwords, check_rules
from crm_core.agents.directory import DirectoryChanged
from crm_core.agents.people import Agent, get_agent, list_agents
from crm_core.agents.roles import Role, id_of, require
from crm_core.agents.sessions import end_sessions
from crm_core.agents.tables import agent_states, agents, extensions
from crm_core.clock import Clock
from crm_core.errors import Conflict, Invalid
from crm_core.events import RoleChanged
from crm_core.storage.engine import Storage, Write
from crm_core.wording import line

LANGUAGES = frozenset({"en", "ru"})
THEMES = frozenset({"auto", "light", "dark"})
_LOGIN = re.compile(r"[\w][\w.@+-]{1,63}")


class Accounts:
    """Commands on agents; administrators give them (None: the system itself, as on first start)."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        passwords: Passwords,
        *,
        languages: frozenset[str] = LANGUAGES,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._passwords = passwords
        self._languages = languages

    async def create(
        self,
        actor: Agent | None,
        login: str,
        name: str,
        role: Role,
        password: str,
        *,
        language: str = "en",
        time_zone: str = "UTC",
        theme: str = "auto",
    ) -> Agent:
        """A new active agent. Invalid: login_bad, login_taken, password rules, language, zone."""
        require(actor, Role.ADMINISTRATOR)
        values = self._checked(
            {
                "login": login,
                "name": name,
                "role": role,
                "language": language,
                "time_zone": time_zone,
                "theme": theme,
            }
        )
        check_rules(password, values["login"])
        hashed = await self._passwords.hash(password)
        now = self._clock.now()
        async with self._storage.write() as tx:
            await _refuse_taken(tx, values["login"])
            row = {**values, "password_hash": hashed, "created_at": now}
            agent_id = (await tx.execute(insert(agents).values(**row))).inserted_primary_key[0]
            await audit.record(tx, now, id_of(actor), "created", "agent", agent_id, **values)
            tx.announce(DirectoryChanged("agents"))
            return await get_agent(tx.connection, agent_id)

    async def objections(
        self, fields: dict[str, Any], *, password: str | None = None, agent_id: int | None = None
    ) -> list[Invalid]:
        """All that `create` (or `edit` of `agent_id`) would refuse, so that it is told at once."""
        found: list[Invalid] = []
        for field, value in fields.items():
            try:
                self._checked({field: value})
            except Invalid as refused:
                found.append(refused)
        login = _folded(fields.get("login", ""))
        async with self._storage.read() as connection:
            if await _is_taken(connection, login, agent_id):
                found.append(Invalid("login", "login_taken", login=login))
        if password is not None:
            try:
                check_rules(password, login)
            except Invalid as refused:
                found.append(refused)
        return found

    async def edit(self, actor: Agent | None, agent_id: int, **fields: Any) -> Agent:
        """Change login, name, role, language, time_zone, theme or newcomer. Conflict:
        last_administrator."""
        require(actor, Role.ADMINISTRATOR)
        return await self._edit(actor, agent_id, self._checked(fields))

    async def set_preferences(
        self,
        actor: Agent,
        *,
        language: str | None = None,
        time_zone: str | None = None,
        theme: str | None = None,
    ) -> Agent:
        """What everybody may choose for himself; None leaves a value as it is."""
        wanted = {"language": language, "time_zone": time_zone, "theme": theme}
        given = {field: value for field, value in wanted.items() if value is not None}
        return await self._edit(actor, actor.id, self._checked(given))

    async def deactivate(self, actor: Agent | None, agent_id: int) -> None:
        """Let somebody go: sessions closed, desk and seat free, history kept."""
        require(actor, Role.ADMINISTRATOR)
        now = self._clock.now()
        async with self._storage.write() as tx:
            agent = await get_agent(tx.connection, agent_id)
            if not agent.active:
                return
            await _refuse_last_administrator(tx, agent)
            await tx.execute(update(agents).where(agents.c.id == agent_id).values(active=False))
            await end_sessions(tx, agent_id)
            await tx.execute(
                update(extensions).where(extensions.c.agent_id == agent_id).values(agent_id=None)
            )
            await tx.execute(
                update(agent_states)
                .where(agent_states.c.agent_id == agent_id)
                .values(state="offline", reason=None, since=now, extension_id=None, call_id=None)
            )
            await audit.record(tx, now, id_of(actor), "deactivated", "agent", agent_id)
            tx.announce(DirectoryChanged("agents"), DirectoryChanged("extensions"))

    async def reactivate(self, actor: Agent | None, agent_id: int) -> None:
        """Take somebody back, with the old login and password."""
        require(actor, Role.ADMINISTRATOR)
        async with self._storage.write() as tx:
            if (await get_agent(tx.connection, agent_id)).active:
                return
            await tx.execute(update(agents).where(agents.c.id == agent_id).values(active=True))
            now = self._clock.now()
            await audit.record(tx, now, id_of(actor), "reactivated", "agent", agent_id)
            tx.announce(DirectoryChanged("agents"))

    async def set_password(
        self,
        actor: Agent | None,
        agent_id: int,
        password: str,
        *,
        current: str | None = None,
        keep_token: str | None = None,
    ) -> None:
        """A new password; one's own asks for the `current` one. Other sessions are closed.

        Invalid("current", "password_wrong"), or a rule of `credentials.check_rules`.
        """
        own = actor is not None and actor.id == agent_id
        if not own:
            require(actor, Role.ADMINISTRATOR)
        async with self._storage.read() as connection:
            agent = await get_agent(connection, agent_id)
        if own and await self.verify(agent.login, current or "") is None:
            raise Invalid("current", "password_wrong")
        check_rules(password, agent.login)
        hashed = await self._passwords.hash(password)
        async with self._storage.write() as tx:
            chosen = update(agents).where(agents.c.id == agent_id)
            await tx.execute(chosen.values(password_hash=hashed))
            await end_sessions(tx, agent_id, but=keep_token if own else None)
            now = self._clock.now()
            await audit.record(tx, now, id_of(actor), "password_set", "agent", agent_id)

    async def verify(self, login: str, password: str) -> Agent | None:
        """The active agent with this login and password; an unknown login takes as long."""
        query = select(agents.c.id, agents.c.password_hash).where(
            agents.c.login == _folded(login), agents.c.active
        )
        async with self._storage.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        stored = row.password_hash if row else None
        # Cut: a megabyte for a password must cost no more than an honest one.
        if not await self._passwords.matches(stored, password[: LONGEST * 2]) or row is None:
            return None
        if self._passwords.is_outdated(row.password_hash):
            await self._strengthen(row.id, password)
        async with self._storage.read() as connection:
            return await get_agent(connection, row.id)

    async def get(self, agent_id: int) -> Agent:
        """The agent, active or not. Raises NotFound."""
        async with self._storage.read() as connection:
            return await get_agent(connection, agent_id)

    async def list_agents(
        self, *, role: Role | None = None, active: bool | None = True
    ) -> list[Agent]:
        """Everybody by name; `active=None` includes those who left."""
        async with self._storage.read() as connection:
            return await list_agents(connection, role=role, active=active)

    async def _edit(self, actor: Agent | None, agent_id: int, values: dict[str, Any]) -> Agent:
        now = self._clock.now()
        async with self._storage.write() as tx:
            before = await get_agent(tx.connection, agent_id)
            changed = audit.changes({f: getattr(before, f) for f in values}, values)
            if not changed:
                return before
            if "login" in changed:
                await _refuse_taken(tx, values["login"])
            if "role" in changed and before.active:
                await _refuse_last_administrator(tx, before)
            await tx.execute(update(agents).where(agents.c.id == agent_id).values(**values))
            await audit.record(tx, now, id_of(actor), "edited", "agent", agent_id, **changed)
            tx.announce(DirectoryChanged("agents"))
            if {"role", "newcomer"} & changed.keys():
                tx.announce(RoleChanged(agent_id=agent_id))
            return await get_agent(tx.connection, agent_id)

    async def _strengthen(self, agent_id: int, password: str) -> None:
        hashed = await self._passwords.hash(password)
        async with self._storage.write() as tx:
            chosen = update(agents).where(agents.c.id == agent_id)
            await tx.execute(chosen.values(password_hash=hashed))

    def _checked(self, fields: dict[str, Any]) -> dict[str, Any]:
        checks: dict[str, Callable[[Any], Any]] = {
            "login": _login,
            "name": lambda name: line("name", name, limit=200),
            "role": _role,
            "language": lambda code: _one_of("language", code, self._languages),
            "time_zone": _time_zone,
            "theme": lambda word: _one_of("theme", word, THEMES),
            "newcomer": bool,
        }
        for field in fields:
            if field not in checks:
                raise Invalid(field, "unknown_field")
        return {field: checks[field](value) for field, value in fields.items()}


async def _is_taken(connection: AsyncConnection, login: str, agent_id: int | None) -> bool:
    holder = (await connection.execute(select(agents.c.id).where(agents.c.login == login))).scalar()
    return holder is not None and holder != agent_id


async def _refuse_taken(tx: Write, login: str) -> None:
    if await _is_taken(tx.connection, login, None):
        raise Invalid("login", "login_taken", login=login)


async def _refuse_last_administrator(tx: Write, agent: Agent) -> None:
    """Raise Conflict if `agent` is the only active administrator: nobody could undo it."""
    if agent.role is not Role.ADMINISTRATOR:
        return
    others = select(func.count()).where(
        agents.c.role == Role.ADMINISTRATOR.value, agents.c.active, agents.c.id != agent.id
    )
    if not (await tx.execute(others)).scalar_one():
        raise Conflict("last_administrator", name=agent.name)


def _folded(login: str) -> str:
    whole = login.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    return unicodedata.normalize("NFKC", whole).strip().casefold()


def _login(login: str) -> str:
    folded = _folded(login)
    if not folded:
        raise Invalid("login", "required")
    if not _LOGIN.fullmatch(folded):
        raise Invalid("login", "login_bad", login=folded)
    return folded


def _role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise Invalid("role", "unknown_choice", value=role) from None


def _one_of(field: str, word: str, known: frozenset[str]) -> str:
    if word not in known:
        raise Invalid(field, "unknown_choice", value=word)
    return word


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # an unknown name is a KeyError
        raise Invalid("time_zone", "unknown_choice", value=name) from None
    return name


__all__ = ["Accounts", "Agent", "Role"]
