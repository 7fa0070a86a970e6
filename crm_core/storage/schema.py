"""All tables of all packages on one metadata: import this to see the whole schema."""

from crm_core import tables as crm_tables
from crm_core.agents import tables as agent_tables
from crm_core.calls import tables as call_tables
from crm_core.catchup import tables as catchup_tables
from crm_core.clients import tables as client_tables
from crm_core.custom_fields import tables as custom_field_tables
from crm_core.deals import tables as deal_tables
from crm_core.deletion import tables as deletion_tables
from crm_core.handing_over import tables as handover_tables
from crm_core.leads import tables as lead_tables
from crm_core.lists import tables as list_tables
from crm_core.search import tables as search_tables
from crm_core.storage.base import metadata
from crm_core.tags import tables as tag_tables
from crm_core.tasks import tables as task_tables

__all__ = [
    "agent_tables",
    "call_tables",
    "catchup_tables",
    "client_tables",
    "crm_tables",
    "custom_field_tables",
    "deal_tables",
    "deletion_tables",
    "handover_tables",
    "lead_tables",
    "list_tables",
    "metadata",
    "search_tables",
    "tag_tables",
    "task_tables",
]
