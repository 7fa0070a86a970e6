"""Who would be dialled now, told without changing anything: also of those whose waiting is over,
whom only the next lease makes ready."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.compliance.refusals import Refused
from dialer.entries.choice import Choice, Chosen, Held, Rules
from dialer.entries.choosing import choose
from dialer.entries.coming import Coming, list_coming, places_of
from dialer.entries.explaining import Explanation, Fact, Said, why
from dialer.order.reasons import Waits

LOOKED_AT: Final = 60
"""Each of those whose time has come is looked at by itself."""
_PASSED_OVER: Final = {
    *(Fact.CAMPAIGN_STATE, Fact.CAMPAIGN_NOT_YET, Fact.CAMPAIGN_OVER),
    *(Fact.NEXT, Fact.NEEDS_AGENT, Fact.BETTER_LATER, Fact.BEFORE),
}
"""What does not speak against a person: it is asked whom the campaign would call."""
_QUOTAS: Final = (Fact.QUOTA_FULL, Fact.QUOTA_UNDER_WAY)
_FAR: Final = datetime.max.replace(tzinfo=UTC)
_REASONS: Final = {
    Fact.NUMBER_GONE: Waits.NUMBER_GONE,
    Fact.CLIENT_GONE: Waits.CLIENT_GONE,
    Fact.CAMPAIGN_HOURS: Waits.CAMPAIGN_HOURS,
}


async def foretell(
    connection: AsyncConnection, rules: Rules, at: datetime, count: int, *, spare: int
) -> Choice:
    """The next `count`, as `choose` would find them after a lease has begun, whichever operator
    is there; and who was met and may not be."""
    choice = await choose(connection, rules, at, count, spare=spare)
    chosen, held = [*choice.chosen], [*choice.held]
    known = {each.entry_id for each in chosen} | {each.entry_id for each in held}
    places = await places_of(connection, [each.entry_id for each in chosen])
    coming = await list_coming(connection, rules.campaign.id, at)
    for each in [each for each in coming if each.entry_id not in known][:LOOKED_AT]:
        place = (not each.needs_agent, each.rank, each.entry_id)
        before = sum(places[other.entry_id] < place for other in chosen)
        if before >= count:
            continue
        against = _against(await why(connection, rules, each.entry_id, at))
        if not against:
            places[each.entry_id] = place
            chosen.insert(before, _chosen(each, rules))
        elif not any(said.fact in _QUOTAS for said in against):
            held.append(_held(each, against))
    return Choice(tuple(chosen[:count]), tuple(held))


def _against(told: Explanation) -> list[Said]:
    return [each for each in told.facts if each.fact not in _PASSED_OVER]


def _chosen(each: Coming, rules: Rules) -> Chosen:
    return Chosen(
        entry_id=each.entry_id,
        client_id=each.client_id,
        contact_id=each.contact_id,
        e164=each.e164,
        position=each.position,
        segment=each.segment,
        certain=each.needs_agent or rules.campaign.is_sure,
        agent_id=each.agent_id,
    )


def _held(each: Coming, against: Sequence[Said]) -> Held:
    """The reason that ends last, or does not end by itself."""
    said = max(against, key=lambda fact: (fact.until is None, fact.until or _FAR))
    if said.fact is Fact.LAW:
        return Held(each.entry_id, Refused(said.word), said.until)
    return Held(each.entry_id, _REASONS.get(said.fact, Waits.BEING_CALLED), said.until)
