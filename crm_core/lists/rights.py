"""With whose records of a list somebody may do what."""

from sqlalchemy import ColumnElement, false

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, Scope
from crm_core.agents.roles import Role
from crm_core.calls.access import visible_calls
from crm_core.lists.shapes import ListName


def scope_of(actor: Agent, name: ListName, action: Action) -> Scope:
    """By the office's rights on records; of calls by the role alone."""
    return _of_calls(actor, action) if name is ListName.CALLS else actor.scope(name.kind, action)


def calls_within(actor: Agent, action: Action) -> ColumnElement[bool]:
    """The condition on `calls` for those with which `actor` may do `action`."""
    return false() if _of_calls(actor, action) is Scope.NONE else visible_calls(actor)


def _of_calls(actor: Agent, action: Action) -> Scope:
    """Nobody edits or deletes any."""
    sees = Scope.OWN if actor.role is Role.OPERATOR else Scope.ALL
    if action is Action.SEE:
        return sees
    return Scope.ALL if action is Action.EXPORT and sees is Scope.ALL else Scope.NONE
