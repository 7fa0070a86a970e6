"""Commands on the law profiles: whoever loosens one is an administrator and says why.

Each change is a version with its whole values, written beside the audit trail in the same
transaction: what an attempt was judged by can be proved for ever.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, insert, select, update

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.roles import Role, id_of, require
from crm_core.clock import Clock
from crm_core.errors import Conflict, Invalid
from crm_core.storage.engine import Storage, Write
from crm_core.wording import line, paragraphs
from dialer.compliance.loosening import loosened
from dialer.compliance.profile import LawProfile
from dialer.compliance.stored import as_values, from_values
from dialer.profiles.built_in import built_in
from dialer.profiles.events import LawProfileChanged, ProfileAction
from dialer.profiles.queries import KeptProfile, get_profile
from dialer.profiles.tables import law_profiles
from dialer.profiles.versions import is_noted, note_version

LONGEST_TITLE: Final = 200
LONGEST_REASON: Final = 2_000
MOST_COPIES: Final = 200
_OWN: Final = "own-"


class LawProfiles:
    """Administrators may do everything, supervisors only what loosens nothing; all is audited."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def note_built_in(self) -> list[str]:
        """At the start: remember each built-in profile that this release brings or has changed,
        unless the office's own stands before it. Their keys."""
        noted = []
        async with self._storage.write() as tx:
            for key, profile in built_in().items():
                kept = await get_profile(tx.connection, key)
                if not kept.is_own and not await is_noted(tx, kept):
                    await note_version(tx, self._clock.now(), None, ProfileAction.CAME, profile)
                    tx.announce(LawProfileChanged(key))
                    noted.append(key)
        return noted

    async def copy(self, actor: Agent | None, key: str, title: str) -> str:
        """Make the office's own of a profile as it is now; its key. NotFound,
        Invalid("title", …)."""
        require(actor, Role.ADMINISTRATOR, Role.SUPERVISOR)
        title = line("title", title, limit=LONGEST_TITLE)
        async with self._storage.write() as tx:
            kept = await get_profile(tx.connection, key)
            await _check_title(tx, title)
            profile = replace(kept.profile, key=await _next_key(tx))
            now, who = self._clock.now(), id_of(actor)
            version = await note_version(tx, now, who, ProfileAction.COPIED, profile)
            row = {"key": profile.key, "base_key": kept.base_key, "title": title}
            stored = _row(profile, version, now, who)
            await tx.execute(insert(law_profiles).values(**row, **stored))
            await self._told(tx, actor, "created", profile.key, title=title, base=key)
        return profile.key

    async def edit(
        self,
        actor: Agent | None,
        key: str,
        values: Mapping[str, Any],
        *,
        reason: str = "",
        version: int | None = None,
    ) -> tuple[str, ...]:
        """Change some values (as `compliance.stored` writes them); names of what is loosened.

        A built-in profile gets the office's own before it. Forbidden to loosen but for an
        administrator, Invalid("reason", "required") without his reason; Conflict("stale") where
        `version` is no longer the newest; Invalid for nonsense.
        """
        async with self._storage.write() as tx:
            kept = await get_profile(tx.connection, key)
            if version not in (None, kept.version):
                raise Conflict("stale")
            wanted = from_values(key, {**as_values(kept.profile), **values})
            return await self._change(tx, actor, kept, wanted, ProfileAction.EDITED, reason)

    async def reset(self, actor: Agent | None, key: str, *, reason: str = "") -> tuple[str, ...]:
        """Give a profile back what its built-in one says, by the same rules; names of what is
        loosened by it."""
        async with self._storage.write() as tx:
            kept = await get_profile(tx.connection, key)
            wanted = replace(built_in()[kept.base_key], key=key)
            loose = await self._change(tx, actor, kept, wanted, ProfileAction.RESET, reason)
            if key in built_in():  # the row stood before it
                await tx.execute(delete(law_profiles).where(law_profiles.c.key == key))
        return loose

    async def rename(self, actor: Agent | None, key: str, title: str) -> None:
        """Call a copy otherwise. Invalid("key", "not_a_choice") for a built-in one."""
        require(actor, Role.ADMINISTRATOR, Role.SUPERVISOR)
        title = line("title", title, limit=LONGEST_TITLE)
        async with self._storage.write() as tx:
            kept = await _get_copy(tx, key)
            if kept.title != title:
                await _check_title(tx, title, key)
                mine = update(law_profiles).where(law_profiles.c.key == key)
                await tx.execute(mine.values(title=title))
                await self._told(tx, actor, "edited", key, title=[kept.title, title])

    async def retire(self, actor: Agent | None, key: str) -> None:
        """Give a copy to no campaign any more; those that have it keep it."""
        require(actor, Role.ADMINISTRATOR)
        async with self._storage.write() as tx:
            kept = await _get_copy(tx, key)
            if kept.retired_at is None:
                mine = update(law_profiles).where(law_profiles.c.key == key)
                await tx.execute(mine.values(retired_at=self._clock.now()))
                await self._told(tx, actor, "retired", key, title=kept.title)

    async def _change(
        self,
        tx: Write,
        actor: Agent | None,
        kept: KeptProfile,
        wanted: LawProfile,
        action: ProfileAction,
        reason: str,
    ) -> tuple[str, ...]:
        loose = loosened(kept.profile, wanted)
        reason = paragraphs("reason", reason, limit=LONGEST_REASON)
        _check_right(actor, loose, reason)
        if wanted == kept.profile:
            return ()
        now, who = self._clock.now(), id_of(actor)
        version = await note_version(tx, now, who, action, wanted, loose, reason)
        row = _row(wanted, version, now, who, reason)
        mine = law_profiles.c.key == wanted.key
        if not (await tx.execute(update(law_profiles).where(mine).values(**row))).rowcount:
            first = {"key": wanted.key, "base_key": kept.base_key, "title": kept.title}
            await tx.execute(insert(law_profiles).values(**first, **row))
        changed = audit.changes(as_values(kept.profile), as_values(wanted))
        said = {"reason": reason, "loosened": list(loose), **changed}
        await self._told(tx, actor, action.value, wanted.key, **said)
        return loose

    async def _told(
        self, tx: Write, actor: Agent | None, action: str, key: str, **details: Any
    ) -> None:
        now = self._clock.now()
        await audit.record(tx, now, id_of(actor), action, "law_profile", key, **details)
        tx.announce(LawProfileChanged(key))


