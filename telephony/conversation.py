"""Who of a call talks with whom at this moment (pure)."""

from dataclasses import dataclass

from telephony.bridges import together
from telephony.call import Call
from telephony.events import LegRole
from telephony.legs import Channel, Leg
from telephony.talk import TalkState


@dataclass(frozen=True, slots=True)
class Conversation:
    """`agents` are together with the outside party, on hold or not."""

    state: TalkState
    agents: tuple[Leg, ...] = ()
    outside: bool = False


def conversation(call: Call) -> Conversation:
    """The call's talk as its bridges and holds show it now.

    One who has put the others on hold neither talks nor listens. Time counts as held only after
    somebody has answered: music before that is a queue's.
    """
    agents: list[Leg] = []
    talking = outside_seen = False
    for group in _groups(call):
        outside, there = _sides(call, group)
        if not outside or not there:
            continue
        outside_seen = outside_seen or outside[0].role is LegRole.TRUNK
        agents.extend(leg for leg in there if leg not in agents)
        if any(not leg.held_since for leg in outside) and any(not leg.held_since for leg in there):
            talking = True
    if talking:
        return Conversation(TalkState.TALKING, tuple(agents), outside_seen)
    if call.answers and _is_held(call):
        return Conversation(TalkState.HELD, tuple(agents), outside_seen)
    return Conversation(TalkState.APART, tuple(agents), outside_seen)


def _groups(call: Call) -> list[list[Leg]]:
    seen: set[Channel] = set()
    groups = []
    for channel in call.channels.values():
        if channel.bridge is None or channel in seen:
            continue
        members = together(channel)
        seen.update(members)
        legs = [member.leg for member in members if member.leg.role is not None]
        if len(legs) > 1:
            groups.append(legs)
    return groups


def _sides(call: Call, legs: list[Leg]) -> tuple[list[Leg], list[Leg]]:
    """The outside parties and the agents of those who hear each other."""
    outside = [leg for leg in legs if leg.role is LegRole.TRUNK and not leg.stand_in]
    phones = [leg for leg in legs if leg.role is LegRole.PHONE]
    if outside:
        return outside, phones or [leg for leg in legs if leg.for_agent]
    if not call.is_internal_talk() or not phones:
        return [], []
    caller = call.first if call.first in phones else min(phones, key=lambda leg: leg.started_at)
    return [caller], [leg for leg in phones if leg is not caller]


def _is_held(call: Call) -> bool:
    for channel in call.channels.values():
        if channel.leg.role is not None and (channel.parked or channel.leg.held_since):
            return True
    return False
