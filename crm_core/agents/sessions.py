"""Who is logged in: random tokens of which only the hash is kept, expiring by themselves."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select, update

from crm_core.agents.people import Agent, agent_columns, agent_from
from crm_core.agents.tables import agents, sessions
from crm_core.clock import Clock
from crm_core.storage.engine import Storage, Write
from crm_core.storage.hot import HotSelect

IDLE = timedelta(hours=12)  # a shift with its lunch; every touch begins it anew
LONGEST = timedelta(days=14)  # then the password is asked for again, whatever the use
TOUCH = timedelta(minutes=1)  # a page a second must not be a write a second
_TOKEN_BYTES = 32
_LOGGED_IN: Final = HotSelect(  # a thousand tabs may come back in one second
    select(
        *agent_columns(),
        sessions.c.created_at.label("opened_at"),
        sessions.c.seen_at,
        sessions.c.expires_at,
    )
    .join(sessions, sessions.c.agent_id == agents.c.id)
    .where(sessions.c.token_hash == bindparam("token_hash"))
)


@dataclass(frozen=True, slots=True)
class SessionsClosed:
    """These sessions (see `session_id`) of `agent_id` are over: what they hold open must shut."""

    agent_id: int
    session_ids: tuple[str, ...]


def session_id(token: str) -> str:
    """What may be known of a session outside the cookie: the token's SHA-256, 64 hex digits."""
    return _hash(token).hex()


class Sessions:
    """Opens, finds and closes sessions; a closed or expired token finds nobody."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        *,
        idle: timedelta = IDLE,
        longest: timedelta = LONGEST,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._idle = idle
        self._longest = longest

    async def open(self, agent_id: int, user_agent: str = "") -> str:
        """A new token (256 random bits) for the cookie; it is shown this once only."""
        token, now = secrets.token_urlsafe(_TOKEN_BYTES), self._clock.now()
        async with self._storage.write() as tx:
            await tx.execute(delete(sessions).where(sessions.c.expires_at <= now))
            await tx.execute(
                insert(sessions).values(
                    token_hash=_hash(token),
                    agent_id=agent_id,
                    created_at=now,
                    seen_at=now,
                    expires_at=now + min(self._idle, self._longest),
                    user_agent=_printable(user_agent),
                )
            )
        return token

    async def find(self, token: str) -> Agent | None:
        """The active agent behind `token`, or None; use prolongs the session."""
        now = self._clock.now()
        async with self._storage.read() as connection:
            rows = await _LOGGED_IN.rows(connection, token_hash=_hash(token))
        row = rows[0] if rows else None
        if row is None or row["expires_at"] <= now or not row["active"]:
            return None
        if now - row["seen_at"] >= TOUCH:
            await self._touch(token, row["opened_at"], now)
        return agent_from(row)

    async def close(self, token: str) -> None:
        """End one session; an unknown token is no error."""
        async with self._storage.write() as tx:
            await _end(tx, sessions.c.token_hash == _hash(token))

    async def close_all(self, agent_id: int, *, but: str | None = None) -> None:
        """End every session of `agent_id`, except that of the token `but`."""
        async with self._storage.write() as tx:
            await end_sessions(tx, agent_id, but=but)

    async def _touch(self, token: str, opened_at: datetime, now: datetime) -> None:
        expires_at = min(now + self._idle, opened_at + self._longest)
        async with self._storage.write() as tx:
            await tx.execute(
                update(sessions)
                .where(sessions.c.token_hash == _hash(token))
                .values(seen_at=now, expires_at=expires_at)
            )


async def end_sessions(tx: Write, agent_id: int, *, but: str | None = None) -> None:
    """Close an agent's sessions as part of a larger change, e.g. a new password."""
    condition = sessions.c.agent_id == agent_id
    if but is not None:
        condition &= sessions.c.token_hash != _hash(but)
    await _end(tx, condition)


async def _end(tx: Write, condition: Any) -> None:
    chosen = select(sessions.c.agent_id, sessions.c.token_hash).where(condition)
    ended: dict[int, list[str]] = {}
    for agent_id, token_hash in (await tx.execute(chosen)).all():
        ended.setdefault(agent_id, []).append(token_hash.hex())
    await tx.execute(delete(sessions).where(condition))
    for agent_id, ids in ended.items():
        tx.announce(SessionsClosed(agent_id, tuple(ids)))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _printable(user_agent: str) -> str:
    return "".join(c for c in user_agent if c.isascii() and c.isprintable())[:300]
