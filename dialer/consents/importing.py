"""Consents out of somebody else's books: rows read, problems told before anything is kept."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select

from crm_core.agents.people import Agent
from crm_core.clients.tables import client_numbers, clients
from crm_core.errors import CrmError, Invalid
from crm_core.storage.engine import Connection, Storage, Write
from crm_core.wording import line, paragraphs
from dialer.consents.access import require_keeper
from dialer.consents.kinds import Channel, Purpose
from dialer.consents.records import LONGEST_EVIDENCE, Consents, NewConsent
from dialer.consents.tables import consents
from telephony.numbers import normalise

COLUMNS: Final = ("number", "purpose", "given_at", "channel", "expires_at", "evidence")
"""What a row may say; the first and `given_at` it must."""
IN_ONE_WRITE: Final = 50
_DATES: Final = ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d/%m/%Y")

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that could be understood; `line` counts from one."""

    line: int
    e164: str
    purpose: Purpose
    channel: Channel
    given_at: datetime
    expires_at: datetime | None
    evidence: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row is not kept: the column, a code, what stood there."""

    line: int
    field: str
    code: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would keep, and what not."""

    rows: tuple[ReadRow, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """How many were kept, how many were kept already, and why the others were not."""

    kept: int
    known: int
    problems: tuple[Problem, ...]


def read_rows(
    rows: Iterable[Mapping[str, object]], country: str, zone: ZoneInfo, now: datetime
) -> Preview:
    """Understand rows by the names of `COLUMNS`; never raises. A time without a zone is in `zone`;
    a row that only repeats another is one."""
    found: dict[tuple[object, ...], ReadRow] = {}
    problems: list[Problem] = []
    for position, row in enumerate(rows, 1):
        try:
            read = _read(position, row, country, zone, now)
        except Invalid as refused:
            value = str(row.get(refused.field) or "")[:100]
            problems.append(Problem(position, refused.field, refused.code, value))
        else:
            found.setdefault((read.e164, read.purpose, read.given_at), read)
    return Preview(tuple(found.values()), tuple(problems))


class ConsentImport:
    """Keeps what a preview has read; for those who keep the registry."""

    def __init__(self, storage: Storage, kept_by: Consents) -> None:
        self._storage = storage
        self._consents = kept_by

    async def run(self, actor: Agent | None, preview: Preview, wording_id: int) -> Imported:
        """Give each consent to the client whose number it is. Problems of a row: client_unknown,
        client_ambiguous, or whatever `Consents.give` says. Done piece by piece: what is broken off
        is done again, and what is kept already is not kept twice."""
        require_keeper(actor)
        done: Counter[str] = Counter()
        problems = list(preview.problems)
        for begin in range(0, len(preview.rows), IN_ONE_WRITE):
            piece = preview.rows[begin : begin + IN_ONE_WRITE]
            async with self._storage.write() as tx:
                owners = await _owners(tx.connection, piece)
                for row in piece:
                    try:
                        done[await self._keep(tx, actor, row, owners, wording_id)] += 1
                    except CrmError as refused:
                        field = getattr(refused, "field", "number")
                        problems.append(Problem(row.line, field, refused.code, row.e164))
        problems.sort(key=lambda problem: problem.line)
        return Imported(done["kept"], done["known"], tuple(problems))

    async def _keep(
        self,
        tx: Write,
        actor: Agent | None,
        row: ReadRow,
        owners: Mapping[str, Sequence[int]],
        wording_id: int,
    ) -> str:
        his = owners.get(row.e164, ())
        if len(his) != 1:
            raise Invalid("number", "client_ambiguous" if his else "client_unknown")
        new = NewConsent(
            client_id=his[0],
            purpose=row.purpose,
            channel=row.channel,
            wording_id=wording_id,
            given_at=row.given_at,
            number=row.e164,
            evidence=row.evidence,
            expires_at=row.expires_at,
        )
        if await _is_known(tx, new):
            return "known"
        await self._consents.give_within(tx, actor, new)
        return "kept"


async def _owners(connection: Connection, rows: Sequence[ReadRow]) -> dict[str, list[int]]:
    query = (
        select(client_numbers.c.e164, client_numbers.c.client_id)
        .join(clients, clients.c.id == client_numbers.c.client_id)
        .where(
            client_numbers.c.e164.in_({row.e164 for row in rows}),
            ~client_numbers.c.wrong,
            clients.c.deleted_at.is_(None),
        )
        .distinct()
    )
    found: dict[str, list[int]] = {}
    for e164, client_id in await connection.execute(query):
        found.setdefault(e164, []).append(client_id)
    return found


async def _is_known(tx: Write, new: NewConsent) -> bool:
    same = select(consents.c.id).where(
        consents.c.client_id == new.client_id,
        consents.c.purpose == new.purpose.value,
        consents.c.e164 == new.number,
        consents.c.given_at == new.given_at,
    )
    return (await tx.execute(same.limit(1))).first() is not None


def _read(
    position: int, row: Mapping[str, object], country: str, zone: ZoneInfo, now: datetime
) -> ReadRow:
    said = {name: str(row.get(name) or "").strip() for name in COLUMNS}
    number = normalise(line("number", said["number"], limit=200), country)
    if number.e164 is None:
        raise Invalid("number", "number_not_valid")
    given_at = _instant("given_at", said["given_at"], zone)
    if given_at is None:
        raise Invalid("given_at", "required")
    if given_at > now:
        raise Invalid("given_at", "in_future")
    expires_at = _instant("expires_at", said["expires_at"], zone)
    if expires_at is not None and expires_at <= given_at:
        raise Invalid("expires_at", "ends_before_it_begins")
    evidence = paragraphs("evidence", said["evidence"], limit=LONGEST_EVIDENCE)
    if not evidence:
        raise Invalid("evidence", "required")
    return ReadRow(
        line=position,
        e164=number.e164,
        purpose=_word("purpose", said["purpose"], Purpose.CALLS),
        channel=_word("channel", said["channel"], Channel.IMPORT),
        given_at=given_at,
        expires_at=expires_at,
        evidence=evidence,
    )


def _instant(field: str, written: str, zone: ZoneInfo) -> datetime | None:
    if not written:
        return None
    found = next(filter(None, (_parsed(written, form) for form in ("", *_DATES))), None)
    if found is None:
        raise Invalid(field, "not_a_moment")
    try:
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        raise Invalid(field, "not_a_moment") from None


def _parsed(written: str, form: str) -> datetime | None:
    try:
        if form:
            return datetime.strptime(written, form)  # noqa: DTZ007 - its zone is the reader's
        return datetime.fromisoformat(written)
    except ValueError:
        return None


def _word(field: str, written: str, otherwise: Word) -> Word:
    if not written:
        return otherwise
    try:
        return type(otherwise)(written.casefold())
    except ValueError:
        raise Invalid(field, "not_a_choice") from None
