"""How a call's story closes: the whole record is the last word, a partial one is merged (pure).

The rule for a record that began in the middle (`complete` is False), so that nothing known is
lost: the earlier start and the earlier first answer stand; parties known from the beginning stand;
offers, talks, holds and transfers are united by phone and time; a call once answered stays
answered. Then talk = the union of all talks without the holds, hold = the union of the holds,
wait = start to first answer (or end); where the record itself counts more talk or hold than that,
the record is believed.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from crm_core.calls.cleaning import INTERFACE, KEY, clean, clean_or_none
from crm_core.calls.spans import Span, seconds_within, seconds_without
from crm_core.calls.story import HoldRow, Knowledge, OfferRow, Story, TalkRow, TransferRow
from telephony.events import (
    CallEnded,
    CallRecord,
    Direction,
    EndedBy,
    Offer,
    OfferResult,
    Outcome,
)
from telephony.ids import CallId, Interface, Linkedid


def on_call_ended(story: Story, fact: CallEnded, known: Knowledge) -> None:
    """Close `story` with the record; a partial record says nothing to a story that is complete."""
    record = fact.record
    if story.ended and story.complete and not record.complete:
        return
    alone = not story.stored and not story.offers and not story.talks
    if record.complete or alone:
        take(story, record, record.ended_at or fact.at, known)
    else:
        merge(story, record, record.ended_at or fact.at, known)


def take(story: Story, record: CallRecord, ended_at: datetime, known: Knowledge) -> None:
    """Close `story` as the record says: it knows the call from its beginning."""
    story.started_at = record.started_at
    story.answered_at = record.answered_at
    story.queue = clean_or_none(record.queue, INTERFACE)
    story.outcome = (record.outcome or _likely_outcome(story)).value
    story.wait_seconds = record.wait_seconds
    story.talk_seconds = record.talk_seconds
    story.hold_seconds = record.hold_seconds
    _close(story, record, ended_at, known)
    story.describe(record.direction, record.caller, record.caller_name, record.dialled, known)
    _replace_children(story, record, known)
    _add_talks(story, record, ended_at, known)
    _close_rows(story, ended_at, _unanswered(record.outcome))


def merge(story: Story, record: CallRecord, ended_at: datetime, known: Knowledge) -> None:
    ended_at = max(ended_at, story.ended_at or ended_at)
    story.started_at = min(story.started_at, record.started_at)
    if story.nameless:
        story.describe(record.direction, record.caller, record.caller_name, record.dialled, known)
    story.queue = clean_or_none(record.queue, INTERFACE) or story.queue
    _unite_children(story, record, known)
    _add_talks(story, record, ended_at, known)
    answers = [at for at in (story.answered_at, record.answered_at) if at is not None]
    story.answered_at = min(answers, default=None)
    _close_rows(story, ended_at, _unanswered(record.outcome))
    outcome = Outcome.ANSWERED if answers else record.outcome
    story.outcome = (outcome or _likely_outcome(story)).value
    _close(story, record, ended_at, known)
    _measure(story, ended_at)
    story.talk_seconds = max(story.talk_seconds, record.talk_seconds)
    story.hold_seconds = max(story.hold_seconds, record.hold_seconds)


def _close(story: Story, record: CallRecord, ended_at: datetime, known: Knowledge) -> None:
    story.ended_at = ended_at
    story.ended_by = record.ended_by.value if record.ended_by else None
    story.hangup_cause = record.hangup_cause
    story.complete = record.complete
    story.add_linkedids(*record.linkedids)
    story.legs = [
        replace(
            leg,
            channel=clean(leg.channel, INTERFACE),
            interface=Interface(clean(leg.interface, INTERFACE)),
        )
        for leg in record.legs
        if len(leg.uniqueid) <= KEY
    ]
    story.dirty = True


def _replace_children(story: Story, record: CallRecord, known: Knowledge) -> None:
    before = story.offers
    story.offers = [_offer(offer, before, known) for offer in _distinct_offers(record.offered)]
    kept = {offer.key for offer in story.offers}
    story.gone_offers += [offer for offer in before if offer.key not in kept]
    holds = _holds(record)
    story.gone_holds += [hold for hold in story.holds if hold.key not in {h.key for h in holds}]
    story.holds = holds
    moves = _transfers(record)
    story.gone_transfers += [
        move for move in story.transfers if move.key not in {m.key for m in moves}
    ]
    story.transfers = moves


def _unite_children(story: Story, record: CallRecord, known: Knowledge) -> None:
    for offer in _distinct_offers(record.offered):
        same = _same_offer(story.offers, offer)
        if same is None:
            story.offers.append(_offer(offer, [], known))
        elif same.result is None and offer.result is not None:
            same.result, same.ended_at, same.dirty = offer.result.value, offer.ended_at, True
    mine = {hold.key: hold for hold in story.holds}
    for hold in _holds(record):
        known_hold = mine.get(hold.key) or next(
            (h for h in story.holds if h.interface == hold.interface and h.ended_at is None), None
        )
        if known_hold is None:
            story.holds.append(hold)
        elif known_hold.ended_at is None:
            known_hold.ended_at, known_hold.dirty = hold.ended_at, True
    moved = {move.key for move in story.transfers}
    story.transfers += [move for move in _transfers(record) if move.key not in moved]


def _same_offer(offers: list[OfferRow], offer: Offer) -> OfferRow | None:
    """The stored ringing that `offer` tells again: it had begun before the link broke."""
    interface = clean(offer.interface, INTERFACE)
    for row in offers:
        if row.interface != interface:
            continue
        if row.offered_at == offer.offered_at or (
            row.offered_at <= offer.offered_at
            and (row.ended_at is None or offer.offered_at < row.ended_at)
        ):
            return row
    return None


def _offer(offer: Offer, before: list[OfferRow], known: Knowledge) -> OfferRow:
    interface = clean(offer.interface, INTERFACE)
    rows = [row for row in before if row.interface == interface]
    exact = [row for row in rows if row.offered_at == offer.offered_at]
    told = (exact or rows)[:1]
    agent_id = told[0].agent_id if told else known.agent_at(interface)
    return OfferRow(
        interface,
        offer.offered_at,
        agent_id,
        clean_or_none(offer.queue, INTERFACE),
        offer.ended_at,
        offer.result.value if offer.result else None,
    )


def _distinct_offers(offers: Iterable[Offer]) -> list[Offer]:
    return list({(offer.interface, offer.offered_at): offer for offer in offers}.values())


def _holds(record: CallRecord) -> list[HoldRow]:
    rows = [
        HoldRow(clean(hold.interface, INTERFACE), hold.started_at, hold.parked, hold.ended_at)
        for hold in record.holds
    ]
    return list({row.key: row for row in rows}.values())


def _transfers(record: CallRecord) -> list[TransferRow]:
    rows = [
        TransferRow(
            move.kind.value,
            move.at,
            clean(move.from_interface, INTERFACE),
            clean(move.to, INTERFACE),
        )
        for move in record.transfers
    ]
    return list({row.key: row for row in rows}.values())


def _add_talks(story: Story, record: CallRecord, ended_at: datetime, known: Knowledge) -> None:
    """A phone that talked according to the record but was never heard answering gets its talk."""
    have = {talk.interface for talk in story.talks}
    for interface in record.answered_by:
        if interface in have:
            continue
        leg = next(
            (leg for leg in record.legs if leg.interface == interface and leg.answered_at), None
        )
        start = (leg and leg.answered_at) or record.answered_at or record.started_at
        end = (leg and leg.ended_at) or ended_at
        phone = clean(interface, INTERFACE)
        have.add(interface)
        story.talks.append(TalkRow(phone, start, known.agent_at(phone), max(start, end)))


def _close_rows(story: Story, at: datetime, unanswered: OfferResult) -> None:
    """Nothing rings, talks or is held in a call that is over."""
    for offer in story.offers:
        if offer.result is None:
            offer.result, offer.ended_at, offer.dirty = unanswered.value, at, True
    for talk in story.talks:
        if talk.ended_at is None:
            talk.ended_at, talk.dirty = max(at, talk.started_at), True
    for hold in story.holds:
        if hold.ended_at is None:
            hold.ended_at, hold.dirty = max(at, hold.started_at), True


def _unanswered(outcome: Outcome | None) -> OfferResult:
    return OfferResult.NO_ANSWER if outcome is Outcome.NO_ANSWER else OfferResult.ABANDONED


def _likely_outcome(story: Story) -> Outcome:
    if story.answered_at is not None:
        return Outcome.ANSWERED
    return Outcome.ABANDONED if story.direction is Direction.INBOUND else Outcome.NO_ANSWER


def _measure(story: Story, ended_at: datetime) -> None:
    talks: list[Span] = [(talk.started_at, talk.ended_at or ended_at) for talk in story.talks]
    holds: list[Span] = [(hold.started_at, hold.ended_at or ended_at) for hold in story.holds]
    story.talk_seconds = seconds_without(talks, holds)
    story.hold_seconds = seconds_within(holds, [(story.started_at, ended_at)])
    waited = (story.answered_at or ended_at) - story.started_at
    story.wait_seconds = max(0.0, waited.total_seconds())


def orphan_record(story: Story, at: datetime) -> CallRecord:
    """What is left to say of a call that the exchange no longer has: ended by the system."""
    ended_at = max([at, story.started_at, *(talk.started_at for talk in story.talks)])
    closed = replace(story, talks=[replace(t) for t in story.talks], offers=[], holds=[])
    closed.holds = [replace(hold) for hold in story.holds]
    _measure(closed, ended_at)
    return CallRecord(
        call_id=CallId(story.call_id),
        linkedids=tuple(Linkedid(each) for each in sorted(story.linkedids)),
        direction=story.direction,
        caller=story.caller,
        caller_name=story.caller_name,
        dialled=story.dialled,
        queue=story.queue,
        outcome=_likely_outcome(story),
        answered_by=tuple(dict.fromkeys(Interface(talk.interface) for talk in story.talks)),
        offered=(),
        started_at=story.started_at,
        answered_at=story.answered_at,
        ended_at=ended_at,
        wait_seconds=closed.wait_seconds,
        talk_seconds=closed.talk_seconds,
        hold_seconds=closed.hold_seconds,
        transfers=(),
        ended_by=EndedBy.SYSTEM,
        hangup_cause=None,
        complete=False,
    )
