"""Hang-up causes (Q.850) and dial statuses, read as ends of offers and of calls."""

from telephony.events import OfferResult, Outcome

NORMAL_CLEARING = 16
USER_BUSY = 17
NO_USER_RESPONSE = 18
NO_ANSWER = 19
CALL_REJECTED = 21
ANSWERED_ELSEWHERE = 26
SWITCH_CONGESTION = 42

_OFFER_RESULTS = {
    USER_BUSY: OfferResult.BUSY,
    CALL_REJECTED: OfferResult.REFUSED,
    ANSWERED_ELSEWHERE: OfferResult.ANSWERED_ELSEWHERE,
    NO_ANSWER: OfferResult.NO_ANSWER,
    NO_USER_RESPONSE: OfferResult.NO_ANSWER,
    **dict.fromkeys(
        (1, 2, 3, 20, 22, 27, 28, 34, 38, 41, 42, 44, 47, 50, 58, 88), OfferResult.FAILED
    ),
}

_OUTCOMES = {
    USER_BUSY: Outcome.BUSY,
    **dict.fromkeys((34, 38, 41, 42, 44), Outcome.CONGESTION),
    **dict.fromkeys((1, 2, 3, 20, 21, 22, 27, 28, 29, 47, 50, 58, 88), Outcome.FAILED),
}

_DIAL_OUTCOMES = {
    "BUSY": Outcome.BUSY,
    "CONGESTION": Outcome.CONGESTION,
    "CHANUNAVAIL": Outcome.FAILED,
    "INVALIDARGS": Outcome.FAILED,
    "NOANSWER": Outcome.NO_ANSWER,
}


def offer_result(cause: int) -> OfferResult | None:
    """How a phone that never answered ended, None where the code alone cannot tell."""
    return _OFFER_RESULTS.get(cause)


def outcome_of_cause(cause: int | None) -> Outcome | None:
    """What the code of a leg that never answered says of the call, None where it says nothing."""
    return None if cause is None else _OUTCOMES.get(cause)


def outcome_of_dial(status: str) -> Outcome | None:
    """What DIALSTATUS says of the call; None for ANSWER, CANCEL and unknown words."""
    return _DIAL_OUTCOMES.get(status)