def _check_right(actor: Agent | None, loose: tuple[str, ...], reason: str) -> None:
    if not loose:
        require(actor, Role.ADMINISTRATOR, Role.SUPERVISOR)
        return
    require(actor, Role.ADMINISTRATOR)
    if not reason:
        raise Invalid("reason", "required")


def _row(
    profile: LawProfile, version: int, at: datetime, agent_id: int | None, reason: str = ""
) -> dict[str, Any]:
    said = {"values": as_values(profile), "version": version, "reason": reason}
    return {**said, "changed_at": at, "changed_by": agent_id}


async def _get_copy(tx: Write, key: str) -> KeptProfile:
    kept = await get_profile(tx.connection, key)
    if key in built_in():
        raise Invalid("key", "not_a_choice")
    return kept


async def _next_key(tx: Write) -> str:
    taken = (await tx.execute(select(law_profiles.c.key))).scalars()
    numbers = [int(key.removeprefix(_OWN)) for key in taken if key.startswith(_OWN)]
    if len(numbers) >= MOST_COPIES:
        raise Invalid("title", "too_many_profiles", most=MOST_COPIES)
    return f"{_OWN}{max(numbers, default=0) + 1}"


async def _check_title(tx: Write, title: str, key: str = "") -> None:
    """No two that an office chooses among are called alike."""
    living = law_profiles.c.retired_at.is_(None) & (law_profiles.c.key != key)
    titles = (await tx.execute(select(law_profiles.c.title).where(living))).scalars()
    if title.casefold() in (each.casefold() for each in titles):
        raise Invalid("title", "title_taken", value=title)
