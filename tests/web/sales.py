"""The office of the tests with pipelines in it, and what is done there by hand."""

from crm_core.agents.rights import RecordKind
from crm_core.deals.pipelines import Pipeline, list_pipelines
from tests.crm_core.sales import DEAL_PLAN, LEAD_PLAN
from tests.web.conftest import Office


async def begin_sales(office: Office) -> tuple[Pipeline, Pipeline]:
    """The pipeline of deals and that of leads."""
    plans = {RecordKind.DEAL: DEAL_PLAN, RecordKind.LEAD: LEAD_PLAN}
    await office.services.sales.pipelines.begin(plans)
    async with office.services.storage.read() as connection:
        [of_deals] = await list_pipelines(connection, RecordKind.DEAL)
        [of_leads] = await list_pipelines(connection, RecordKind.LEAD)
    return of_deals, of_leads


def stage_id(pipeline: Pipeline, title: str) -> int:
    return next(stage.id for stage in pipeline.stages if stage.title == title)
