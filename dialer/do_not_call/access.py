"""Who may do what with the do-not-call lists."""

from typing import Final

from crm_core.agents.people import Agent
from crm_core.agents.roles import Role, require
from crm_core.errors import Forbidden
from dialer.do_not_call.kinds import ListKind

KEEPERS: Final = (Role.SUPERVISOR, Role.ADMINISTRATOR)
"""Who makes lists, imports them, and takes numbers off."""


def require_keeper(actor: Agent | None) -> None:
    """Raise Forbidden unless `actor` keeps the lists; None is the system itself."""
    require(actor, *KEEPERS)


def require_may_add(actor: Agent | None, kind: str) -> None:
    """Whoever talks to people must be able to write down at once that one wants no more calls: on
    the office's own list, for all campaigns. Forbidden, also for one who has left."""
    if actor is not None and not actor.active:
        raise Forbidden(role=actor.role.value)
    if kind != ListKind.OWN:
        require_keeper(actor)
