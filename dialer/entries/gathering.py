"""What the law asks about entries, gathered in a constant number of statements."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.storage.base import Instant
from crm_core.storage.hot import Reading
from dialer.compliance.attempt_limits import history_needed
from dialer.compliance.profile import LawProfile
from dialer.compliance.subject import Consent, PastAttempt, Subject
from dialer.do_not_call.queries import imported_form
from dialer.entries.foremost import AT_ONCE, ATTEMPTS, CARDS, CONSENTS, LISTED, named

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


_FIELDS: Final = tuple(each.name for each in fields(Candidate))


@dataclass(slots=True)
class Card:
    """What cards say of an entry's client and number."""

    gone: bool = False
    his: bool = False  # the number is still on his card
    wrong: bool = False
    do_not_call: bool = False


@dataclass(slots=True)
class Met:
    """Whom a choice has met already: nobody comes twice, at whatever number."""

    clients: set[int] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)

    def is_new(self, each: Candidate) -> bool:
        """Whether neither he nor his number was met before."""
        if each.client_id in self.clients or each.e164 in self.numbers:
            return False
        self.clients.add(each.client_id)
        self.numbers.add(each.e164)
        return True


@dataclass(slots=True)
class Known:
    """All that was gathered of some candidates, no two of whom are one client."""

    own: frozenset[str]
    candidates: list[Candidate] = field(default_factory=list)
    cards: dict[int, Card] = field(default_factory=dict)
    attempts: dict[int, dict[int, PastAttempt]] = field(default_factory=dict)  # of entries, by id
    going_on: set[int] = field(default_factory=set)  # entries whose person is on the line now
    listed: dict[str, frozenset[str]] = field(default_factory=dict)
    consents: dict[tuple[int, str], tuple[Consent, ...]] = field(default_factory=dict)

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


@dataclass(frozen=True, slots=True)
class Asking:
    """For which campaign, and since when; instants as the driver itself takes them."""

    campaign_id: int
    own: frozenset[str]
    now: object
    since: object


def asking(
    connection: AsyncConnection,
    campaign_id: int,
    law: LawProfile,
    at: datetime,
    own: frozenset[str] = frozenset(),
) -> Asking:
    """What `gather` is to go by."""
    dialect = connection.dialect
    convert = Instant().dialect_impl(dialect).bind_processor(dialect)
    since = at - max(history_needed(law), timedelta(days=_OPEN_DAYS))
    now, since = (each if convert is None else convert(each) for each in (at, since))
    return Asking(campaign_id, own, now, since)


def gather(asked: Asking, entry_ids: Sequence[int], met: Met) -> Reading[Known]:
    """Everything about these entries, but for those whose client or number was `met` before: five
    statements for AT_ONCE of them."""
    known = Known(own=asked.own)
    for begin in range(0, len(entry_ids), AT_ONCE):
        ids = entry_ids[begin : begin + AT_ONCE]
        [cards] = yield [(CARDS, named("entry", ids, _NOBODY))]
        found = _read_cards(cards, known.cards)
        piece = [found[each] for each in ids if each in found and met.is_new(found[each])]
        clients = named("client", (each.client_id for each in piece), _NOBODY)
        numbers = named("number", (each.e164 for each in piece), "")
        digits = (imported_form(each.e164) or _NOBODY for each in piece)
        standing = {**named("digits", digits, _NOBODY), "campaign": asked.campaign_id}
        tried, listed, said = yield (
            (ATTEMPTS, {**numbers, **clients, "since": asked.since}),
            (LISTED, {**numbers, **standing, "now": asked.now}),
            (CONSENTS, clients),
        )
        known.candidates += piece
        _read_attempts(tried, piece, known.attempts, known.going_on)
        for row in listed:
            known.listed[row["e164"]] = known.listed.get(row["e164"], frozenset()) | {row["listed"]}
        _read_consents(said, piece, known.consents)
    return known


def _read_cards(rows: Iterable[Mapping[str, Any]], cards: dict[int, Card]) -> dict[int, Candidate]:
    found: dict[int, Candidate] = {}
    for row in rows:
        entry_id = row["id"]
        if entry_id not in found:
            found[entry_id] = Candidate(*[row[name] for name in _FIELDS])
            cards[entry_id] = Card(gone=bool(row["gone"]))
        card = cards[entry_id]
        if row["his"]:
            card.his = True
            card.wrong |= bool(row["wrong"])
        # Whoever said so, the number is the same.
        card.do_not_call |= bool(row["do_not_call"])
    return found


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


def _read_consents(
    rows: Iterable[Mapping[str, Any]],
    piece: Sequence[Candidate],
    consents: dict[tuple[int, str], tuple[Consent, ...]],
) -> None:
    numbers = {each.client_id: each.e164 for each in piece}
    for row in rows:
        e164 = numbers[row["client_id"]]
        if row["number"] in (None, e164):
            said = Consent(row["given_at"], row["expires_at"], row["revoked_at"])
            key = row["client_id"], e164
            consents[key] = (*consents.get(key, ()), said)
