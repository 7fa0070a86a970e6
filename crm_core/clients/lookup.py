"""Who is calling: from a number, in whatever writing, to the clients it may mean, best first.

Index look-ups only, because the phone is ringing: by E.164; only when nobody has it, by the ending
and by the neighbouring numbers.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, literal_column, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.tables import agent_states, agents, extensions
from crm_core.calls.tables import calls
from crm_core.clients.tables import client_numbers, clients, contacts, number_choices
from crm_core.storage.hot import HotSelect, Reading, read_through
from crm_core.tasks.tables import tasks
from telephony.numbers import LAST_DIGITS, Number, is_anonymous, neighbours, normalise

LONGEST_INTERNAL = 6  # digits; what is longer is never one of our own extensions
SHORTEST_MATCHED = 5  # digits of an invalid number that are still worth comparing
MOST_CANDIDATES = 20
MOST_NEAR = 8


class LookupKind(StrEnum):
    """How well the caller is known."""

    NONE = "none"
    ONE = "one"
    SEVERAL = "several"
    ANONYMOUS = "anonymous"
    INTERNAL = "internal"


class Reason(StrEnum):
    """Why a candidate stands where he stands: the strongest that applies."""

    CHOSEN = "chosen"  # somebody said so at an earlier call
    OPEN_TASKS = "open_tasks"
    TALKED = "talked"  # the last to have talked comes first
    NUMBER = "number"  # the number is his, and no more is known
    SAME_ENDING = "same_ending"
    SAME_RANGE = "same_range"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A client whom the number may mean; `contact_name` is the person there, or "".

    `organisation` is the client's own name where he is one, else "".
    """

    client_id: int
    name: str
    kind: str
    contact_name: str
    organisation: str
    owner_agent_id: int | None
    reason_code: Reason
    last_call_at: datetime | None


@dataclass(frozen=True, slots=True)
class Colleague:
    """One of our own phones and who sits there (or whose desk it is), if anybody."""

    extension_id: int
    extension: str
    agent_id: int | None
    agent_name: str | None


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a number means; `key` is the form under which it is remembered, "" for nobody's."""

    kind: LookupKind
    key: str = ""
    candidates: tuple[Candidate, ...] = ()
    near: tuple[Candidate, ...] = ()
    colleague: Colleague | None = None

    @property
    def client_id(self) -> int | None:
        """The client to link without asking: the only one, or the one chosen before."""
        first = self.candidates[0] if self.candidates else None
        if first and (len(self.candidates) == 1 or first.reason_code is Reason.CHOSEN):
            return first.client_id
        return None


async def find_by_number(connection: AsyncConnection, number: str, country: str) -> Lookup:
    """What `number` means to somebody in `country`; never raises for any text."""
    return await read_through(connection, looking_up(number, country))


def looking_up(number: str, country: str) -> Reading[Lookup]:
    """`find_by_number` as a part of a longer reading."""
    if is_anonymous(number):
        return Lookup(LookupKind.ANONYMOUS)
    understood = normalise(number, country)
    key = understood.key
    if understood.e164 is None and 0 < len(key) <= LONGEST_INTERNAL:
        [colleagues] = yield [(_COLLEAGUE, {"number": key})]
        if colleagues:
            return Lookup(LookupKind.INTERNAL, key, colleague=Colleague(**colleagues[0]))
    candidates = yield from _exact(understood)
    if len(candidates) == 1:
        return Lookup(LookupKind.ONE, key, candidates)
    if candidates:
        return Lookup(LookupKind.SEVERAL, key, candidates)
    return Lookup(LookupKind.NONE, key, near=(yield from _near(understood)))


def _exact(number: Number) -> Reading[tuple[Candidate, ...]]:
    if number.e164 is not None:
        [rows] = yield [(_BY_E164, {"number": number.e164})]
    elif len(number.digits) >= SHORTEST_MATCHED:
        [rows] = yield [(_BY_DIGITS, {"number": number.digits})]
    else:
        return ()
    return _one_per_client(rows, None)


def _near(number: Number) -> Reading[tuple[Candidate, ...]]:
    if len(number.last_digits) < LAST_DIGITS:
        return ()
    [rows] = yield [(_BY_ENDING, {"number": number.last_digits})]
    found = _one_per_client(rows, Reason.SAME_ENDING)
    range_ = neighbours(number.e164) if number.e164 else None
    if range_ is not None:
        first, last = range_
        [rows] = yield [(_BY_RANGE, {"number": first, "last": last})]
        known = {candidate.client_id for candidate in found}
        beside = _one_per_client(rows, Reason.SAME_RANGE)
        found += tuple(c for c in beside if c.client_id not in known)
    return found[:MOST_NEAR]


