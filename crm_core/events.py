"""What the business learned, in the past tense: announced after commit, beside telephony's facts.

They name the record and leave its contents to be read, so that a late reader sees the newest; the
few values carried are those that a screen needs at once. What is told of lists and sessions lives
with them: `DirectoryChanged` in agents/directory.py, `SessionsClosed` in agents/sessions.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChanged:
    """Somebody may do more or less than before: what he holds open was opened with other rights."""

    agent_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCreated:
    client_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientChanged:
    """A client, one of his contacts or numbers is not what it was."""

    client_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientChosen:
    """Somebody said which client this number means; it is remembered for the next call."""

    number: str
    client_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLinked:
    """The call belongs to another client than before (or to none)."""

    call_id: str
    client_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStateChanged:
    """What the agent does now and since when; `pending` is what follows the call (`log_out` or a
    pause reason)."""

    agent_id: int
    state: str
    reason: str | None
    since: datetime
    extension: str | None
    call_id: str | None
    pending: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpStarted:
    """The agent is out of the call; by `deadline_at` he owes disposition, note and next step."""

    call_id: str
    agent_id: int
    deadline_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpFinished:
    """`ending`: saved, skipped, expired, or not_needed (nothing was owed after all)."""

    call_id: str
    agent_id: int
    ending: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSaved:
    call_id: str
    agent_id: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChanged:
    """A task is new, edited, handed over, reopened or counts another call."""

    task_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDone:
    """`ending`: done, talked or cancelled."""

    task_id: int
    ending: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderDue:
    """The assignee wanted to be reminded of the task now; told once."""

    task_id: int
    agent_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackEscalated:
    """Nobody called back in time: the supervisors are told, once."""

    task_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadChanged:
    """A lead is new, moved, edited, taken, converted, deleted or brought back."""

    lead_id: int
    client_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DealChanged:
    """A deal is new, moved, edited, handed over, deleted or brought back."""

    deal_id: int
    client_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """A handover is done, or taken back (then `counts` is empty); `agent_ids`: whose lists are not
    what they were. Few records are announced one by one besides."""

    handover_id: int
    by_agent_id: int
    to_agent_id: int | None
    agent_ids: tuple[int, ...]
    counts: Mapping[str, int]
