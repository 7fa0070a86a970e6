"""May this person see, edit, export or delete this lead? One door for all who ask."""

from typing import Final

from crm_core.agents.rights import RecordKind
from crm_core.clients.doors import Door
from crm_core.leads.tables import leads

_DOOR: Final = Door(RecordKind.LEAD, leads)
visible_leads = _DOOR.visible
deleted_leads = _DOOR.deleted
access_lead = _DOOR.access
may_with_lead = _DOOR.allows
