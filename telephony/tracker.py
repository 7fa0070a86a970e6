"""The call tracker: what Asterisk says, event by event, becomes facts about conversations (pure).

A call is a set of channels that share a linkedid, a uniqueid, a dial, a bridge, a Local pair, a
transfer, a pickup or a parking space, joined transitively. What is said of an unknown channel is
not believed. A failure over one message is logged with its call, ends that call as best known, and
stops nothing else.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from telephony import holds, offers, transfers
from telephony.call import Call
from telephony.conversation import conversation
from telephony.events import (
    CallAnswered,
    CallDescribed,
    CallEnded,
    CallLeft,
    CallLeftQueue,
    CallQueued,
    CallRecord,
    Fact,
    LegRole,
    OfferResult,
    TransferKind,
)
from telephony.floor import Floor
from telephony.ids import Interface, Uniqueid
from telephony.legs import STATE_BUSY, Channel, Leg
from telephony.outcome import is_worth_telling, judge, was_worth_telling
from telephony.resync import CHANNELS_END, Snapshot, adopt
from telephony.said import (
    AttendedTransferred,
    BlindTransferred,
    BridgeEntered,
    BridgeGone,
    BridgeLeft,
    BridgeListed,
    BridgeMemberListed,
    ChannelBorn,
    ChannelChanged,
    ChannelGone,
    ChannelListed,
    ChannelParked,
    ChannelRenamed,
    ChannelStatus,
    DialBegan,
    DialEnded,
    EntryListed,
    ExchangeBooted,
    ExchangeStopped,
    HangupAsked,
    HoldBegan,
    HoldEnded,
    ListEnded,
    LocalsPaired,
    MemberRung,
    Originated,
    ParkingEnded,
    PickedUp,
    QueueJoined,
    QueueLeft,
    SpyBegan,
    VariableSet,
    Wire,
)
from telephony.wire import DIALLED_VARIABLE

log = logging.getLogger(__name__)

LINGER = timedelta(seconds=2)
"""How long a click-to-call that failed waits for Asterisk to say whom it was meant for."""

PARTING = timedelta(seconds=3)
"""How long a call outlives its client while a phone of ours stays off the hook alone."""

BOOT_SLACK = timedelta(seconds=2)
"""Asterisk tells its uptime in whole seconds, and clocks differ a little."""

SILENCE = timedelta(hours=12)
"""A call of which nothing was heard for so long has lost its end: no shift is longer."""


class CallTracker:
    """Feed it in order; it answers with facts. No clock, no I/O; `is_phone` judges interfaces."""

    def __init__(self, is_phone: Callable[[str], bool]) -> None:
        self._out: list[Fact] = []
        self._floor = Floor(is_phone, self._out)
        self._touched: dict[Call, None] = {}
        self._lingering: dict[Call, datetime] = {}
        self._deserted: dict[Call, datetime] = {}
        self._snapshot = Snapshot()
        self._lost_at: datetime | None = None
        self._handlers: dict[type[Wire], Callable[[Any], None]] = {
            ChannelBorn: self._on_born,
            ChannelChanged: self._on_changed,
            ChannelRenamed: self._on_renamed,
            HangupAsked: self._on_hangup_asked,
            ChannelGone: self._on_gone,
            DialBegan: self._on_dial_began,
            DialEnded: self._on_dial_ended,
            BridgeEntered: self._on_bridge_entered,
            BridgeLeft: self._on_bridge_left,
            BridgeGone: self._on_bridge_gone,
            LocalsPaired: self._on_locals_paired,
            HoldBegan: self._on_hold,
            HoldEnded: self._on_unhold,
            BlindTransferred: self._on_blind_transfer,
            AttendedTransferred: self._on_attended_transfer,
            ChannelParked: self._on_parked,
            ParkingEnded: self._on_parking_ended,
            PickedUp: self._on_picked_up,
            SpyBegan: self._on_spy,
            VariableSet: self._on_variable,
            QueueJoined: self._on_queue_joined,
            QueueLeft: self._on_queue_left,
            MemberRung: self._on_member_rung,
            Originated: self._on_originated,
            ExchangeStopped: self._on_stopped,
            ExchangeBooted: self._on_booted,
            ListEnded: self._on_list_ended,
            **dict.fromkeys(
                (ChannelListed, ChannelStatus, BridgeListed, BridgeMemberListed, EntryListed),
                self._snapshot.take,
            ),
        }

    # --- what others ask -------------------------------------------------------------------------

    def feed(self, wire: Wire) -> list[Fact]:
        """The facts that follow from one thing Asterisk said, in true order."""
        handler = self._handlers.get(type(wire))
        if handler is not None:
            self._guarded(handler, wire)
        if self._lingering or self._deserted:
            self._look_after_ends(wire.at)
        return self._taken()

    def live(self) -> tuple[CallRecord, ...]:
        """The calls that are going on, as known now, in order of their start."""
        calls = [call for call in self._floor.calls.values() if call.started]
        calls.sort(key=lambda call: (call.began_at, call.id))
        return tuple(call.record(call.touched_at or call.began_at) for call in calls)

    def sweep(self, now: datetime) -> list[Fact]:
        """End what has been silent for longer than any call lasts: its end was lost."""
        for call in list(self._floor.calls.values()):
            if call.touched_at is None or now - call.touched_at > SILENCE:
                self._end(call, call.touched_at or now, cut=True)
        self._look_after_ends(now)
        return self._taken()

    def finish(self, at: datetime) -> list[Fact]:
        """Nothing more will come: calls whose channels have all gone are ended."""
        self._look_after_ends(at + LINGER + PARTING)
        return self._taken()

    def link_up(self, at: datetime) -> None:
        """A new link: of what is held only what the lists will name still lives."""
        self._snapshot.begin(set(self._floor.channels.by_uniqueid))

    def link_lost(self, at: datetime) -> None:
        """Nothing is heard any more; the calls may well go on."""
        self._lost_at = self._lost_at or at

    def resynced(self, at: datetime) -> list[Fact]:
        """All lists have been told: adopt what is unknown."""
        self._adopt(at)
        self._lost_at = None
        return self._taken()

    def _taken(self) -> list[Fact]:
        facts = self._out.copy()
        self._out.clear()
        return facts

    def _guarded(self, handler: Callable[[Any], None], wire: Wire) -> None:
        self._touched.clear()
        try:
            handler(wire)
            for call in list(self._touched):
                self._settle(call, wire.at)
        except Exception:
            ids = ", ".join(call.id for call in self._touched) or "no call yet"
            log.exception("%s was not understood (%s)", type(wire).__name__, ids)
            self._give_up(wire.at)

    def _give_up(self, at: datetime) -> None:
        """End the calls that could not be understood, and forget their channels."""
        for call in list(self._touched):
            try:
                channels = list(call.channels.values())
                self._end(call, at, cut=True)
            except Exception:
                log.exception("call %s could not be ended properly", call.id)
                self._floor.close(call)
            for channel in channels:
                self._floor.forget(channel)

    # --- channels --------------------------------------------------------------------------------

    def _see(self, seen: Any, at: datetime) -> Channel | None:
        """The known channel, its call marked as touched; None for None and for strangers."""
        if seen is None:
            return None
        if seen.uniqueid in self._snapshot.channels and self._snapshot.complete:
            self._adopt(at)
        channel = self._floor.see(seen, at)
        if channel is not None:
            self._touched[channel.call] = None
            channel.call.touched_at = at
        return channel

    def _on_born(self, wire: ChannelBorn) -> None:
        if self._see(wire.chan, wire.at) or self._floor.has_ended(wire.chan.uniqueid):
            return
        namesake = self._floor.channels.named(wire.chan.channel)
        if namesake is not None:
            self._hang_up(namesake, wire.at)
        channel = self._floor.admit(wire.chan, wire.at)
        self._touched[channel.call] = None
        channel.call.touched_at = wire.at

    def _on_changed(self, wire: ChannelChanged) -> None:
        self._see(wire.chan, wire.at)

    def _on_renamed(self, wire: ChannelRenamed) -> None:
        channel = self._floor.channels.find(wire.uniqueid)
        if channel is None:
            return
        self._touched[channel.call] = None
        other = self._floor.channels.rename(channel, wire.new)
        if other is None:
            return
        self._touched[other.call] = None
        call = self._floor.join(channel.call, other.call, wire.at)
        if other.leg.channel.startswith("AsyncGoto/"):
            self._note_redirect(call, channel, channel.exten, wire.at)
        offers.close(call, other.leg, OfferResult.ANSWERED_ELSEWHERE, wire.at)

    def _on_hangup_asked(self, wire: HangupAsked) -> None:
        channel = self._see(wire.chan, wire.at)
        if channel is None or channel.leg.quit_at is not None or channel.zombie:
            return
        if wire.chan.state == STATE_BUSY:
            return
        by_its_phone = wire.soft and channel.leg.role is LegRole.PHONE
        if not wire.soft or (by_its_phone and channel.bridge and self._is_first_to_go(channel)):
            channel.leg.quit_at = wire.at

    def _is_first_to_go(self, channel: Channel) -> bool:
        return all(leg.quit_at is None for leg in channel.call.legs)

    def _on_gone(self, wire: ChannelGone) -> None:
        channel = self._see(wire.chan, wire.at)
        if channel is not None:
            self._hang_up(channel, wire.at, wire.cause)
        self._snapshot.forget(wire.chan.uniqueid)

    def _hang_up(self, channel: Channel, at: datetime, cause: int | None = None) -> None:
        call, leg = channel.call, channel.leg
        self._touched[call] = None
        leg.ended_at, leg.cause = at, cause
        offers.close_unanswered(call, leg, at)
        holds.end_all(call, channel, at)
        self._floor.forget(channel)
        others = [other.interface for other in call.living_legs()]
        if leg.interface in call.answers and leg.interface not in others:
            call.say(CallLeft(at=at, call_id=call.id, interface=leg.interface))

    # --- dialling --------------------------------------------------------------------------------

    def _on_dial_began(self, wire: DialBegan) -> None:
        source, dest = self._see(wire.source, wire.at), self._see(wire.dest, wire.at)
        if dest is None:
            return
        call = dest.call
        if source is not None:
            call = self._floor.join(source.call, call, wire.at)
        self._activity(call)
        self._name_dialled(call, dest.leg, wire.dial_string)
        if dest.leg.role is not None:
            call.dialled_last = dest.leg
        offers.ring(call, dest.leg, wire.at)

    def _name_dialled(self, call: Call, leg: Leg, dial_string: str) -> None:
        """A client dialled by the exchange itself: its number stands in the dial string."""
        if call.first is leg and leg.role is LegRole.TRUNK and not call.exten:
            call.exten = number_in(dial_string)

    def _on_dial_ended(self, wire: DialEnded) -> None:
        self._see(wire.source, wire.at)
        dest = self._see(wire.dest, wire.at)
        if dest is None:
            return
        if wire.status == "ANSWER":
            offers.close(dest.call, dest.leg, OfferResult.ANSWERED, wire.at)

    def _on_member_rung(self, wire: MemberRung) -> None:
        caller, dest = self._see(wire.chan, wire.at), self._see(wire.dest, wire.at)
        if caller is None or dest is None:
            return
        call = self._floor.join(caller.call, dest.call, wire.at)
        call.queue = call.queue or wire.queue
        offers.ring(call, dest.leg, wire.at)

    def _on_originated(self, wire: Originated) -> None:
        channel = self._floor.channels.find(wire.uniqueid)
        call = channel.call if channel else self._waiting_for(wire.uniqueid)
        if call is None or not wire.exten or wire.application:
            return
        self._touched[call] = None
        if call.first.role is not LegRole.TRUNK and not call.first.incoming:
            call.own_number = call.own_number or wire.exten
        if channel is None and call in self._lingering:
            self._finish_lingering(call)

    def _waiting_for(self, uniqueid: Uniqueid) -> Call | None:
        for call in self._lingering:
            if any(leg.uniqueid == uniqueid for leg in call.legs):
                return call
        return None

    def _on_variable(self, wire: VariableSet) -> None:
        channel = self._see(wire.chan, wire.at)
        if channel is None:
            return
        call = channel.call
        if wire.variable == "DIALSTATUS":
            if channel.leg.role is not None or not call.first.incoming:
                call.dial_status = wire.value
        elif wire.variable == "QUEUESTATUS":
            call.left_unanswered = wire.value != "" and not call.answers
        elif wire.variable == "VMSTATUS":
            call.voicemail = call.voicemail or wire.value in ("SUCCESS", "USEREXIT")
            call.left_unanswered = call.left_unanswered and call.voicemail
            call.dial_status = ""
        elif wire.variable == "AMDSTATUS":
            call.machine = wire.value == "MACHINE"
        elif wire.variable == DIALLED_VARIABLE:
            call.own_number, call.asked_by_us = wire.value[:64], True

    # --- bridges ---------------------------------------------------------------------------------

    def _on_bridge_entered(self, wire: BridgeEntered) -> None:
        channel = self._see(wire.chan, wire.at)
        if channel is None:
            return
        bridge = self._floor.bridges.enter(channel, wire.bridge, wire.holding)
        if wire.holding:
            return
        call = channel.call
        for member in list(bridge.members.values()):
            call = self._floor.join(call, member.call, wire.at)
        channel.leg.handed_over = False
        self._touched[call] = None
        holds.end_by_return(call, channel, wire.at)

    def _on_bridge_left(self, wire: BridgeLeft) -> None:
        channel = self._floor.channels.find(wire.chan.uniqueid)
        if channel is None:
            return
        before = (channel.context, channel.exten)
        was_bridged = channel.bridge is not None and not channel.bridge.holding
        self._see(wire.chan, wire.at)
        if channel.bridge is not None and channel.bridge.uniqueid == wire.bridge:
            self._floor.bridges.leave(channel)
        if was_bridged and before != (channel.context, channel.exten):
            self._note_redirect(channel.call, channel, channel.exten, wire.at)

    def _note_redirect(self, call: Call, channel: Channel, exten: str, at: datetime) -> None:
        """The outside party was sent elsewhere in the dialplan, out of its conversation."""
        if channel.leg.role is None or exten in ("", "h") or channel.leg.quit_at:
            return
        if transfers.is_expected(call, channel.uniqueid) or channel.leg in call.talkers:
            return
        for agent in call.talkers[-1:]:
            transfers.note(
                call, TransferKind.BLIND, at, agent.interface, exten, moved=channel.uniqueid
            )
            self._hand_over(call)

    def _on_bridge_gone(self, wire: BridgeGone) -> None:
        for channel in self._floor.bridges.destroy(wire.bridge):
            self._touched[channel.call] = None

    def _on_locals_paired(self, wire: LocalsPaired) -> None:
        one, two = self._see(wire.one, wire.at), self._see(wire.two, wire.at)
        if one is not None and two is not None:
            self._floor.pair(one, two, wire.at)

    # --- hold, transfer, park, pickup ------------------------------------------------------------

    def _on_hold(self, wire: HoldBegan) -> None:
        channel = self._see(wire.chan, wire.at)
        if channel is not None:
            holds.begin(channel.call, channel.leg, wire.at)

    def _on_unhold(self, wire: HoldEnded) -> None:
        channel = self._see(wire.chan, wire.at)
        if channel is not None:
            holds.end(channel.call, channel.leg, wire.at)

    def _on_blind_transfer(self, wire: BlindTransferred) -> None:
        transferer = self._see(wire.transferer, wire.at)
        transferee = self._see(wire.transferee, wire.at)
        if transferer is None:
            return
        call, leg = transferer.call, transferer.leg
        if transferee is not None:
            call = self._floor.join(call, transferee.call, wire.at)
        moved = transferee.uniqueid if transferee else None
        transfers.note(call, TransferKind.BLIND, wire.at, leg.interface, wire.exten, moved)
        leg.handed_over = True

    def _on_attended_transfer(self, wire: AttendedTransferred) -> None:
        first, second = self._see(wire.first, wire.at), self._see(wire.second, wire.at)
        transferee, target = self._see(wire.transferee, wire.at), self._see(wire.target, wire.at)
        known = [one for one in (first, second, transferee, target) if one is not None]
        if first is None or second is None:
            return
        to = transfers.goal(target, second)
        call = first.call
        for channel in known:
            call = self._floor.join(call, channel.call, wire.at)
        transfers.note(call, TransferKind.ATTENDED, wire.at, first.leg.interface, to)
        first.leg.handed_over = second.leg.handed_over = True
        holds.end(call, first.leg, wire.at)

    def _on_parked(self, wire: ChannelParked) -> None:
        parkee = self._see(wire.parkee, wire.at)
        if parkee is None:
            return
        parkee.parked = True
        transfers.was_parking(parkee.call, parkee.uniqueid)
        holds.park(parkee.call, Interface(wire.parker_dial_string), wire.at)
        self._hand_over(parkee.call)

    def _on_parking_ended(self, wire: ParkingEnded) -> None:
        parkee, retriever = self._see(wire.parkee, wire.at), self._see(wire.retriever, wire.at)
        if parkee is None:
            return
        parkee.parked = False
        holds.unpark(parkee.call, wire.at)
        if retriever is not None:
            self._floor.join(parkee.call, retriever.call, wire.at)

    def _on_picked_up(self, wire: PickedUp) -> None:
        channel, target = self._see(wire.chan, wire.at), self._see(wire.target, wire.at)
        if channel is None or target is None:
            return
        call = self._floor.join(target.call, channel.call, wire.at)
        offers.close(call, target.leg, OfferResult.ANSWERED_ELSEWHERE, wire.at)

    def _on_spy(self, wire: SpyBegan) -> None:
        spyer = self._see(wire.spyer, wire.at)
        if spyer is not None:
            spyer.leg.role = None

    def _hand_over(self, call: Call) -> None:
        for leg in call.talkers:
            leg.handed_over = True

    # --- queues ----------------------------------------------------------------------------------

    def _on_queue_joined(self, wire: QueueJoined) -> None:
        channel = self._see(wire.chan, wire.at)
        if channel is None:
            return
        call = channel.call
        self._activity(call)
        call.left_unanswered = False
        if not call.answers or call.queue is None:
            call.queue = wire.queue
        call.waiting_in = wire.queue
        call.say(CallQueued(at=wire.at, call_id=call.id, queue=wire.queue, position=wire.position))

    def _on_queue_left(self, wire: QueueLeft) -> None:
        channel = self._see(wire.chan, wire.at)
        if channel is None or channel.call.waiting_in != wire.queue:
            return
        channel.call.waiting_in = None
        channel.call.say(CallLeftQueue(at=wire.at, call_id=channel.call.id, queue=wire.queue))

    def _activity(self, call: Call) -> None:
        """Somebody is being sought: earlier failures are history, a transfer has led somewhere."""
        self._touched[call] = None
        call.dial_status = ""
        transfers.settle(call)

    # --- the exchange ----------------------------------------------------------------------------

    def _on_stopped(self, wire: ExchangeStopped) -> None:
        self._end_everything(wire.at)

    def _on_booted(self, wire: ExchangeBooted) -> None:
        """A login: an Asterisk younger than a channel we hold has never known that channel."""
        self.link_up(wire.at)
        if wire.uptime_seconds is None:
            return
        booted_at = wire.at - timedelta(seconds=wire.uptime_seconds) - BOOT_SLACK
        for channel in list(self._floor.channels.by_uniqueid.values()):
            if channel.leg.started_at < booted_at:
                self._vanish(channel, wire.at)

    def _on_list_ended(self, wire: ListEnded) -> None:
        self._snapshot.take(wire)
        if wire.name != CHANNELS_END:
            return
        gone = [self._floor.channels.find(one) for one in self._snapshot.vanished()]
        for channel in gone:
            if channel is not None:
                self._vanish(channel, wire.at)

    def _vanish(self, channel: Channel, at: datetime) -> None:
        """The channel ended while nothing was heard: its call, if it ends so, was cut for us."""
        call = channel.call
        self._hang_up(channel, self._lost_at or at)
        if not call.channels:
            log.warning("call %s ended while nothing was heard", call.id)
            self._end(call, self._lost_at or at, cut=True)

    def _adopt(self, at: datetime) -> None:
        for call in adopt(self._snapshot, self._floor, at):
            if call.ended:
                continue
            call.touched_at = at
            told = [leg.answered_at for leg in call.living_legs() if leg.answered_at is not None]
            self._settle(call, max(told, default=at))

    def _end_everything(self, at: datetime) -> None:
        for call in list(self._floor.calls.values()):
            for channel in list(call.channels.values()):
                self._hang_up(channel, at)
            self._end(call, at, cut=True)
        self._touched.clear()

    # --- what follows ----------------------------------------------------------------------------

    def _settle(self, call: Call, at: datetime) -> None:
        """After a change: who talks, what is told, is it over."""
        if call.ended:
            return
        self._follow_talk(call, at)
        if not call.started and is_worth_telling(call):
            call.start()
        self._describe(call, at)
        if not call.channels:
            self._end_or_linger(call, at)
        elif call.started and self._is_deserted(call):
            self._deserted.setdefault(call, at)
        else:
            self._deserted.pop(call, None)

    def _follow_talk(self, call: Call, at: datetime) -> None:
        now = conversation(call)
        call.clock.turn(now.state, at)
        if not now.agents:
            return
        call.connected_outside = call.connected_outside or now.outside
        if not all(leg.handed_over for leg in now.agents):
            transfers.settle(call)
        call.talkers = now.agents
        for leg in now.agents:
            offers.close(call, leg, OfferResult.ANSWERED, at)
            if leg.interface not in call.answers:
                call.answers[leg.interface] = at
                call.say(CallAnswered(at=at, call_id=call.id, interface=leg.interface))

    def _describe(self, call: Call, at: datetime) -> None:
        if not call.started:
            return
        description = call.describe()
        if description == call.told and len(call.linkedids) == call.told_linkedids:
            return
        call.told, call.told_linkedids = description, len(call.linkedids)
        call.say(
            CallDescribed(
                at=at,
                call_id=call.id,
                linkedids=tuple(call.linkedids),
                direction=description.direction,
                caller=description.caller,
                caller_name=description.caller_name,
                dialled=description.dialled,
            )
        )

    def _is_deserted(self, call: Call) -> bool:
        """Nobody is left to talk with whoever is left: the client has gone, or only plumbing
        remains."""
        living = call.living_legs()
        if not living:
            return True
        if not call.connected_outside or len(living) > 1:
            return False
        return living[0].role is LegRole.PHONE and bool(call.answers)

    def _look_after_ends(self, at: datetime) -> None:
        for call, since in list(self._lingering.items()):
            if at - since >= LINGER:
                self._finish_lingering(call)
        for call, since in list(self._deserted.items()):
            if call.ended:
                self._deserted.pop(call, None)
            elif at - since >= PARTING:
                self._end(call, since)

    def _end_or_linger(self, call: Call, at: datetime) -> None:
        is_click = call.first.role is LegRole.PHONE and not call.first.incoming
        if is_click and not call.started and not call.own_number:
            self._lingering.setdefault(call, at)
        else:
            self._end(call, at)

    def _finish_lingering(self, call: Call) -> None:
        self._end(call, self._lingering.pop(call))

    def _end(self, call: Call, at: datetime, *, cut: bool = False) -> None:
        """The call is over at `at`: tell it whole, if it was one."""
        self._lingering.pop(call, None)
        self._deserted.pop(call, None)
        if call.ended:
            return
        for leg in call.legs:
            offers.close_unanswered(call, leg, at)
        holds.close(call, at)
        transfers.settle(call)
        call.clock.turn(conversation(call).state if call.channels else call.clock.state, at)
        if call.started or was_worth_telling(call):
            call.start()
            verdict = judge(call, cut=cut)
            record = call.record(
                at,
                ended_at=at,
                outcome=verdict.outcome,
                ended_by=verdict.ended_by,
                cause=verdict.cause,
            )
            call.say(CallEnded(at=at, call_id=call.id, record=record))
        self._floor.part(call, at)


def number_in(dial_string: str) -> str:
    """`79161234567@provider`, `provider/sip:79161234567@host` -> `79161234567`."""
    target = dial_string.rpartition("/")[2].partition("@")[0]
    return target.rpartition(":")[2]
