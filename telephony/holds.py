"""Hold and park: who keeps the other party waiting, since when (pure)."""

from datetime import datetime

from telephony.bridges import together
from telephony.call import Call, LiveHold
from telephony.events import CallHeld, CallResumed, LegRole
from telephony.ids import Interface
from telephony.legs import Channel, Leg


def begin(call: Call, leg: Leg, at: datetime) -> None:
    """The line at `leg` put the others on hold."""
    if leg.role is None or leg.held_since is not None:
        return
    leg.held_since = at
    if call.answers:
        _open(call, leg.interface, at, parked=False)


def end(call: Call, leg: Leg, at: datetime) -> None:
    """The line at `leg` is back, or gone."""
    if leg.held_since is None:
        return
    leg.held_since = None
    _close(call, at, leg.interface, parked=False)


def end_by_return(call: Call, channel: Channel, at: datetime) -> None:
    """An attended transfer by feature code that was broken off gives a Hold and no Unhold: the
    line is back when it enters the outside party's bridge again."""
    if channel.leg.held_since is None:
        return
    others = [member.leg for member in together(channel) if member is not channel]
    if any(leg.role is LegRole.TRUNK and not leg.stand_in for leg in others):
        end(call, channel.leg, at)


def end_all(call: Call, channel: Channel, at: datetime) -> None:
    """The channel hangs up: whatever waiting it caused or bore is over. Its leg has ended."""
    end(call, channel.leg, at)
    if channel.parked:
        channel.parked = False
        unpark(call, at)
    if not _anybody_waits(call):
        for leg in call.legs:
            end(call, leg, at)


def _anybody_waits(call: Call) -> bool:
    """Whether somebody is left whom a hold can keep waiting: the client, or among phones one who
    has not put the others on hold himself."""
    if call.connected_outside:
        return any(leg.ended_at is None for leg in call.outside_legs())
    return any(not leg.held_since for leg in call.living_legs())


def park(call: Call, parker: Interface, at: datetime) -> None:
    """`parker` put the outside party into a parking lot."""
    if not any(hold.parked and hold.ended_at is None for hold in call.holds):
        _open(call, parker, at, parked=True)


def unpark(call: Call, at: datetime) -> None:
    """Out of the parking lot, whichever way."""
    _close(call, at, None, parked=True)


def close(call: Call, at: datetime) -> None:
    """The call is over: so is every hold."""
    for hold in call.holds:
        if hold.ended_at is None:
            hold.ended_at = at


def _open(call: Call, interface: Interface, at: datetime, *, parked: bool) -> None:
    call.holds.append(LiveHold(interface, at, parked))
    call.say(CallHeld(at=at, call_id=call.id, interface=interface, parked=parked))


def _close(call: Call, at: datetime, interface: Interface | None, *, parked: bool) -> None:
    for hold in call.holds:
        is_it = hold.parked if parked else not hold.parked and hold.interface == interface
        if is_it and hold.ended_at is None:
            hold.ended_at = at
            call.say(CallResumed(at=at, call_id=call.id, interface=hold.interface))
