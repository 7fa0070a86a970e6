"""All tables of this floor and those below on one metadata: import this to see all of them."""

from crm_core.storage.schema import metadata
from dialer.campaigns import tables as campaign_tables
from dialer.consents import tables as consent_tables
from dialer.do_not_call import tables as do_not_call_tables
from dialer.entries import tables as entry_tables
from dialer.profiles import tables as profile_tables

__all__ = [
    "campaign_tables",
    "consent_tables",
    "do_not_call_tables",
    "entry_tables",
    "metadata",
    "profile_tables",
]
