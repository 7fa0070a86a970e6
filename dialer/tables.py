"""All tables of this floor and those below on one metadata: import this to see all of them."""

from crm_core.storage.schema import metadata
from dialer.campaigns import tables as campaign_tables
from dialer.entries import tables as entry_tables

__all__ = ["campaign_tables", "entry_tables", "metadata"]
