"""E-mails, messengers, addresses, sites: read as people write them, equal where they mean one."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.clients.tables import contact_points
from crm_core.editing.fields import Field, Row
from crm_core.errors import Invalid
from crm_core.wording import line


class PointKind(StrEnum):
    """A way to reach somebody other than by telephone."""

    EMAIL = "email"
    MESSENGER = "messenger"
    ADDRESS = "address"
    SITE = "site"


LONGEST_POINT: Final = 500
MOST_POINTS: Final = 100
# Only what no mail system would take is refused: one @, something on both sides, no blanks.
_EMAIL: Final = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]{2,}")
_SITE: Final = re.compile(r"(?:https?://)?[^\s/@]+\.[^\s/@.]{2,}(?:[/?#]\S*)?", re.IGNORECASE)


def read_point(kind: PointKind, written: str) -> str:
    """The address as it is kept. Invalid("written"): required, too_long, email_bad, site_bad."""
    kept = line("written", written, limit=LONGEST_POINT)
    if kind is PointKind.EMAIL:
        kept = kept.removeprefix("mailto:").strip("<> ")
        if not _EMAIL.fullmatch(kept):
            raise Invalid("written", "email_bad", value=kept)
    if kind is PointKind.SITE and not _SITE.fullmatch(kept):
        raise Invalid("written", "site_bad", value=kept)
    return kept


def point_key(kind: PointKind, kept: str) -> str:
    """The one form under which two writings of an address are the same."""
    folded = unicodedata.normalize("NFKC", kept).casefold()
    if kind is PointKind.SITE:
        return re.sub(r"^https?://(?:www\.)?", "", folded).rstrip("/")
    if kind is PointKind.MESSENGER:
        return folded.removeprefix("https://t.me/").lstrip("@")
    return " ".join(folded.split())[:LONGEST_POINT]


@dataclass(frozen=True, slots=True)
class PointField(Field):
    """An e-mail, messenger, address or site, by the `kind` of its row; see `read_point`."""

    limit: int = LONGEST_POINT

    def read(self, name: str, written: str, row: Row) -> str:
        return read_point(PointKind(row["kind"]), written)

    def columns(self, name: str, value: Any, row: Row) -> dict[str, Any]:
        return {name: value, "key": point_key(PointKind(row["kind"]), value)}

    async def check(self, connection: AsyncConnection, name: str, value: Any, row: Row) -> None:
        """Invalid(name, "point_known") where the client has it already."""
        known = await find_point(connection, row["client_id"], PointKind(row["kind"]), value)
        if known not in (None, row["id"]):
            raise Invalid(name, "point_known", value=value)


async def find_point(
    connection: AsyncConnection, client_id: int, kind: PointKind, kept: str
) -> int | None:
    """The id of the client's point that means the same address, if there is one."""
    query = select(contact_points.c.id).where(
        contact_points.c.client_id == client_id,
        contact_points.c.kind == kind.value,
        contact_points.c.key == point_key(kind, kept),
    )
    return (await connection.execute(query)).scalars().first()
