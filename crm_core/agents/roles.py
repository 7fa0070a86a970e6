"""The four roles and what each may do that is not bound to one record."""

from enum import StrEnum
from typing import Protocol

from crm_core.errors import Forbidden


class Role(StrEnum):
    """Everybody has one role; it is the word stored in `agents.role`."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    HEAD_OF_SALES = "head_of_sales"
    ADMINISTRATOR = "administrator"


class HasRole(Protocol):
    @property
    def role(self) -> Role: ...


def require(actor: HasRole | None, *roles: Role) -> None:
    """Raise Forbidden unless `actor` has one of `roles`; None is the system itself and may all."""
    if actor is not None and actor.role not in roles:
        raise Forbidden(role=actor.role.value)


def id_of(actor: object) -> int | None:
    """The agent id that stands for `actor` in a row; None for the system."""
    return getattr(actor, "id", None)
