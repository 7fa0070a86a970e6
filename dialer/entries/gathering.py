"""What the law asks about entries, gathered in a constant number of statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from crm_core.storage.hot import Reading
from dialer.compliance.attempt_limits import history_needed
from dialer.compliance.profile import LawProfile
from dialer.compliance.subject import Consent, PastAttempt, Subject
from dialer.do_not_call.queries import imported_form
from dialer.entries.evidence import CANDIDATES, EVIDENCE, Candidate, Evidence, Kind, Live

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
    """All that was gathered of some candidates: no two are one client, or have one number."""

    own: frozenset[str]
    candidates: list[Candidate] = field(default_factory=list)
    attempts: dict[int, dict[int, PastAttempt]] = field(default_factory=dict)  # of clients, by id
    going_on: set[int] = field(default_factory=set)  # clients who are on the line now
    listed: dict[str, frozenset[str]] = field(default_factory=dict)
    consents: dict[int, tuple[Consent, ...]] = field(default_factory=dict)  # of clients

    def learn(self, candidates: list[Candidate], told: Iterable[Evidence]) -> None:
        """What there is about these."""
        self.candidates = candidates
        numbers = {each.client_id: each.e164 for each in candidates}
        clients = {each.e164: each.client_id for each in candidates}
        for each in told:
            if each.kind == Kind.AGREED:
                self._learn_agreed(each, numbers)
            elif each.kind == Kind.LISTED:
                number = each.number or ""
                self.listed[number] = self.listed.get(number, _NO_LIST) | {each.word}
            else:
                whose = {clients.get(each.number or ""), each.client_id}
                for client_id in numbers.keys() & whose:
                    self._learn_dial(each, client_id)

    def _learn_agreed(self, each: Evidence, numbers: Mapping[int, str]) -> None:
        client_id = each.client_id
        if client_id is not None and each.number in (None, numbers[client_id]):
            said = Consent(each.at, each.until, each.revoked_at)
            self.consents[client_id] = (*self.consents.get(client_id, ()), said)

    def _learn_dial(self, each: Evidence, client_id: int) -> None:
        """A dial to him, or at his number."""
        self.attempts.setdefault(client_id, {})[each.id] = past_attempt(each)
        if each.until is None:
            self.going_on.add(client_id)

    def subject(self, each: Candidate, zones: frozenset[str], *, certain: bool) -> Subject:
        """What the law judges."""
        tried = self.attempts.get(each.client_id)
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
    """Everything about these entries, but for those whose client or number was `met` before: two
    statements, however many they are."""
    known = Known(own=asked.own)
    [rows] = yield [(CANDIDATES, {"entries": entry_ids})]
    found = _one_each(rows)
    piece = [found[each] for each in entry_ids if each in found and met.is_new(found[each])]
    numbers = [each.e164 for each in piece]
    asked_about = {
        "numbers": numbers,
        "digits": [form for each in numbers if (form := imported_form(each)) is not None],
        "clients": [each.client_id for each in piece],
        "campaign": asked.campaign_id,
        "now": asked.now,
        "since": asked.since,
    }
    [told] = yield [(EVIDENCE, asked_about)]
    known.learn(piece, told)
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


def past_attempt(dial: Evidence) -> PastAttempt:
    """The dial as the law counts it."""
    return PastAttempt(dial.at, dial.word != Live.NO, dial.word == Live.ABANDONED)
