"""What the law asks about some entries, their numbers and their people: statements compiled once.

Each reads an index for those who are asked about and nobody else.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Integer,
    bindparam,
    case,
    cast,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)

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


class Kind(StrEnum):
    """What a piece of evidence is."""

    DIAL = "dial"
    LISTED = "listed"
    AGREED = "agreed"


class Live(StrEnum):
    """Whether a dial was answered by a live person, and whether nobody was there for him."""

    NO = "no"
    ANSWERED = "answered"
    ABANDONED = "abandoned"


class Evidence(NamedTuple):
    """A dial of any campaign: `at` it was decided, `until` it ended, `word` is one of Live; a list
    that the number stands on: `word` is one of Listed; or what a client has agreed to: given `at`,
    until it expires, for any number of his where there is none."""

    kind: str
    id: int
    client_id: int | None
    number: str | None
    at: datetime
    until: datetime | None
    revoked_at: datetime | None
    word: str


_A = attempts.c
_NO_NUMBER: Final[Any] = cast(null(), Integer)
_NO_INSTANT: Final[Any] = cast(null(), Instant())


def _word(word: StrEnum) -> Any:
    return literal_column(f"'{word.value}'")


def _dials(condition: Any) -> Any:
    talked = _A.outcome.is_(None) & _A.answered_at.is_not(None) & _A.machine_result.is_(None)
    live = case(
        (_A.outcome == _word(Outcome.ABANDONED), _word(Live.ABANDONED)),
        ((_A.outcome == _word(Outcome.ANSWERED)) | talked, _word(Live.ANSWERED)),
        else_=_word(Live.NO),
    )
    return select(
        *(_word(Kind.DIAL).label("kind"), _A.id, _A.client_id, _A.number),
        *(_A.decided_at.label("at"), _A.ended_at.label("until")),
        *(_NO_INSTANT.label("revoked_at"), live.label("word")),
    ).where(condition, _A.decided_at >= bindparam("since", type_=Instant()))


_DIALS: Final = (_dials(among(_A.number, "numbers")), _dials(among(_A.client_id, "clients")))


def _listed(naming: Any) -> Any:
    found = naming.subquery()
    return select(
        *(_word(Kind.LISTED), _NO_NUMBER, _NO_NUMBER, found.c.e164),
        *(_NO_INSTANT, _NO_INSTANT, _NO_INSTANT, found.c.listed),
    )


_KEPT: Final = kept_naming(
    among(do_not_call_numbers.c.e164, "numbers"),
    bindparam("campaign", type_=Integer),
    bindparam("now", type_=Instant()),
)
_IMPORTED: Final = imported_naming(among(do_not_call_imported.c.number, "digits"))
_ABOUT: Final = about(among(consents.c.client_id, "clients"), Purpose.CALLS)
_SAID: Final = _ABOUT.order_by(None).subquery()
_AGREED: Final[Any] = select(
    *(_word(Kind.AGREED), _NO_NUMBER, _SAID.c.client_id, _SAID.c.number),
    *(_SAID.c.given_at, _SAID.c.expires_at, _SAID.c.revoked_at, _word(Kind.AGREED)),
)


def _together(*parts: Any) -> HotSelect:
    return HotSelect(select(union_all(*parts).subquery("evidence")), row=Evidence)


DIALS: Final = _together(*_DIALS)
"""Every dial since then at one of the numbers or to one of the clients, of all campaigns; one may
come twice."""

EVIDENCE: Final = _together(*_DIALS, _listed(_KEPT), _listed(_IMPORTED), _AGREED)
"""These, the do-not-call lists that some of the numbers stand on, and what the clients have agreed
to or taken back: in one statement, for a server may be far away."""
