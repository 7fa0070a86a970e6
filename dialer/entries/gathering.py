"""What the law asks about entries, gathered in a constant number of statements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from crm_core.storage.hot import Reading
from dialer.compliance.attempt_limits import history_needed
from dialer.compliance.profile import LawProfile
from dialer.compliance.subject import Consent, PastAttempt, Subject
from dialer.do_not_call.queries import imported_form
from dialer.entries.facts import (
    ATTEMPTS,
    CANDIDATES,
    CONSENTS,
    LISTED,
    Agreed,
    Candidate,
    Named,
    Tried,
)

_OPEN_DAYS: Final = 1  # no call goes on for longer


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
    attempts: dict[int, dict[int, PastAttempt]] = field(default_factory=dict)  # of entries, by id
    going_on: set[int] = field(default_factory=set)  # entries whose person is on the line now
    listed: dict[str, frozenset[str]] = field(default_factory=dict)
    consents: dict[int, tuple[Consent, ...]] = field(default_factory=dict)  # by client

    def subject(self, each: Candidate, zones: frozenset[str], *, certain: bool) -> Subject:
        """What the law judges."""
        tried = self.attempts.get(each.id)
        return Subject(
            e164=each.e164,
            zones=zones,
            listed=self.listed.get(each.e164, _NO_LIST),
            do_not_call=bool(each.do_not_call),
            wrong=bool(each.wrong),
            own=each.e164 in self.own,
            attempts=tuple(tried.values()) if tried else (),
            consents=self.consents.get(each.client_id, ()),
            agent_certain=certain,
        )


_NO_LIST: Final = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Asking:
    """For which campaign, when, and since when dials count."""

    campaign_id: int
    own: frozenset[str]
    now: datetime
    since: datetime


def asking(
    campaign_id: int, law: LawProfile, at: datetime, own: frozenset[str] = frozenset()
) -> Asking:
    """What `gather` is to go by."""
    return Asking(campaign_id, own, at, history_since(law, at))


def history_since(law: LawProfile, at: datetime) -> datetime:
    """From when on dials must be known for a judgement at `at`."""
    return at - max(history_needed(law), timedelta(days=_OPEN_DAYS))


def gather(asked: Asking, entry_ids: Sequence[int], met: Met) -> Reading[Known]:
    """Everything about these entries, but for those whose client or number was `met` before: four
    statements, however many they are."""
    known = Known(own=asked.own)
    [rows] = yield [(CANDIDATES, {"entries": entry_ids})]
    found = _one_each(rows)
    piece = [found[each] for each in entry_ids if each in found and met.is_new(found[each])]
    clients = [each.client_id for each in piece]
    numbers = [each.e164 for each in piece]
    digits = [form for each in numbers if (form := imported_form(each)) is not None]
    tried, listed, said = yield (
        (ATTEMPTS, {"numbers": numbers, "clients": clients, "since": asked.since}),
        (
            LISTED,
            {
                "numbers": numbers,
                "digits": digits,
                "campaign": asked.campaign_id,
                "now": asked.now,
            },
        ),
        (CONSENTS, {"clients": clients}),
    )
    known.candidates = piece
    _read_attempts(tried, known)
    _read_listed(listed, known)
    _read_consents(said, known)
    return known


def _one_each(rows: Iterable[Candidate]) -> dict[int, Candidate]:
    """Of each entry one, whose number may be on several cards."""
    found: dict[int, Candidate] = {}
    for row in rows:
        other = found.get(row.id)
        found[row.id] = row if other is None else _together(row, other)
    return {each.id: each if each.his else each._replace(wrong=False) for each in found.values()}


def _together(one: Candidate, other: Candidate) -> Candidate:
    """The same entry by another card: wrong is what his own says, but whoever said that it is not
    to be called, the number is the same."""
    wrong = (one.his and one.wrong) or (other.his and other.wrong)
    marked = one.do_not_call or other.do_not_call
    return one._replace(his=one.his or other.his, wrong=bool(wrong), do_not_call=bool(marked))


def _read_attempts(rows: Sequence[Tried], known: Known) -> None:
    if not rows:
        return
    by_number = defaultdict[str, list[int]](list)
    by_client = defaultdict[int | None, list[int]](list)
    for each in known.candidates:
        by_number[each.e164].append(each.id)
        by_client[each.client_id].append(each.id)
    for row in rows:
        past = PastAttempt(row.decided_at, bool(row.answered), bool(row.abandoned))
        for entry_id in (*by_number.get(row.number, ()), *by_client.get(row.client_id, ())):
            known.attempts.setdefault(entry_id, {})[row.id] = past
            if row.going_on:
                known.going_on.add(entry_id)


def _read_listed(rows: Iterable[Named], known: Known) -> None:
    for row in rows:
        known.listed[row.e164] = known.listed.get(row.e164, _NO_LIST) | {row.listed}


def _read_consents(rows: Iterable[Agreed], known: Known) -> None:
    numbers = {each.client_id: each.e164 for each in known.candidates}
    consents = known.consents
    for row in rows:
        if row.number is None or row.number == numbers[row.client_id]:
            said = Consent(row.given_at, row.expires_at, row.revoked_at)
            consents[row.client_id] = (*consents.get(row.client_id, ()), said)
