"""Facts of small telephone scenes, and the office they happen in."""

from datetime import UTC, datetime, timedelta

from telephony import events
from telephony.events import CallRecord, Direction, OfferResult, Outcome, TransferKind
from telephony.ids import CallId, Interface, Linkedid

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANNA, BORIS = 1, 2
ANNAS_PHONE, BORIS_PHONE, TRUNK = Interface("PJSIP/101"), Interface("PJSIP/102"), "PJSIP/trunk"
IVANS_NUMBER = "+79161234567"


class Office:
    """Anna sits at 101, Boris at 102, until somebody is moved."""

    def __init__(self) -> None:
        self.seats: dict[str, int] = {ANNAS_PHONE: ANNA, BORIS_PHONE: BORIS}

    def agent_at(self, interface: str) -> int | None:
        return self.seats.get(interface)

    def interface_of(self, agent_id: int) -> str | None:
        return next((phone for phone, who in self.seats.items() if who == agent_id), None)

    def name_of(self, agent_id: int) -> str:
        return {ANNA: "Anna Orlova", BORIS: "Boris Klimov"}.get(agent_id, "")


def at(seconds: float) -> datetime:
    """So many seconds after nine."""
    return NINE + timedelta(seconds=seconds)


def started(
    call: str = "1.1",
    *,
    direction: Direction = Direction.INBOUND,
    caller: str = IVANS_NUMBER,
    dialled: str = "4951112233",
    interface: str = TRUNK,
    seconds: float = 0,
) -> events.CallStarted:
    return events.CallStarted(
        at=at(seconds),
        call_id=CallId(call),
        linkedid=Linkedid(call),
        direction=direction,
        caller=caller,
        caller_name="",
        dialled=dialled,
        interface=Interface(interface),
    )


def offered(
    phone: Interface, call: str = "1.1", seconds: float = 1, own_request: bool = False
) -> events.CallOffered:
    return events.CallOffered(
        at=at(seconds),
        call_id=CallId(call),
        interface=phone,
        queue="sales",
        own_request=own_request,
    )


def offer_ended(
    phone: Interface, result: OfferResult, call: str = "1.1", seconds: float = 5
) -> events.OfferEnded:
    return events.OfferEnded(at=at(seconds), call_id=CallId(call), interface=phone, result=result)


def answered(phone: Interface, call: str = "1.1", seconds: float = 5) -> events.CallAnswered:
    return events.CallAnswered(at=at(seconds), call_id=CallId(call), interface=phone)


def left(phone: Interface, call: str = "1.1", seconds: float = 60) -> events.CallLeft:
    return events.CallLeft(at=at(seconds), call_id=CallId(call), interface=phone)


def held(
    phone: Interface, call: str = "1.1", seconds: float = 10, parked: bool = False
) -> events.CallHeld:
    return events.CallHeld(at=at(seconds), call_id=CallId(call), interface=phone, parked=parked)


def resumed(phone: Interface, call: str = "1.1", seconds: float = 20) -> events.CallResumed:
    return events.CallResumed(at=at(seconds), call_id=CallId(call), interface=phone)


def transferred(
    phone: Interface, to: str, call: str = "1.1", seconds: float = 30
) -> events.CallTransferred:
    return events.CallTransferred(
        at=at(seconds),
        call_id=CallId(call),
        kind=TransferKind.BLIND,
        from_interface=phone,
        to=to,
    )


def joined(call: str, absorbed: str, seconds: float = 40) -> events.CallsJoined:
    return events.CallsJoined(at=at(seconds), call_id=CallId(call), absorbed_id=CallId(absorbed))


def ended(
    call: str = "1.1", outcome: Outcome = Outcome.ANSWERED, seconds: float = 60
) -> events.CallEnded:
    record = CallRecord(
        call_id=CallId(call),
        linkedids=(Linkedid(call),),
        direction=Direction.INBOUND,
        caller=IVANS_NUMBER,
        caller_name="",
        dialled="4951112233",
        queue="sales",
        outcome=outcome,
        answered_by=(),
        offered=(),
        started_at=at(0),
        answered_at=None,
        ended_at=at(seconds),
        wait_seconds=0,
        talk_seconds=0,
        hold_seconds=0,
        transfers=(),
        ended_by=None,
        hangup_cause=16,
    )
    return events.CallEnded(at=at(seconds), call_id=CallId(call), record=record)
