"""What the law asks about entries, gathered in a constant number of statements."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.storage.base import Instant
from crm_core.storage.hot import rows_of
from dialer.compliance.attempt_limits import history_needed
from dialer.compliance.profile import LawProfile
from dialer.compliance.subject import Consent, PastAttempt, Subject
from dialer.consents.queries import consents_of
from dialer.do_not_call.queries import lists_naming
from dialer.entries.foremost import AT_ONCE, ATTEMPTS, CARDS, named

_OPEN_DAYS: Final = 1  # no call goes on for longer
_NOBODY: Final = -1


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry with the number that is next; `for_agent_id`: only he may call it now."""

    id: int
    rank: int
    bucket_id: int | None
    client_id: int
    contact_id: int | None
    e164: str
    position: int
    segment: str
    needs_agent: bool
    for_agent_id: int | None
    callback_at: datetime | None


@dataclass(slots=True)
class Card:
    """What cards say of an entry's client and number."""

    gone: bool = False
    his: bool = False  # the number is still on his card
    wrong: bool = False
    do_not_call: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """All that was gathered of some candidates."""

    cards: Mapping[int, Card]
    attempts: Mapping[int, Mapping[int, PastAttempt]]  # by entry, then by attempt
    going_on: frozenset[int]  # entries whose person or number is on the line now
    listed: Mapping[str, frozenset[str]]
    consents: Mapping[tuple[int, str], tuple[Consent, ...]]
    own: frozenset[str] = field(default_factory=frozenset)

    def subject(self, each: Candidate, zones: frozenset[str], *, certain: bool) -> Subject:
        """What the law judges."""
        card = self.cards.get(each.id, _NO_CARD)
        tried = self.attempts.get(each.id)
        return Subject(
            e164=each.e164,
            zones=zones,
            listed=self.listed.get(each.e164, frozenset()),
            do_not_call=card.do_not_call,
            wrong=card.wrong,
            own=each.e164 in self.own,
            attempts=tuple(tried.values()) if tried else (),
            consents=self.consents.get((each.client_id, each.e164), ()),
            agent_certain=certain,
        )


_NO_CARD: Final = Card(gone=True)


async def gather(
    connection: AsyncConnection,
    campaign_id: int,
    law: LawProfile,
    candidates: Sequence[Candidate],
    at: datetime,
    own: frozenset[str] = frozenset(),
) -> Known:
    """Everything about `candidates`, AT_ONCE of them at a time."""
    cards: dict[int, Card] = {}
    tried: dict[int, dict[int, PastAttempt]] = {}
    going_on: set[int] = set()
    since = _bound(connection, at - max(history_needed(law), timedelta(days=_OPEN_DAYS)))
    for begin in range(0, len(candidates), AT_ONCE):
        piece = candidates[begin : begin + AT_ONCE]
        asked = named("number", (each.e164 for each in piece), "")
        asked |= named("client", (each.client_id for each in piece), _NOBODY)
        card_rows, attempt_rows = await rows_of(
            connection,
            (CARDS, named("entry", (each.id for each in piece), _NOBODY)),
            (ATTEMPTS, {**asked, "since": since}),
        )
        _read_cards(card_rows, cards)
        _read_attempts(attempt_rows, piece, tried, going_on)
    numbers = {each.e164 for each in candidates}
    listed = await lists_naming(connection, numbers, campaign_id, at)
    said = await consents_of(connection, [(each.client_id, each.e164) for each in candidates])
    return Known(cards, tried, frozenset(going_on), listed, said, own)


def _read_cards(rows: Iterable[Mapping[str, Any]], cards: dict[int, Card]) -> None:
    for row in rows:
        card = cards.setdefault(row["entry_id"], Card())
        card.gone |= bool(row["gone"])
        if row["his"]:
            card.his = True
            card.wrong |= bool(row["wrong"])
        # Whoever said so, the number is the same.
        card.do_not_call |= bool(row["do_not_call"])


def _read_attempts(
    rows: Collection[Mapping[str, Any]],
    piece: Sequence[Candidate],
    tried: dict[int, dict[int, PastAttempt]],
    going_on: set[int],
) -> None:
    if not rows:
        return
    by_number = defaultdict[str, list[int]](list)
    by_client = defaultdict[int, list[int]](list)
    for each in piece:
        by_number[each.e164].append(each.id)
        by_client[each.client_id].append(each.id)
    for row in rows:
        past = PastAttempt(row["decided_at"], bool(row["answered"]), bool(row["abandoned"]))
        for entry_id in (*by_number.get(row["number"], ()), *by_client.get(row["client_id"], ())):
            tried.setdefault(entry_id, {})[row["id"]] = past
            if row["going_on"]:
                going_on.add(entry_id)


def _bound(connection: AsyncConnection, at: datetime) -> object:
    """An instant as the driver itself takes it."""
    dialect = connection.dialect
    convert = Instant().dialect_impl(dialect).bind_processor(dialect)
    return at if convert is None else convert(at)
