"""A call stands in a queue."""

from telephony.events import CallLeftQueue, CallQueued
from telephony.said import QueueJoined, QueueLeft
from telephony.watch import Watch


def on_joined(watch: Watch, wire: QueueJoined) -> None:
    """The call's queue is the one in which it was answered, until then the last it stood in."""
    channel = watch.meet(wire.chan, wire.at)
    if channel is None:
        return
    call = channel.call
    watch.seek(call)
    call.left_unanswered = False
    if not call.answers or call.queue is None:
        call.queue = wire.queue
    call.waiting_in = wire.queue
    call.say(CallQueued(at=wire.at, call_id=call.id, queue=wire.queue, position=wire.position))


def on_left(watch: Watch, wire: QueueLeft) -> None:
    channel = watch.see(wire.chan, wire.at)
    if channel is None or channel.call.waiting_in != wire.queue:
        return
    call = channel.call
    call.waiting_in = None
    call.say(CallLeftQueue(at=wire.at, call_id=call.id, queue=wire.queue))
