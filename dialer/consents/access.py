"""Who may do what in the consent registry."""

from typing import Final

from sqlalchemy import ColumnElement, true

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.agents.roles import Role, require
from crm_core.clients.access import visible_clients

KEEPERS: Final = (Role.SUPERVISOR, Role.ADMINISTRATOR)
"""Who corrects and imports consents, and writes the words in which they are asked for."""


def require_keeper(actor: Agent | None) -> None:
    """Raise Forbidden unless `actor` keeps the registry; None is the system itself."""
    require(actor, *KEEPERS)


def visible_consents(actor: Agent, action: Action = Action.SEE) -> ColumnElement[bool]:
    """The condition on `consents` joined to `clients`: an administrator proves also the consents of
    whoever was deleted or erased since, everybody else those of the clients that he may see."""
    return true() if actor.role is Role.ADMINISTRATOR else visible_clients(actor, action)
