"""The exchange in play: calls come, phones ring, people talk and hang up. No sockets, no clock.

Time passes only in `timetable.run_until`; everything said goes to `say` as AMI bytes.
"""

import random
from collections.abc import Callable
from datetime import datetime

from telephony.simulator.channels import Bridge, Channel, State
from telephony.simulator.dialling import DialApp
from telephony.simulator.machines import MenuApp, ParkedApp, VoiceMailApp
from telephony.simulator.members import Member, Members, Queue
from telephony.simulator.moods import WATCHED, Reply
from telephony.simulator.plan import TRUNK, PhonePlan, Plan, QueuePlan, Route
from telephony.simulator.script import Script
from telephony.simulator.stories import Incoming, Outgoing, StoryTeller, Town
from telephony.simulator.switch import Switch
from telephony.simulator.timetable import Timetable
from telephony.simulator.transfers import Transfers
from telephony.simulator.truth import Told
from telephony.simulator.waiting import QueueApp

INSIDE, OUTSIDE = "from-internal", "from-trunk"
_CAUSES = {"decline": 21, "busy": 17, "unreachable": 34}


class Exchange:
    """One simulated Asterisk of `plan`; the same `seed` makes the same decisions."""

    def __init__(
        self,
        plan: Plan,
        say: Callable[[bytes], None],
        *,
        start: datetime,
        seed: int = 0,
        town: Town | None = None,
    ) -> None:
        self.plan = plan
        self.timetable = Timetable(start)
        self.dice = random.Random(seed)  # noqa: S311 (a play, no secret)
        self.switch = Switch(self.timetable, say, random.Random(seed + 1))  # noqa: S311
        self.phones = {phone.interface: phone for phone in plan.phones}
        self.members = Members(self.switch, [_queue(queue) for queue in plan.queues])
        self.queue_plans = {queue.name: queue for queue in plan.queues}
        self.teller = StoryTeller(town or Town((), ()), seed)
        self.transfers = Transfers(self)
        self.script = Script(self)
        self.ledger: list[Told] = []
        self.parked: dict[str, ParkedApp] = {}
        self.started_at = start
        self._lot: Bridge | None = None
        self._replies: dict[int, Reply] = {}
        for queue in plan.queues:
            self._seat_static(queue.name, queue.members)

    def _seat_static(self, queue: str, interfaces: tuple[str, ...]) -> None:
        for interface in interfaces:
            name = self.name_of(interface) or interface
            member = Member(interface, name, self.timetable.now, dynamic=False)
            self.members.queues[queue].members[interface] = member

    # -- calls begin -------------------------------------------------------------------------

    def incoming(self, story: Incoming) -> Channel:
        """A call comes in from the town."""
        told = self._open("inbound", story.number, story.name, story.dialled)
        channel = self.switch.create(
            TRUNK,
            told,
            context=OUTSIDE,
            exten=story.dialled,
            state=State.RING,
            number=story.number,
            caller_name=story.name,
        )
        self.script.expect(told, story.talk)
        self.switch.device_changed(channel)
        self.switch.variable(channel, "SIPDOMAIN", "127.0.0.1")
        self.timetable.after(story.patience_seconds, lambda: self._lose_patience(channel))
        self.enter(channel)
        return channel

    def outgoing(self, extension: str, story: Outgoing) -> Channel | None:
        """The phone dials; None if it is in use."""
        phone = self.phones[f"PJSIP/{extension}"]
        if self.switch.of_interface(phone.interface):
            return None
        direction = "internal" if self.is_inside(story.number) else "outbound"
        told = self._open(direction, extension, phone.name, story.number)
        channel = self.switch.create(
            phone.interface,
            told,
            context=INSIDE,
            exten=story.number,
            state=State.RING,
            number=extension,
            caller_name=phone.name,
        )
        self.script.expect(told, story.talk)
        if direction == "outbound":
            self._replies[id(told)] = story.reply
        self.switch.device_changed(channel)
        self.timetable.after(story.patience_seconds, lambda: self._lose_patience(channel))
        self.enter(channel)
        return channel

    def _open(self, direction: str, caller: str, name: str, dialled: str) -> Told:
        told = Told(direction, caller, name, dialled, self.timetable.now)
        self.ledger.append(told)
        return told

    def open_originated(self, interface: str, dialled: str) -> Told:
        """The conversation of a click-to-call."""
        extension = interface.partition("/")[2]
        direction = "internal" if self.is_inside(dialled) else "outbound"
        return self._open(direction, extension, self.name_of(interface), dialled)

    def _lose_patience(self, channel: Channel) -> None:
        speaks = isinstance(channel.app, VoiceMailApp) or channel.bridge is not None
        if not (channel.gone or speaks or channel.told.answered_by):
            self.put_down(channel)

    # -- the dialplan ------------------------------------------------------------------------

    def enter(self, channel: Channel) -> None:
        """The channel starts at its context and extension."""
        exten = channel.exten
        if channel.context == OUTSIDE:
            route = self.plan.routes.get(exten)
            if route is None:
                self._nowhere(channel)
            elif route.menu_seconds:
                menu = MenuApp(
                    self, channel, route.menu_seconds, lambda: self._take(channel, route)
                )
                menu.start()
            else:
                self._take(channel, route)
            return
        self._inside(channel, exten)

    def _take(self, channel: Channel, route: Route) -> None:
        if route.queue:
            self._queue_up(channel, route.queue)
        elif route.voicemail:
            VoiceMailApp(self, channel).start()
        else:
            self.dial_phone(channel, f"PJSIP/{route.extension}")

    def _inside(self, channel: Channel, exten: str) -> None:
        queue = next((plan for plan in self.plan.queues if plan.extension == exten), None)
        if exten in self.parked:
            self.switch.turn(channel, State.UP)
            self.switch.execute(channel, "ParkedCall", f"default,{exten}")
            self.parked[exten].fetched(channel)
        elif queue is not None:
            self._queue_up(channel, queue.name)
        elif f"PJSIP/{exten}" in self.phones:
            self.dial_phone(channel, f"PJSIP/{exten}")
        elif not self.is_inside(exten):
            self.dial_out(channel, exten)
        else:
            self._nowhere(channel)

    def is_inside(self, number: str) -> bool:
        """Whether a dialled number stays in the office: five digits at most."""
        return len(number.lstrip("+")) <= 5

    def _nowhere(self, channel: Channel) -> None:
        channel.told.turned_out("failed")
        self.hang_up(channel, who="system", cause=1)

    def _queue_up(self, channel: Channel, name: str) -> None:
        plan = self.queue_plans[name]

        def timed_out() -> None:
            if plan.voicemail:
                VoiceMailApp(self, channel).start()
            else:
                self.hang_up(channel, who="system", cause=16)

        if plan.answers:
            self.switch.turn(channel, State.UP)
        queue = self.members.queues[name]
        patience = plan.patience_seconds
        QueueApp(self, channel, queue, timeout_seconds=patience, then=timed_out).start()

    def dial_phone(self, channel: Channel, interface: str) -> None:
        self._dial(channel, interface)

    def dial_out(self, channel: Channel, number: str) -> None:
        self._dial(channel, f"PJSIP/{number}@trunk")

    def _dial(self, channel: Channel, target: str) -> None:
        def failed(status: str, cause: int) -> None:
            self.hang_up(channel, who="system", cause=cause)

        reply = self._replies.pop(id(channel.told), None) if "@" in target else None
        seconds = self.plan.ring_seconds
        DialApp(self, channel, target, timeout_seconds=seconds, then=failed, reply=reply).start()

    # -- people ------------------------------------------------------------------------------

    def name_of(self, interface: str) -> str:
        phone = self.phones.get(interface)
        return "" if phone is None else phone.name

    def reply_of(self, leg: Channel) -> Reply:
        """What the person at the ringing channel will do."""
        if leg.interface == TRUNK:
            return self.teller.reply()
        phone = self.phones.get(leg.interface)
        return (WATCHED if phone is None else phone.mood).reply(self.dice)

    def obey(self, leg: Channel, reply: Reply) -> None:
        """Let the ringing leg be answered or refused when its time has come."""
        if reply.doing == "miss":
            return

        def act() -> None:
            ringer = leg.ringer
            if leg.gone or ringer is None:
                return
            if reply.doing == "answer":
                ringer.leg_answered(leg)
            else:
                ringer.leg_refused(leg, _CAUSES[reply.doing])

        self.timetable.after(reply.after_seconds, act)

    def set_mood(self, phone: PhonePlan) -> None:
        """From now on this phone is answered as `phone` says."""
        self.phones[phone.interface] = phone

    # -- talk --------------------------------------------------------------------------------

    def talk_begins(self, caller: Channel, leg: Channel) -> None:
        self.refresh(caller.told)
        self.script.begin(caller, leg)

    def talk_resumes(self, one: Channel, other: Channel) -> None:
        """After parking: the same talk goes on."""
        self.refresh(one.told)
        self.script.resume(one, other)

    def hold(self, channel: Channel) -> None:
        """The phone of `channel` puts the other side on hold."""
        if channel.on_hold or channel.gone or channel.state is not State.UP:
            return
        channel.on_hold = True
        self.switch.say("Hold", [*channel.headers(), ("MusicClass", "default")])
        self._music(channel, start=True)
        self.switch.device_changed(channel)
        self.refresh(channel.told)

    def unhold(self, channel: Channel) -> None:
        if not channel.on_hold or channel.gone:
            return
        channel.on_hold = False
        self._music(channel, start=False)
        self.switch.say("Unhold", channel.headers())
        self.switch.device_changed(channel)
        self.refresh(channel.told)

    def _music(self, channel: Channel, *, start: bool) -> None:
        peer = channel.peer()
        if peer is not None and start:
            self.switch.say("MusicOnHoldStart", [*peer.headers(), ("Class", "default")])
        elif peer is not None:
            self.switch.say("MusicOnHoldStop", peer.headers())

    def join(self, channel: Channel, other: Channel) -> None:
        """`other` began a conversation of its own and is now part of `channel`'s."""
        absorbed, told = other.told, channel.told
        if absorbed is told:
            return
        for each in self.switch.channels.values():
            if each.told is absorbed:
                each.told = told
        told.alive += absorbed.alive
        self.ledger.remove(absorbed)
        self.script.forget(absorbed)

    def parking_bridge(self) -> Bridge:
        if self._lot is None or self._lot.uniqueid not in self.switch.bridges:
            self._lot = self.switch.bridge(technology="holding_bridge")
        return self._lot

    # -- calls end ---------------------------------------------------------------------------

    def put_down(self, channel: Channel) -> None:
        """The person at the far end of the channel hangs up."""
        if not channel.gone:
            self.hang_up(channel, who=self.side(channel), far=True)

    def side(self, channel: Channel) -> str:
        """Who is at the channel's far end, in the words of `EndedBy`."""
        return "client" if channel.interface == TRUNK else "agent"

    def hang_up(self, channel: Channel, *, who: str, far: bool = False, cause: int = 16) -> None:
        """End the channel and whatever hangs on it. `far`: the phone itself said good-bye."""
        if channel.gone:
            return
        if channel.ringer is not None:
            channel.ringer.leg_refused(channel, 21)
            return
        if self.transfers.transferer_leaves(channel, far=far):
            return
        told, app, fresh = channel.told, channel.app, channel.state is not State.UP
        told.left_by(who)
        self._conclude(told, app, who)
        alone = far and not fresh and isinstance(app, QueueApp) and app.served is None
        if far:
            self.switch.asked_to_hang_up(channel, 127 if fresh else 0 if alone else 16)
        self.complete_queue(channel, "caller" if app is not None else "agent")
        if app is not None:
            app.stop()
        self.drop(channel, 127 if fresh and far else 0 if alone else cause)

    def _conclude(self, told: Told, app: object, who: str) -> None:
        if isinstance(app, VoiceMailApp) or told.answered_by or who == "system":
            return
        told.turned_out("abandoned" if told.direction == "inbound" else "no_answer")

    def drop(self, channel: Channel, cause: int = 16) -> None:
        """Take the channel out of its bridge and end it; those left alone end too."""
        if channel.gone:
            return
        bridge = self.switch.leave(channel)
        self.switch.asked_to_hang_up(channel, 16, soft=True)
        self.switch.end(channel, cause)
        self.transfers.channel_gone(channel)
        if channel.pair is not None and not channel.pair.gone:
            self._drop_half(channel.pair)
        for left in list(bridge.channels) if bridge is not None else []:
            if bridge is not None and len(bridge.channels) == 1 and not self.waits_alone(left):
                self.complete_queue(left, "agent")
                self.drop(left)
        self.refresh(channel.told)

    def _drop_half(self, half: Channel) -> None:
        self.switch.asked_to_hang_up(half, 16)
        app, half.app = half.app, None
        if app is not None:
            app.stop()
        self.drop(half)

    def waits_alone(self, channel: Channel) -> bool:
        """Held in an attended transfer or parked: alone in a bridge, and staying."""
        return isinstance(channel.app, ParkedApp) or self.transfers.holds(channel)

    def complete_queue(self, channel: Channel, reason: str) -> None:
        """AgentComplete for the queue call that this channel or its peer is in."""
        for each in (channel, channel.peer()):
            if each is not None and isinstance(each.app, QueueApp):
                each.app.complete(reason)

    # -- what is true ------------------------------------------------------------------------

    def refresh(self, told: Told) -> None:
        """Book what the outside party hears now."""
        now = self.timetable.now
        legs = [each for each in self.switch.channels.values() if each.told is told]
        outside = [leg for leg in legs if leg.interface == TRUNK and leg.state is State.UP]
        if told.direction == "internal":
            outside = legs[:1]
        mode = ""
        for client in outside:
            others = self._connected(client)
            phones = [leg for leg in others if leg.interface in self.phones]
            if client.on_hold or any(leg.on_hold for leg in legs) or self.waits_alone(client):
                mode = mode or "hold"
            elif phones and len(others) >= 1:
                mode = "talk"
                for phone in phones:
                    told.talks_with(phone.interface, now)
        told.hears(mode, now)

    def _connected(self, channel: Channel) -> list[Channel]:
        """Whoever hears the channel: through its bridge and through Local pairs."""
        seen, edge = [channel], [channel]
        while edge:
            current = edge.pop()
            reached = list(current.bridge.channels) if current.bridge else []
            if current.pair is not None and not current.pair.gone:
                reached.append(current.pair)
            for other in reached:
                if other not in seen:
                    seen.append(other)
                    edge.append(other)
        return [other for other in seen[1:] if not other.local and other.state is State.UP]


def _queue(plan: QueuePlan) -> Queue:
    return Queue(plan.name, plan.strategy, plan.ring_seconds)
