"""What a role may do with each kind of record, and with whose; an office can change it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from crm_core.agents.roles import Role


class RecordKind(StrEnum):
    """What rights are given for; whoever is only a lead's is reached by the rights on leads."""

    CLIENT = "client"
    LEAD = "lead"
    DEAL = "deal"
    TASK = "task"


class Action(StrEnum):
    """`see` comes first: who does not see a record does nothing else with it either."""

    SEE = "see"
    EDIT = "edit"
    EXPORT = "export"
    DELETE = "delete"


class Scope(StrEnum):
    """Whose records: nobody's, one's own, those of one's teams, everybody's; each holds the one
    before. A record that nobody owns is anybody's who may do it with his own."""

    NONE = "none"
    OWN = "own"
    TEAM = "team"
    ALL = "all"


_NARROWEST_FIRST: Final = tuple(Scope)


@dataclass(frozen=True, slots=True)
class Rights:
    """One role's scopes, by kind and action."""

    scopes: Mapping[tuple[RecordKind, Action], Scope]

    def scope(self, kind: RecordKind, action: Action) -> Scope:
        """Whose records; never wider than those that may be seen."""
        seen = self.scopes[kind, Action.SEE]
        return min(seen, self.scopes[kind, action], key=_NARROWEST_FIRST.index)


def rights_of(role: Role, stored: Mapping[str, Mapping[str, str]] | None) -> Rights:
    """The role's rights: what is `stored`, and where nothing is, what the role comes with.

    An administrator's are all, whatever is stored: nobody could give them back.
    """
    if role is Role.ADMINISTRATOR:
        return Rights(_COMES_WITH[role])
    changed = {
        (RecordKind(kind), Action(action)): Scope(scope)
        for kind, actions in (stored or {}).items()
        for action, scope in actions.items()
    }
    return Rights({**_COMES_WITH[role], **changed})


def stored_rights(rights: Rights) -> dict[str, dict[str, Any]]:
    """The form of `rights` that `rights_of` reads."""
    stored: dict[str, dict[str, Any]] = {kind.value: {} for kind in RecordKind}
    for (kind, action), scope in rights.scopes.items():
        stored[kind.value][action.value] = scope.value
    return stored


def _row(
    see: Scope, edit: Scope, export: Scope, delete: Scope
) -> dict[tuple[RecordKind, Action], Scope]:
    scopes = dict(zip(Action, (see, edit, export, delete), strict=True))
    return {(kind, action): scope for kind in RecordKind for action, scope in scopes.items()}


_NONE, _OWN, _TEAM, _ALL = Scope
_COMES_WITH: Final[Mapping[Role, Mapping[tuple[RecordKind, Action], Scope]]] = {
    # Whoever picks up the phone must be able to help the caller; another's tasks are not his.
    Role.OPERATOR: {
        **_row(_ALL, _ALL, _NONE, _NONE),
        (RecordKind.TASK, Action.SEE): _OWN,
        (RecordKind.TASK, Action.EDIT): _OWN,
        (RecordKind.TASK, Action.DELETE): _OWN,
        (RecordKind.LEAD, Action.DELETE): _OWN,
        (RecordKind.DEAL, Action.DELETE): _OWN,
    },
    Role.SUPERVISOR: _row(_ALL, _ALL, _TEAM, _TEAM),
    Role.HEAD_OF_SALES: _row(_ALL, _ALL, _ALL, _ALL),
    Role.ADMINISTRATOR: _row(_ALL, _ALL, _ALL, _ALL),
}
