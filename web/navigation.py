"""What stands in the navigation of each role, in order."""

from dataclasses import dataclass

from crm_core.agents.roles import Role
from web.i18n import N_

O, S, H, A = Role.OPERATOR, Role.SUPERVISOR, Role.HEAD_OF_SALES, Role.ADMINISTRATOR  # noqa: E741


@dataclass(frozen=True, slots=True)
class Entry:
    """A link: `key` is what is pressed after `g` to go there, `icon` a name of the sprite;
    `includes` are further places of its section."""

    path: str
    label: str
    icon: str
    key: str
    roles: frozenset[Role]
    includes: tuple[str, ...] = ()

    def is_at(self, here: str) -> bool:
        """Whether the page at `here` belongs to this entry."""
        places = (self.path, *self.includes)
        return any(here == place or here.startswith(place + "/") for place in places)


ENTRIES = (
    Entry("/workplace", N_("Workplace"), "headset", "w", frozenset({O, S, H})),
    Entry("/day", N_("My day"), "day", "m", frozenset(Role)),
    Entry("/floor", N_("Floor"), "floor", "f", frozenset({S, H, A})),
    Entry("/calls", N_("Calls"), "calls", "c", frozenset(Role), ("/reconciliation",)),
    Entry(
        "/clients",
        N_("Clients"),
        "clients",
        "k",
        frozenset(Role),
        ("/handovers", "/deleted", "/deletions"),
    ),
    Entry("/leads", N_("Leads"), "lead", "l", frozenset(Role)),
    Entry("/deals", N_("Deals"), "board", "d", frozenset(Role)),
    Entry("/tasks", N_("Tasks"), "tasks", "t", frozenset(Role), ("/calendar",)),
    Entry(
        "/campaigns",
        N_("Dialer"),
        "outbound",
        "o",
        frozenset(Role),
        ("/do-not-call", "/consents", "/law", "/simulate"),
    ),
    Entry("/admin", N_("Administration"), "gear", "a", frozenset({A})),
)
HOMES = {O: "/workplace", S: "/floor", H: "/calls", A: "/admin"}


def entries_for(role: Role) -> tuple[Entry, ...]:
    return tuple(entry for entry in ENTRIES if role in entry.roles)


def home_of(role: Role) -> str:
    """Where a role begins its day."""
    return HOMES[role]
