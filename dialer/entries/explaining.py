"""Why an entry is not dialled, or why it is next: facts for any entry at any time, as codes."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import Final

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.errors import NotFound
from crm_core.storage.hot import Reading, read_through, rows_of
from crm_core.wording import existing_id
from dialer.campaigns.queries import filled_of
from dialer.campaigns.states import CampaignState
from dialer.compliance.permission import judge
from dialer.compliance.refusals import Permission
from dialer.entries.choice import Rules
from dialer.entries.foremost import BUCKETS, COUNT_BEFORE
from dialer.entries.gathering import Asking, Known, Met, asking, gather
from dialer.entries.open_hours import FAR, closed_by_campaign, closes_at, is_better_later
from dialer.entries.states import EntryState, zones_from
from dialer.entries.tables import entries, entry_buckets
from dialer.order.quotas import Filled

COUNTED: Final = 1_000
"""Before whom more stand, of him it is only said that there are more."""


class Fact(StrEnum):
    """What there is to say. Each has a sentence in `web`."""

    NEXT = "next"  # nothing speaks against it: it is dialled as soon as it is its turn
    CAMPAIGN_STATE = "campaign_state"  # `word` is the campaign's
    CAMPAIGN_NOT_YET = "campaign_not_yet"  # `until` it starts
    CAMPAIGN_OVER = "campaign_over"
    CAMPAIGN_HOURS = "campaign_hours"
    WAITS = "waits"  # `word` why, `until` when
    OVER = "over"  # `word` why
    ON_THE_LINE = "on_the_line"
    BEING_CALLED = "being_called"  # the person, by another entry or campaign
    NEEDS_AGENT = "needs_agent"  # dialled only with an operator sure; `agent_id` if it must be him
    LAW = "law"  # `word` is the refusal
    NUMBER_GONE = "number_gone"
    CLIENT_GONE = "client_gone"
    QUOTA_FULL = "quota_full"  # `count` is the quota
    QUOTA_UNDER_WAY = "quota_under_way"  # those dialled now could fill it
    BETTER_LATER = "better_later"  # others whose best hour is now go first
    BEFORE = "before"  # `count` stand before it, COUNTED: that many at least


@dataclass(frozen=True, slots=True)
class Said:
    """A fact with its figures."""

    fact: Fact
    word: str = ""
    until: datetime | None = None
    count: int | None = None
    agent_id: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about an entry `at` a time. `earliest_at`: not before then, as far as one can
    tell; None where something is in its way that does not end by itself."""

    entry_id: int
    at: datetime
    state: EntryState
    facts: tuple[Said, ...]
    earliest_at: datetime | None

    @property
    def is_next(self) -> bool:
        """Whether it is only a matter of its turn."""
        return any(each.fact is Fact.NEXT for each in self.facts)


async def why(
    connection: AsyncConnection, rules: Rules, entry_id: int, at: datetime
) -> Explanation:
    """Of an entry of the campaign that `rules` are of. NotFound."""
    row = await _entry(connection, rules, entry_id)
    state = EntryState(row["state"])
    if state in (EntryState.DONE, EntryState.NEVER):
        return Explanation(entry_id, at, state, (Said(Fact.OVER, row["reason"]),), None)
    facts = _of_campaign(rules, at) + _of_entry(row, state, at)
    asked = asking(rules.campaign.id, rules.law.profile, at, rules.own)
    known = await read_through(connection, _gathering(asked, entry_id))
    law, permission = _of_person(row, known, rules, at)
    facts += law
    filled = (await filled_of(connection, rules.campaign.id)).get(row["segment"], Filled())
    facts += _of_quota(row, rules, filled)
    for_good = any(_ends_never(each, permission) for each in facts)
    if not facts or all(each.fact in _NO_OBSTACLES for each in facts):
        facts.append(Said(Fact.NEXT))
    facts += await _of_turn(connection, row, state, rules, at)
    untils = [each.until for each in facts if each.until is not None]
    if permission is not None and permission.earliest_at is not None:
        untils.append(permission.earliest_at)
    earliest = None if for_good else _when(row, known, rules, max([at, *untils]))
    return Explanation(entry_id, at, state, tuple(facts), earliest)


_NO_OBSTACLES: Final = frozenset({Fact.NEEDS_AGENT, Fact.BETTER_LATER})


def _gathering(asked: Asking, entry_id: int) -> Reading[Known]:
    return (yield from gather(asked, [entry_id], Met()))


