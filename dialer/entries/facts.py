"""What the law asks about some entries, their numbers and their people: statements compiled once.

Each reads an index for those who are asked about and nobody else.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Integer, bindparam, literal_column, select, type_coerce, union_all

from crm_core.clients.tables import client_numbers, clients
from crm_core.storage.among import among
from crm_core.storage.base import Instant
from crm_core.storage.hot import HotSelect
from dialer.campaigns.tables import attempts
from dialer.consents.kinds import Purpose
from dialer.consents.queries import about
from dialer.consents.tables import consents
from dialer.do_not_call.queries import imported_naming, kept_naming
from dialer.do_not_call.tables import do_not_call_imported, do_not_call_numbers
from dialer.entries.tables import entries
from telephony.events import Outcome

_E = entries.c


def _flag(condition: Any, name: str) -> Any:
    """As the engine itself tells it: no function is called for each."""
    return type_coerce(condition, Integer).label(name)


class Candidate(NamedTuple):
    """An entry with the number that is next, and what the cards say of both. `for_agent_id`: only
    he may call it now; `his`: the number is still on the client's card."""

    id: int
    bucket_id: int | None
    client_id: int
    contact_id: int | None
    e164: str
    position: int
    segment: str
    needs_agent: bool
    for_agent_id: int | None
    gone: bool
    his: bool
    wrong: bool
    do_not_call: bool


CANDIDATES: Final = HotSelect(
    select(
        *(_E.id, _E.bucket_id, _E.client_id, _E.contact_id, _E.e164, _E.position, _E.segment),
        *(_flag(_E.needs_agent, "needs_agent"), _E.for_agent_id),
        _flag(clients.c.deleted_at.is_not(None) | clients.c.erased_at.is_not(None), "gone"),
        _flag(client_numbers.c.client_id == _E.client_id, "his"),
        _flag(client_numbers.c.wrong, "wrong"),
        _flag(client_numbers.c.do_not_call, "do_not_call"),
    )
    .join(clients, clients.c.id == _E.client_id)
    .outerjoin(client_numbers, client_numbers.c.e164 == _E.e164)
    .where(among(_E.id, "entries")),
    row=Candidate,
)
"""Each entry and what the cards say of its number: a row for each card that it is on."""

_A = attempts.c
_LIVE: Final = [Outcome.ANSWERED.value, Outcome.ABANDONED.value]


class Tried(NamedTuple):
    """A dial of any campaign; `going_on`: it is not over."""

    id: int
    client_id: int | None
    number: str
    decided_at: datetime
    answered: bool
    abandoned: bool
    going_on: bool


def _attempts(condition: Any) -> Any:
    live = _A.outcome.in_([literal_column(f"'{word}'") for word in _LIVE])
    talked = _A.outcome.is_(None) & _A.answered_at.is_not(None) & _A.machine_result.is_(None)
    return select(
        *(_A.id, _A.client_id, _A.number, _A.decided_at),
        _flag(live | talked, "answered"),
        _flag(_A.outcome == literal_column(f"'{Outcome.ABANDONED.value}'"), "abandoned"),
        _flag(_A.ended_at.is_(None), "going_on"),
    ).where(condition, _A.decided_at >= bindparam("since", type_=Instant()))


ATTEMPTS: Final = HotSelect(
    select(
        union_all(
            _attempts(among(_A.number, "numbers")), _attempts(among(_A.client_id, "clients"))
        ).subquery("tried")
    ),
    row=Tried,
)
"""Every dial since then at one of the numbers or to one of the clients, of all campaigns; one may
come twice."""


class Named(NamedTuple):
    """A number and a word of `Listed`."""

    e164: str
    listed: str


LISTED: Final = HotSelect(
    select(
        union_all(
            kept_naming(
                among(do_not_call_numbers.c.e164, "numbers"),
                bindparam("campaign", type_=Integer),
                bindparam("now", type_=Instant()),
            ),
            imported_naming(among(do_not_call_imported.c.number, "digits")),
        ).subquery("listed")
    ),
    row=Named,
)
"""The do-not-call lists that some of the numbers stand on."""


class Agreed(NamedTuple):
    """What a client has agreed to; `number` None: for any of his."""

    client_id: int
    number: str | None
    given_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


CONSENTS: Final = HotSelect(
    about(among(consents.c.client_id, "clients"), Purpose.CALLS), row=Agreed
)
"""What the clients have agreed to, or taken back."""
