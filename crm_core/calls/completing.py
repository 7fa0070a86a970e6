"""How a call's story is completed by the exchange's own log (pure).

The log tells a call from beginning to end, but not all of it: who was held shows seldom, whom the
exchange was asked to dial for us never, and neither does a machine's or a mailbox's verdict. What
is known of these stays. The rest is the log's: it has seen what we have not.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from crm_core.calls.ending import merge, take
from crm_core.calls.spans import Span, seconds_within
from crm_core.calls.story import Knowledge, Story
from telephony.events import CallRecord, CallRetold, EndedBy, Hold, LegRecord, Outcome
from telephony.ids import Interface

VARIABLES: Final = frozenset({Outcome.MACHINE, Outcome.VOICEMAIL})
"""Outcomes that only a variable tells: what was heard of them stands."""


def on_call_retold(story: Story, fact: CallRetold, known: Knowledge) -> CallRecord | None:
    """Complete `story`; the record it now agrees with, None where nothing was left to add."""
    if story.ended and story.complete and not fact.is_wanted:
        return None
    record = _with_what_is_known(story, fact.record)
    ended_at = record.ended_at or fact.at
    if fact.is_coarse and story.stored:
        merge(story, replace(record, complete=False), ended_at, known)
        story.complete = True
        return record
    _end_talks(story, record.legs, ended_at)
    take(story, record, ended_at, known)
    return record


def _with_what_is_known(story: Story, record: CallRecord) -> CallRecord:
    if not story.stored:
        return record
    heard = story.outcome in VARIABLES and record.outcome is not Outcome.ANSWERED
    asked_by_us = bool(story.dialled and not record.dialled)
    record = replace(
        record,
        direction=story.direction if asked_by_us else record.direction,
        caller=record.caller or story.caller,
        caller_name=record.caller_name or story.caller_name,
        dialled=record.dialled or story.dialled,
        queue=record.queue or story.queue,
        outcome=Outcome(story.outcome) if heard and story.outcome else record.outcome,
        ended_by=record.ended_by or (EndedBy(story.ended_by) if story.ended_by else None),
    )
    if record.holds or not story.holds:
        return record
    return _with_holds(story, record)


def _with_holds(story: Story, record: CallRecord) -> CallRecord:
    """Holds that only we have heard, taken out of the talk that the log counts through."""
    ended_at = record.ended_at or record.started_at
    holds = tuple(
        Hold(Interface(h.interface), h.started_at, h.ended_at or ended_at, h.parked)
        for h in story.holds
    )
    spans: list[Span] = [(hold.started_at, hold.ended_at or ended_at) for hold in holds]
    held = seconds_within(spans, [(record.started_at, ended_at)])
    unheld = max(0.0, record.talk_seconds + record.hold_seconds - held)
    return replace(record, holds=holds, hold_seconds=held, talk_seconds=unheld)


def _end_talks(story: Story, legs: Iterable[LegRecord], ended_at: datetime) -> None:
    """Who was talking when we lost the call left it when his line ended, be it before the call."""
    for talk in story.talks:
        if talk.ended_at is None:
            ends = [
                leg.ended_at
                for leg in legs
                if leg.interface == talk.interface
                and leg.ended_at is not None
                and leg.ended_at >= talk.started_at
            ]
            talk.ended_at, talk.dirty = min(ends, default=max(ended_at, talk.started_at)), True
