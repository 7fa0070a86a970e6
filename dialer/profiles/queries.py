"""Law profiles as they are in force and have been; the office's own stand before the built-in."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.tables import agents
from crm_core.errors import NotFound
from dialer.campaigns.tables import campaigns
from dialer.compliance.profile import LawProfile
from dialer.compliance.stored import from_values
from dialer.profiles.built_in import built_in
from dialer.profiles.events import ProfileAction
from dialer.profiles.tables import law_profile_changes, law_profiles


@dataclass(frozen=True, slots=True)
class KeptProfile:
    """A profile in force. A built-in one that nobody has touched has no title and no changer."""

    profile: LawProfile
    base_key: str
    version: int
    title: str = ""
    is_own: bool = False
    changed_at: datetime | None = None
    changed_by: int | None = None
    reason: str = ""
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """One version of a profile; `agent_id` is None for what came with a release."""

    version: int
    action: ProfileAction
    profile: LawProfile
    loosened: tuple[str, ...]
    at: datetime
    agent_id: int | None
    agent_name: str | None
    reason: str


async def list_profiles(
    connection: AsyncConnection, *, with_retired: bool = False
) -> list[KeptProfile]:
    """Those that a campaign may be given: the built-in ones by key, then the office's copies."""
    rows = (await connection.execute(select(law_profiles))).all()
    own = {row.key: _own(row) for row in rows}
    last = law_profile_changes.c.version
    query = select(law_profile_changes.c.profile_key, func.max(last)).group_by(
        law_profile_changes.c.profile_key
    )
    versions = {key: int(version) for key, version in await connection.execute(query)}
    came = [own.get(key) or _built_in(key, versions.get(key, 0)) for key in built_in()]
    copies = [own[key] for key in sorted(own, key=_in_order) if key not in built_in()]
    return [each for each in came + copies if with_retired or each.retired_at is None]


async def get_profile(connection: AsyncConnection, key: str) -> KeptProfile:
    """The profile in force under that key, a retired one too. NotFound."""
    row = (
        await connection.execute(select(law_profiles).where(law_profiles.c.key == key))
    ).one_or_none()
    if row is not None:
        return _own(row)
    if key not in built_in():
        raise NotFound(key=key)
    return _built_in(key, await last_version(connection, key))


async def get_version(connection: AsyncConnection, key: str, version: int) -> LawProfile:
    """What the profile said in that version, which every attempt notes. NotFound."""
    mine = law_profile_changes.c.profile_key == key
    query = select(law_profile_changes.c["values"]).where(
        mine, law_profile_changes.c.version == version
    )
    values = (await connection.execute(query)).scalar_one_or_none()
    if values is None:
        raise NotFound(key=key, version=version)
    return from_values(key, values)


async def find_in_force(
    connection: AsyncConnection, key: str, at: datetime
) -> ProfileChange | None:
    """The version that was in force at `at`; None for before the first that is remembered."""
    found = await _changes(connection, key, law_profile_changes.c.at <= at, limit=1)
    return found[0] if found else None


async def list_changes(
    connection: AsyncConnection, key: str, *, limit: int = 100
) -> list[ProfileChange]:
    """The versions of a profile, newest first."""
    return await _changes(connection, key, limit=limit)


async def last_version(connection: AsyncConnection, key: str) -> int:
    """The number of the newest version; 0 for a built-in profile that nobody has noted yet."""
    query = select(func.max(law_profile_changes.c.version)).where(
        law_profile_changes.c.profile_key == key
    )
    return (await connection.execute(query)).scalar_one() or 0


async def titles_of_campaigns(connection: AsyncConnection) -> dict[str, list[tuple[int, str]]]:
    """Which campaigns are under each profile, by its key: (id, title), the newest first."""
    of = campaigns.c
    query = select(of.profile_key, of.id, of.title).order_by(of.id.desc())
    found: dict[str, list[tuple[int, str]]] = {}
    for key, campaign_id, title in await connection.execute(query):
        found.setdefault(key, []).append((campaign_id, title))
    return found


async def _changes(
    connection: AsyncConnection, key: str, *conditions: object, limit: int
) -> list[ProfileChange]:
    query = (
        select(law_profile_changes, agents.c.name.label("agent_name"))
        .outerjoin(agents, agents.c.id == law_profile_changes.c.agent_id)
        .where(law_profile_changes.c.profile_key == key, *conditions)  # type: ignore[arg-type]
        .order_by(law_profile_changes.c.version.desc())
        .limit(limit)
    )
    return [
        ProfileChange(
            version=row["version"],
            action=ProfileAction(row["action"]),
            profile=from_values(key, row["values"]),
            loosened=tuple(row["loosened"]),
            at=row["at"],
            agent_id=row["agent_id"],
            agent_name=row["agent_name"],
            reason=row["reason"],
        )
        for row in (await connection.execute(query)).mappings()
    ]


def _own(row: Row[tuple[object, ...]]) -> KeptProfile:
    kept = row._mapping
    # Who wrote it before there were sources by rule meant those of what it was made from.
    came = {"rule_sources": dict(built_in()[kept["base_key"]].rule_sources)}
    return KeptProfile(
        profile=from_values(kept["key"], {**came, **kept["values"]}),
        base_key=kept["base_key"],
        version=kept["version"],
        title=kept["title"],
        is_own=True,
        changed_at=kept["changed_at"],
        changed_by=kept["changed_by"],
        reason=kept["reason"],
        retired_at=kept["retired_at"],
    )


def _built_in(key: str, version: int) -> KeptProfile:
    return KeptProfile(built_in()[key], base_key=key, version=version)


def _in_order(key: str) -> tuple[int, str]:
    return len(key), key
