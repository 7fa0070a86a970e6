"""May this person see, edit, export or delete this deal? One door for all who ask."""

from typing import Final

from crm_core.agents.rights import RecordKind
from crm_core.clients.doors import Door
from crm_core.deals.tables import deals

_DOOR: Final = Door(RecordKind.DEAL, deals)
visible_deals = _DOOR.visible
deleted_deals = _DOOR.deleted
access_deal = _DOOR.access
may_with_deal = _DOOR.allows
