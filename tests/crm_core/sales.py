"""Pipelines, leads and deals for the tests that speak of them."""

from dataclasses import dataclass, replace

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind, Rights, Scope
from crm_core.clock import Clock
from crm_core.deals.arrangement import PipelinePlan, SalesArrangement, StagePlan
from crm_core.deals.pipelines import Ending, Pipeline, Stage, list_pipelines
from crm_core.deals.records import Deals, NewDeal
from crm_core.deals.selling import Selling
from crm_core.deletion.records import Deletion
from crm_core.handing_over.choosing import one
from crm_core.handing_over.records import Handovers
from crm_core.leads.conversion import Conversion
from crm_core.leads.records import Leads, NewLead, Party
from crm_core.storage.engine import Storage

DEAL_PLAN = PipelinePlan(
    "Sales",
    "RUB",
    (
        StagePlan("New", 10, patience_days=2, actions=("Ask what they need", "Ask who decides")),
        StagePlan("Offer", 40, patience_days=5, actions=("Send the offer",)),
        StagePlan("Contract", 80),
        StagePlan("Won", 100, Ending.WON),
        StagePlan("Lost", 0, Ending.LOST),
    ),
)
LEAD_PLAN = PipelinePlan(
    "Requests",
    "RUB",
    (
        StagePlan("Fresh", patience_days=1, actions=("Call",)),
        StagePlan("In talks"),
        StagePlan("Client", 100, Ending.WON),
        StagePlan("Not ours", 0, Ending.LOST),
    ),
)


@dataclass(frozen=True, slots=True)
class Sales:
    """The commands on leads and deals, and the two pipelines."""

    arrangement: SalesArrangement
    deals: Deals
    selling: Selling
    leads: Leads
    conversion: Conversion
    deletion: Deletion
    handovers: Handovers
    deal_pipeline: Pipeline
    lead_pipeline: Pipeline

    def stage(self, title: str) -> Stage:
        """The stage of either pipeline that is called so."""
        both = (*self.deal_pipeline.stages, *self.lead_pipeline.stages)
        return next(stage for stage in both if stage.title == title)

    async def deal(self, actor: Agent, client_id: int, title: str = "Forty lamps") -> int:
        return await self.deals.create(actor, NewDeal(title, client_id))

    async def hand_over(
        self, actor: Agent, kind: RecordKind, record_id: int, to: Agent | None
    ) -> None:
        """As the page of a lead or a deal does it."""
        begun = await self.handovers.begin(actor, to.id if to else None, one(kind, record_id))
        if begun is not None:
            await self.handovers.carry_out(begun)

    async def lead(self, actor: Agent, name: str = "Olga Novak", number: str = "") -> int:
        return await self.leads.create(actor, NewLead(Party(name, number=number)))


async def open_sales(storage: Storage, clock: Clock) -> Sales:
    """The first pipelines of an office, and all that is done in them."""
    arrangement = SalesArrangement.of(storage, clock)
    await arrangement.pipelines.begin({RecordKind.DEAL: DEAL_PLAN, RecordKind.LEAD: LEAD_PLAN})
    async with storage.read() as connection:
        [of_deals] = await list_pipelines(connection, RecordKind.DEAL)
        [of_leads] = await list_pipelines(connection, RecordKind.LEAD)
    deals = Deals(storage, clock)
    return Sales(
        arrangement,
        deals,
        Selling(storage, clock),
        Leads(storage, clock, "RU"),
        Conversion(storage, clock, deals),
        Deletion(storage, clock),
        Handovers(storage, clock),
        of_deals,
        of_leads,
    )


def with_scope(agent: Agent, kind: RecordKind, scope: Scope, *actions: Action) -> Agent:
    """The same person, who may do `actions` (all, where none is named) within `scope` only."""
    changed = {(kind, action): scope for action in actions or tuple(Action)}
    return replace(agent, rights=Rights({**agent.rights.scopes, **changed}))
