"""What comes next, and why: a pure function of what there is and of the time.

Whoever waits for us now comes before whoever was promised something, and that before what we want
ourselves. Two things of one sort: the one that has waited longest first; but of fresh leads the
newest, because a request cools by the minute.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

BEGINS_SOON: Final = timedelta(minutes=10)
"""So long before its time a meeting, or a call at an hour, is the next thing."""


class ItemKind(StrEnum):
    """What an item is: an open task, a lead nobody has touched, a client nobody has heard of."""

    TASK = "task"
    LEAD = "lead"
    CLIENT = "client"


class Reason(StrEnum):
    """Why it is in the queue; the order is that of the queue."""

    MEETING_BEGINS = "meeting_begins"
    CALLBACK_LATE = "callback_late"
    CALL_PROMISED = "call_promised"
    CALLBACK = "callback"
    LEAD_FRESH = "lead_fresh"
    OVERDUE = "overdue"
    CLIENT_OWES = "client_owes"
    WRAP_UP_OWED = "wrap_up_owed"
    DUE_TODAY = "due_today"
    CLIENT_QUIET = "client_quiet"


@dataclass(frozen=True, slots=True)
class Item:
    """`at`: when a task is due, a lead came, a client was last heard of. `title` is the text that a
    person wrote, if any; `call_count` how often a missed caller tried."""

    kind: ItemKind
    id: int
    at: datetime
    task_kind: str = ""
    ends_at: datetime | None = None
    owed_by: str = "us"
    title: str = ""
    client_id: int | None = None
    client_name: str = ""
    number: str = ""
    call_count: int = 0
    version: int = 0

    @property
    def key(self) -> str:
        """Its name in addresses: `task-12`."""
        return f"{self.kind}-{self.id}"


@dataclass(frozen=True, slots=True)
class Ranked:
    """An item and why it stands where it stands."""

    item: Item
    reason: Reason


@dataclass(frozen=True, slots=True)
class Queue:
    """`now`: what can be done, the next thing first; `later`: what has its hour, by the hour."""

    now: tuple[Ranked, ...]
    later: tuple[Ranked, ...]


def rank(items: Iterable[Item], now: datetime) -> Queue:
    """Every item once, in `now` or in `later`; the same items give the same order."""
    ranked = [Ranked(item, reason_of(item, now)) for item in items]
    due = [one for one in ranked if not has_its_hour(one.item, now)]
    waiting = [one for one in ranked if has_its_hour(one.item, now)]
    return Queue(
        tuple(sorted(due, key=_place)),
        tuple(sorted(waiting, key=lambda one: (one.item.at, one.item.key))),
    )


def reason_of(item: Item, now: datetime) -> Reason:
    """Why this item is something to do."""
    if item.kind is ItemKind.LEAD:
        return Reason.LEAD_FRESH
    if item.kind is ItemKind.CLIENT:
        return Reason.CLIENT_QUIET
    if item.task_kind == "callback":
        return Reason.CALLBACK_LATE if item.at < now else Reason.CALLBACK
    if item.task_kind == "wrap_up":
        return Reason.WRAP_UP_OWED
    if item.owed_by == "client":
        return Reason.CLIENT_OWES
    if item.task_kind == "meeting" and now < (item.ends_at or item.at):
        return Reason.MEETING_BEGINS
    if item.task_kind == "call":
        return Reason.CALL_PROMISED
    return Reason.OVERDUE if item.at < now else Reason.DUE_TODAY


def has_its_hour(item: Item, now: datetime) -> bool:
    """Whether it is too early for it: a meeting, and a call that was promised for an hour."""
    kept = item.kind is ItemKind.TASK and item.task_kind in ("meeting", "call")
    return kept and item.at - BEGINS_SOON > now


_ORDER: Final = {reason: place for place, reason in enumerate(Reason)}


def _place(one: Ranked) -> tuple[int, float, str]:
    moment = one.item.at.timestamp()
    newest_first = one.reason is Reason.LEAD_FRESH
    return _ORDER[one.reason], -moment if newest_first else moment, one.item.key