def _one_per_client(rows: list[dict[str, Any]], reason: Reason | None) -> tuple[Candidate, ...]:
    """Rows in their order, a client once; two contacts on one number leave no contact's name."""
    first: dict[int, dict[str, Any]] = {}
    names: dict[int, set[str]] = {}
    for row in rows:
        first.setdefault(row["client_id"], row)
        names.setdefault(row["client_id"], set()).add(row["contact_name"] or "")
    return tuple(
        _candidate(row, names[client_id] - {""}, reason or _reason(row))
        for client_id, row in first.items()
    )


def _candidate(row: dict[str, Any], contact_names: set[str], reason: Reason) -> Candidate:
    return Candidate(
        client_id=row["client_id"],
        name=row["name"],
        kind=row["kind"],
        contact_name=next(iter(contact_names)) if len(contact_names) == 1 else "",
        organisation=row["name"] if row["kind"] == "organisation" else "",
        owner_agent_id=row["owner_agent_id"],
        reason_code=reason,
        last_call_at=row["last_call_at"],
    )


def _reason(row: dict[str, Any]) -> Reason:
    if row["chosen"]:
        return Reason.CHOSEN
    if row["has_open_tasks"]:
        return Reason.OPEN_TASKS
    return Reason.TALKED if row["last_talk_at"] else Reason.NUMBER


_NUMBER = bindparam("number", type_=client_numbers.c.digits.type)
_CHOSEN = exists(
    select(literal_column("1")).where(
        number_choices.c.number == _NUMBER, number_choices.c.client_id == clients.c.id
    )
)
_OPEN_TASKS = exists(
    select(literal_column("1")).where(tasks.c.client_id == clients.c.id, tasks.c.done_at.is_(None))
)
_LAST_CALL = select(func.max(calls.c.started_at)).where(calls.c.client_id == clients.c.id)
_LAST_TALK = (
    select(calls.c.started_at)
    .where(calls.c.client_id == clients.c.id, calls.c.answered_at.is_not(None))
    .order_by(calls.c.started_at.desc())
    .limit(1)
)


def _statement(condition: Any, most: int, *, ranked: bool) -> HotSelect:
    chosen, open_tasks = _CHOSEN.label("chosen"), _OPEN_TASKS.label("has_open_tasks")
    last_call = _LAST_CALL.scalar_subquery().label("last_call_at")
    last_talk = _LAST_TALK.scalar_subquery().label("last_talk_at")
    statement = (
        select(
            clients.c.id.label("client_id"),
            clients.c.name,
            clients.c.kind,
            clients.c.owner_agent_id,
            contacts.c.name.label("contact_name"),
            last_call,
            *((chosen, open_tasks, last_talk) if ranked else ()),
        )
        .join(client_numbers, client_numbers.c.client_id == clients.c.id)
        .outerjoin(contacts, contacts.c.id == client_numbers.c.contact_id)
        .where(condition, client_numbers.c.wrong.is_(False), clients.c.deleted_at.is_(None))
        .limit(literal_column(str(most * 2)))  # a client may have the number twice
    )
    order = (chosen.desc(), open_tasks.desc(), last_talk.desc().nulls_last()) if ranked else ()
    return HotSelect(statement.order_by(*order, last_call.desc().nulls_last(), clients.c.id.desc()))


_BY_E164 = _statement(client_numbers.c.e164 == _NUMBER, MOST_CANDIDATES, ranked=True)
_BY_DIGITS = _statement(
    and_(client_numbers.c.digits == _NUMBER, client_numbers.c.e164.is_(null())),
    MOST_CANDIDATES,
    ranked=True,
)
_BY_ENDING = _statement(client_numbers.c.last_digits == _NUMBER, MOST_NEAR, ranked=False)
_BY_RANGE = _statement(
    and_(
        client_numbers.c.e164.between(_NUMBER, bindparam("last", type_=client_numbers.c.e164.type)),
        func.length(client_numbers.c.e164) == func.length(_NUMBER),
        clients.c.kind == literal_column("'organisation'"),
    ),
    MOST_NEAR,
    ranked=False,
)
_COLLEAGUE = HotSelect(
    select(
        extensions.c.id.label("extension_id"),
        extensions.c.number.label("extension"),
        agents.c.id.label("agent_id"),
        agents.c.name.label("agent_name"),
    )
    .outerjoin(agent_states, agent_states.c.extension_id == extensions.c.id)
    .outerjoin(agents, agents.c.id == func.coalesce(agent_states.c.agent_id, extensions.c.agent_id))
    .where(extensions.c.number == _NUMBER, extensions.c.active)
)
