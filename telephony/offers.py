"""Phones that ring for a call, and how each ringing ends."""

from datetime import datetime

from telephony.call import Call
from telephony.causes import offer_result
from telephony.events import CallOffered, LegRole, OfferEnded, OfferResult
from telephony.legs import Leg, LiveOffer


def ring(call: Call, leg: Leg, at: datetime) -> None:
    """The phone at `leg` begins to ring. With no other person in the call it rings for its owner:
    that is how click-to-call begins, and no offer of a client's call."""
    if leg.offer is not None or leg.role is not LegRole.PHONE:
        return
    alone = all(other is leg for other in call.legs if other.role is not None)
    own = alone and not leg.incoming
    leg.offer = LiveOffer(leg.interface, at, call.waiting_in, own)
    call.offers.append(leg.offer)
    call.say(
        CallOffered(
            at=at,
            call_id=call.id,
            interface=leg.interface,
            queue=call.waiting_in,
            own_request=own,
        )
    )


def close(call: Call, leg: Leg, result: OfferResult, at: datetime) -> None:
    """The ringing at `leg`, if it still rings, ended so."""
    offer = leg.offer
    if offer is None or offer.result is not None:
        return
    offer.result = result
    offer.ended_at = at
    call.say(OfferEnded(at=at, call_id=call.id, interface=offer.interface, result=result))


def was_picked_up(leg: Leg) -> bool:
    """Whether the phone rang for somebody else and was picked up, be it that its owner then would
    not have the call (a follow-me that asks)."""
    offer = leg.offer
    return offer is not None and offer.result is OfferResult.ANSWERED and not offer.own_request


def close_unanswered(call: Call, leg: Leg, at: datetime) -> None:
    """The leg is gone: tell its ringing's end from the cause, or from what the others did."""
    if leg.offer is None or leg.offer.result is not None:
        return
    result = offer_result(leg.cause or 0)
    if leg.answered_at is not None:
        result = OfferResult.ANSWERED
    close(call, leg, result or _by_the_others(call, leg), at)


def _by_the_others(call: Call, leg: Leg) -> OfferResult:
    offer = leg.offer
    assert offer is not None
    for other in call.offers:
        answered_meanwhile = other.ended_at is not None and other.ended_at >= offer.offered_at
        if other is not offer and other.result is OfferResult.ANSWERED and answered_meanwhile:
            return OfferResult.ANSWERED_ELSEWHERE
    if _caller_gave_up(call, leg):
        return OfferResult.ABANDONED
    return OfferResult.NO_ANSWER


def _caller_gave_up(call: Call, leg: Leg) -> bool:
    """Whether whoever the phone rang for has hung up."""
    others = [other for other in call.legs if other is not leg and other.offer is None]
    outside = [other for other in others if other.role is LegRole.TRUNK and not other.stand_in]
    waiting = outside or [other for other in others if other.role is LegRole.PHONE]
    return bool(waiting) and all(other.quit_at for other in waiting)