async def _entry(connection: AsyncConnection, rules: Rules, entry_id: int) -> RowMapping:
    query = (
        select(entries, entry_buckets.c.zones, entry_buckets.c.kind)
        .outerjoin(entry_buckets, entry_buckets.c.id == entries.c.bucket_id)
        .where(entries.c.id == existing_id(entry_id), entries.c.campaign_id == rules.campaign.id)
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(entry_id=entry_id)
    return row


def _of_campaign(rules: Rules, at: datetime) -> list[Said]:
    campaign = rules.campaign
    found = []
    if campaign.state is not CampaignState.RUNNING:
        found.append(Said(Fact.CAMPAIGN_STATE, campaign.state.value))
    today = at.astimezone(rules.zone).date()
    if campaign.starts_on is not None and today < campaign.starts_on:
        start = datetime.combine(campaign.starts_on, time(), rules.zone).astimezone(UTC)
        found.append(Said(Fact.CAMPAIGN_NOT_YET, until=start))
    if campaign.ends_on is not None and today > campaign.ends_on:
        found.append(Said(Fact.CAMPAIGN_OVER))
    return found


def _is_waiting(row: RowMapping, at: datetime) -> bool:
    """Whether its time is still to come: who is due is as good as ready before a lease says so."""
    is_due = row["due_at"] is not None and row["due_at"] <= at
    return row["state"] == EntryState.WAITING.value and not is_due


def _of_entry(row: RowMapping, state: EntryState, at: datetime) -> list[Said]:
    found = []
    if state is EntryState.LEASED:
        found.append(Said(Fact.ON_THE_LINE))
    if _is_waiting(row, at):
        found.append(Said(Fact.WAITS, row["reason"], row["due_at"]))
    if row["needs_agent"]:
        agent_id = row["callback_agent_id"] if state is EntryState.WAITING else row["for_agent_id"]
        found.append(Said(Fact.NEEDS_AGENT, agent_id=agent_id))
    return found


def _of_person(
    row: RowMapping, known: Known, rules: Rules, at: datetime
) -> tuple[list[Said], Permission | None]:
    """What the card and the law say."""
    if not known.candidates:
        return [Said(Fact.CLIENT_GONE)], None
    [candidate] = known.candidates
    if candidate.gone:
        return [Said(Fact.CLIENT_GONE)], None
    found = [] if candidate.his else [Said(Fact.NUMBER_GONE)]
    if candidate.client_id in known.going_on and row["state"] != EntryState.LEASED.value:
        found.append(Said(Fact.BEING_CALLED))
    zones = zones_from(row["zones"] or "")
    certain = rules.campaign.is_sure or bool(row["needs_agent"])
    permission = judge(known.subject(candidate, zones, certain=certain), rules.law.profile, at)
    found += [Said(Fact.LAW, each.reason.value, each.until) for each in permission.refusals]
    closed_until = closed_by_campaign(rules, zones, at)
    if closed_until is not None:
        found.append(Said(Fact.CAMPAIGN_HOURS, until=closed_until))
    return found, permission


def _of_quota(row: RowMapping, rules: Rules, filled: Filled) -> list[Said]:
    most = rules.campaign.quotas.most.get(row["segment"])
    if rules.campaign.quotas.is_full(row["segment"], filled):
        return [Said(Fact.QUOTA_FULL, row["segment"], count=most)]
    if rules.campaign.quotas.room(row["segment"], filled) == 0:
        return [Said(Fact.QUOTA_UNDER_WAY, row["segment"], count=most)]
    return []


async def _of_turn(
    connection: AsyncConnection, row: RowMapping, state: EntryState, rules: Rules, at: datetime
) -> list[Said]:
    """Who stands before it, of those that are ready."""
    is_due = state is EntryState.WAITING and not _is_waiting(row, at) and not row["needs_agent"]
    if state is not EntryState.READY and not is_due:
        return []
    found = []
    zones = zones_from(row["zones"] or "")
    if zones and is_better_later(row["kind"], zones, rules.scores, at, None):
        found.append(Said(Fact.BETTER_LATER))
    [buckets] = await rows_of(connection, (BUCKETS, {"campaign": rules.campaign.id}))
    opened = [each.id for each in buckets if closes_at(zones_from(each.zones), rules, at)[0]]
    asked = {"buckets": opened, "rank": row["rank"], "id": row["id"], "most": COUNTED}
    [[before]] = await rows_of(connection, (COUNT_BEFORE, asked))
    return [*found, Said(Fact.BEFORE, count=before["count"])]


def _ends_never(said: Said, permission: Permission | None) -> bool:
    if said.fact in (Fact.CAMPAIGN_OVER, Fact.NUMBER_GONE, Fact.CLIENT_GONE, Fact.QUOTA_FULL):
        return True
    return said.fact is Fact.LAW and permission is not None and permission.earliest_at is None


def _when(row: RowMapping, known: Known, rules: Rules, at: datetime) -> datetime | None:
    """The first instant from `at` on that the law and the campaign's hours both permit."""
    if not known.candidates:
        return None
    [candidate] = known.candidates
    zones = zones_from(row["zones"] or "")
    certain = rules.campaign.is_sure or bool(row["needs_agent"])
    subject = known.subject(candidate, zones, certain=certain)
    for _ in range(_STEPS):
        permission = judge(subject, rules.law.profile, at)
        closed_until = closed_by_campaign(rules, zones, at)
        if permission.permitted and closed_until is None:
            return at
        if not permission.permitted and permission.earliest_at is None:
            return None
        at = max(filter(None, (permission.earliest_at, closed_until)))
        if at == FAR:
            return None
    return None


_STEPS: Final = 30
"""The law's and the campaign's hours meet within a month, or never."""
