"""The versions of the law profiles: written with each change, never altered."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert

from crm_core.storage.engine import Write
from dialer.compliance.profile import LawProfile
from dialer.compliance.stored import as_values
from dialer.profiles.events import ProfileAction
from dialer.profiles.queries import KeptProfile, get_version, last_version
from dialer.profiles.tables import law_profile_changes


async def note_version(
    tx: Write,
    at: datetime,
    agent_id: int | None,
    action: ProfileAction,
    profile: LawProfile,
    loosened: Sequence[str] = (),
    reason: str = "",
) -> int:
    """Remember the values that hold from now on; the number of the version."""
    version = await last_version(tx.connection, profile.key) + 1
    row = {"profile_key": profile.key, "version": version, "action": action.value}
    said = {"values": as_values(profile), "loosened": list(loosened), "reason": reason}
    await tx.execute(insert(law_profile_changes).values(**row, **said, at=at, agent_id=agent_id))
    return version


async def is_noted(tx: Write, kept: KeptProfile) -> bool:
    """Whether the newest version says what holds."""
    if not kept.version:
        return False
    return await get_version(tx.connection, kept.profile.key, kept.version) == kept.profile
