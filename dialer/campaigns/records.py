"""Campaigns are made, set, started, stopped and given to a team: by those who lead, audited."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, update

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.roles import require
from crm_core.agents.tables import agents
from crm_core.clock import Clock
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.storage.engine import Storage, Write
from crm_core.wording import line, paragraphs, whole
from dialer.campaigns.access import LEADING
from dialer.campaigns.events import CampaignChanged
from dialer.campaigns.queries import Campaign, get_campaign, team_of
from dialer.campaigns.settings import PLAIN
from dialer.campaigns.states import FOLLOWING, CampaignState
from dialer.campaigns.tables import campaign_agents, campaigns
from dialer.compliance.profile import LawProfile
from dialer.pacing.policy import Mode
from dialer.profiles.queries import get_profile
from telephony.numbers import normalise

LONGEST_TITLE: Final = 200
LONGEST_SCRIPT: Final = 20_000
MOST_ON_TEAM: Final = 2_000


class Campaigns:
    """Commands on campaigns; `country` is the one whose people write the numbers.

    Forbidden for who does not lead, NotFound for no such campaign.
    """

    def __init__(self, storage: Storage, clock: Clock, country: str) -> None:
        self._storage = storage
        self._clock = clock
        self._country = country

    async def create(
        self, actor: Agent | None, title: str, profile_key: str, mode: Mode = Mode.PROGRESSIVE
    ) -> int:
        """A draft with everything else as usual; its id. Invalid: title, profile_key."""
        require(actor, *LEADING)
        now = self._clock.now()
        row = {"title": title, "profile_key": profile_key, "mode": mode.value}
        async with self._storage.write() as tx:
            checked = await self._checked(tx, row)
            agent_id = None if actor is None else actor.id
            stamps = {"created_at": now, "updated_at": now, "created_by": agent_id}
            made = await tx.execute(
                insert(campaigns).values(**checked, **stamps, owner_agent_id=agent_id)
            )
            campaign_id = int(made.inserted_primary_key[0])
            await audit.record(
                tx, now, agent_id, "created", "campaign", campaign_id, title=checked["title"]
            )
            tx.announce(CampaignChanged(campaign_id))
        return campaign_id

    async def edit(
        self, actor: Agent | None, campaign_id: int, values: Mapping[str, object], *, version: int
    ) -> int:
        """Set these fields (names of columns); the new version.

        Conflict("edited_meanwhile") if it is not at `version` any more; Invalid naming the field.
        """
        require(actor, *LEADING)
        now = self._clock.now()
        async with self._storage.write() as tx:
            campaign = await get_campaign(tx.connection, campaign_id)
            if campaign.version != version:
                raise Conflict("edited_meanwhile")
            checked = await self._checked(tx, values)
            before = await _plain(tx, campaign_id, checked)
            changed = audit.changes(before, checked)
            if not changed:
                return version
            await self._put(tx, campaign_id, checked)
            await self._refuse_pacing(tx, await get_campaign(tx.connection, campaign_id))
            if campaign.state is CampaignState.RUNNING:
                await self._refuse_unready(tx, await get_campaign(tx.connection, campaign_id))
            told = {name: [_tellable(each) for each in pair] for name, pair in changed.items()}
            agent_id = None if actor is None else actor.id
            await audit.record(tx, now, agent_id, "edited", "campaign", campaign_id, **told)
        return version + 1

    async def move(self, actor: Agent | None, campaign_id: int, state: CampaignState) -> None:
        """Start, pause, finish it. Conflict("campaign_cannot_become", state): not from where it is;
        Invalid naming the field that must be set before it may run."""
        require(actor, *LEADING)
        now = self._clock.now()
        async with self._storage.write() as tx:
            campaign = await get_campaign(tx.connection, campaign_id)
            if campaign.state is state:
                return
            if state not in FOLLOWING[campaign.state]:
                raise Conflict("campaign_cannot_become", before=campaign.state, state=state)
            if state is CampaignState.RUNNING:
                await self._refuse_unready(tx, campaign)
            started = campaign.started_at or (now if state is CampaignState.RUNNING else None)
            await self._put(tx, campaign_id, {"state": state.value, "started_at": started})
            agent_id = None if actor is None else actor.id
            moved = {"state": [campaign.state.value, state.value]}
            await audit.record(tx, now, agent_id, "edited", "campaign", campaign_id, **moved)

    async def assign(
        self, actor: Agent | None, campaign_id: int, agent_ids: Collection[int]
    ) -> None:
        """Make these the team. Invalid("team"): not_a_choice, too_many."""
        require(actor, *LEADING)
        wanted = frozenset(agent_ids)
        if len(wanted) > MOST_ON_TEAM:
            raise Invalid("team", "too_many", most=MOST_ON_TEAM)
        async with self._storage.write() as tx:
            await get_campaign(tx.connection, campaign_id)
            before = await team_of(tx.connection, campaign_id)
            known = select(func.count()).where(agents.c.id.in_(wanted - before), agents.c.active)
            if (await tx.execute(known)).scalar_one() != len(wanted - before):
                raise Invalid("team", "not_a_choice")
            await self._reassign(tx, actor, campaign_id, before, wanted)

    async def _reassign(
        self,
        tx: Write,
        actor: Agent | None,
        campaign_id: int,
        before: frozenset[int],
        wanted: frozenset[int],
    ) -> None:
        if before == wanted:
            return
        of_campaign = campaign_agents.c.campaign_id == campaign_id
        gone = campaign_agents.c.agent_id.in_(before - wanted)
        await tx.execute(delete(campaign_agents).where(of_campaign, gone))
        added = [{"campaign_id": campaign_id, "agent_id": each} for each in wanted - before]
        if added:
            await tx.execute(insert(campaign_agents), added)
        team = [sorted(before), sorted(wanted)]
        agent_id = None if actor is None else actor.id
        now = self._clock.now()
        await audit.record(tx, now, agent_id, "edited", "campaign", campaign_id, team=team)
        tx.announce(CampaignChanged(campaign_id))

    async def _put(self, tx: Write, campaign_id: int, values: Mapping[str, Any]) -> None:
        counted = {"version": campaigns.c.version + 1, "updated_at": self._clock.now()}
        await tx.execute(
            update(campaigns).where(campaigns.c.id == campaign_id).values(**values, **counted)
        )
        tx.announce(CampaignChanged(campaign_id))

    async def _checked(self, tx: Write, values: Mapping[str, object]) -> dict[str, Any]:
        unknown = sorted(set(values) - set(_CHECKS) - {"caller_number", "seller_number"})
        if unknown:
            raise Invalid(unknown[0][:64], "unknown_field")
        found: dict[str, Any] = {}
        for name, value in values.items():
            if name in _CHECKS:
                found[name] = _CHECKS[name](value)
            else:
                found[name] = _number(name, value, self._country)
        if "profile_key" in found:
            await _profile(tx, found["profile_key"])
        if found.get("owner_agent_id") is not None:
            known = select(agents.c.id).where(agents.c.id == found["owner_agent_id"])
            if (await tx.execute(known)).first() is None:
                raise Invalid("owner_agent_id", "not_a_choice")
        return found

    async def _refuse_pacing(self, tx: Write, campaign: Campaign) -> None:
        """What contradicts itself or the law."""
        pacing = campaign.pacing
        limit = (await _profile(tx, campaign.profile_key)).abandonment.limit
        if pacing.target is not None and limit is not None and pacing.target > limit:
            raise Invalid("pacing.target", "above_law", most=limit)
        if pacing.ratio > pacing.most_ratio:
            raise Invalid("pacing.ratio", "above_most_ratio", most=pacing.most_ratio)

    async def _refuse_unready(self, tx: Write, campaign: Campaign) -> None:
        """What a campaign must have before it dials anybody."""
        await self._refuse_pacing(tx, campaign)
        profile = await _profile(tx, campaign.profile_key)
        if campaign.ends_on and campaign.starts_on and campaign.ends_on < campaign.starts_on:
            raise Invalid("ends_on", "before_start")
        if campaign.pacing.ring_seconds < profile.minimum_ring_seconds:
            raise Invalid("pacing.ring_seconds", "below_law", least=profile.minimum_ring_seconds)
        if profile.caller_label_length and len(campaign.caller_label) > profile.caller_label_length:
            raise Invalid("caller_label", "too_long", limit=profile.caller_label_length)
        if profile.message_needed and not campaign.is_sure:
            for name in ("seller_name", "seller_number"):
                if not getattr(campaign, name):
                    raise Invalid(name, "required")


async def _profile(tx: Write, key: str) -> LawProfile:
    try:
        return (await get_profile(tx.connection, key)).profile
    except NotFound:
        raise Invalid("profile_key", "not_a_choice") from None


async def _plain(tx: Write, campaign_id: int, names: Collection[str]) -> dict[str, Any]:
    query = select(*(campaigns.c[name] for name in names)).where(campaigns.c.id == campaign_id)
    return dict((await tx.execute(query)).mappings().one())


def _tellable(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _day(name: str) -> Callable[[Any], date | None]:
    def check(value: Any) -> date | None:
        if value is not None and type(value) is not date:
            raise Invalid(name, "not_a_date")
        return value

    return check


def _word(name: str, kind: type[Mode]) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        try:
            return kind(value).value
        except ValueError:
            raise Invalid(name, "not_a_choice") from None

    return check


def _text(name: str, limit: int, *, required: bool = False) -> Callable[[Any], str]:
    return lambda value: line(name, str(value), limit=limit, required=required)


def _number(name: str, written: object, country: str) -> str:
    """A number as others are to see it; "" for none."""
    text = line(name, str(written), limit=64, required=False)
    if not text:
        return ""
    number = normalise(text, country)
    if number.e164 is None:
        raise Invalid(name, "number_not_valid")
    return number.e164


_CHECKS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "title": _text("title", LONGEST_TITLE, required=True),
    "profile_key": _text("profile_key", 64, required=True),
    "mode": _word("mode", Mode),
    "caller_label": _text("caller_label", 64),
    "seller_name": _text("seller_name", 200),
    "script": lambda value: paragraphs("script", str(value), limit=LONGEST_SCRIPT),
    "starts_on": _day("starts_on"),
    "ends_on": _day("ends_on"),
    "priority": lambda value: whole("priority", value, least=0, most=9),
    "owner_agent_id": lambda value: (
        value if value is None else whole("owner_agent_id", value, least=1, most=2**31 - 1)
    ),
    **PLAIN,
}
"""What each field must be; the two numbers are understood by the office's country."""
