"""The answers of Asterisk that are lists: channels, bridges, queues, parked calls, devices."""

from collections.abc import Iterable, Iterator

from telephony.simulator.channels import Channel
from telephony.simulator.exchange import Exchange
from telephony.simulator.members import Queue
from telephony.simulator.plan import TRUNK
from telephony.simulator.wire_format import Header, block, stamp

Item = tuple[str, list[Header]]

_IN_WORDS = {
    "NOT_INUSE": "Not in use",
    "INUSE": "In use",
    "RINGING": "Ringing",
    "ONHOLD": "On Hold",
}


def list_answer(
    action_id: str, message: str, items: Iterable[Item], end: str, extra: Iterable[Header] = ()
) -> bytes:
    """The response, its items, and the event that ends the list."""
    own = [("ActionID", action_id)] if action_id else []
    start = [("Response", "Success"), *own, ("EventList", "start"), ("Message", message)]
    blocks = [block(start)]
    for name, headers in items:
        blocks.append(block([("Event", name), *own, *headers]))
    count = ("ListItems", str(len(blocks) - 1))
    blocks.append(block([("Event", end), *own, ("EventList", "Complete"), count, *extra]))
    return b"".join(blocks)


def channels(exchange: Exchange) -> Iterator[Item]:
    now = exchange.timetable.now
    for channel in exchange.switch.channels.values():
        seconds = int((now - channel.born).total_seconds())
        yield (
            "CoreShowChannel",
            [
                *channel.headers(),
                ("Application", channel.application),
                ("ApplicationData", channel.data),
                ("Duration", f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"),
                ("BridgeId", channel.bridge.uniqueid if channel.bridge else ""),
            ],
        )


def status(exchange: Exchange, variables: tuple[str, ...], only: Channel | None) -> Iterator[Item]:
    now = exchange.timetable.now
    for channel in exchange.switch.channels.values() if only is None else [only]:
        values = {
            "CDR(start,u)": stamp(channel.born),
            "CDR(answer,u)": stamp(channel.answered_at) if channel.answered_at else "0.000000",
        }
        yield (
            "Status",
            [
                ("Privilege", "Call"),
                *channel.headers(),
                ("Type", channel.name.partition("/")[0]),
                ("DNID", channel.dialled),
                ("EffectiveConnectedLineNum", channel.connected_number),
                ("EffectiveConnectedLineName", channel.connected_name),
                ("TimeToHangup", "0"),
                ("BridgeID", channel.bridge.uniqueid if channel.bridge else ""),
                ("Application", channel.application),
                ("Data", channel.data),
                ("Seconds", str(int((now - channel.born).total_seconds()))),
                *(("Variable", f"{name}={values.get(name, '')}") for name in variables),
            ],
        )


def bridges(exchange: Exchange) -> Iterator[Item]:
    for bridge in exchange.switch.bridges.values():
        yield "BridgeListItem", bridge.headers()


def bridge_members(exchange: Exchange, uniqueid: str) -> Iterator[Item]:
    for channel in exchange.switch.bridges[uniqueid].channels:
        yield "BridgeInfoChannel", channel.headers()


def parked(exchange: Exchange) -> Iterator[Item]:
    for app in exchange.parked.values():
        yield "ParkedCall", app.headers()


def queues(exchange: Exchange, only: str) -> Iterator[Item]:
    for queue in exchange.members.queues.values():
        if only and queue.name != only:
            continue
        yield "QueueParams", _params(queue)
        for member in queue.members.values():
            head = [("Queue", queue.name), ("Name", member.name), ("Location", member.interface)]
            yield "QueueMember", [*head, *exchange.members.facts(member), ("Wrapuptime", "0")]
        for app in queue.waiting:
            wait = int((exchange.timetable.now - app.joined_at).total_seconds())
            caller = app.caller
            yield (
                "QueueEntry",
                [
                    ("Queue", queue.name),
                    ("Position", str(app.position)),
                    ("Channel", caller.name),
                    ("Uniqueid", caller.uniqueid),
                    ("CallerIDNum", caller.number or "unknown"),
                    ("CallerIDName", caller.caller_name or "unknown"),
                    ("ConnectedLineNum", caller.connected_number or "unknown"),
                    ("ConnectedLineName", caller.connected_name or "unknown"),
                    ("Wait", str(wait)),
                    ("Priority", "0"),
                ],
            )


def _params(queue: Queue) -> list[Header]:
    return [
        ("Queue", queue.name),
        ("Max", "0"),
        ("Strategy", queue.strategy),
        ("Calls", str(len(queue.waiting))),
        ("Holdtime", str(queue.hold_time)),
        ("TalkTime", "0"),
        ("Completed", str(queue.completed)),
        ("Abandoned", str(queue.abandoned)),
        ("ServiceLevel", "0"),
        ("ServicelevelPerf", "0.0"),
        ("ServicelevelPerf2", "0.0"),
        ("Weight", "0"),
    ]


def summaries(exchange: Exchange, only: str) -> Iterator[Item]:
    for queue in exchange.members.queues.values():
        if only and queue.name != only:
            continue
        seated = [member for member in queue.members.values() if not member.paused]
        waits = [exchange.timetable.now - app.joined_at for app in queue.waiting]
        longest = int(max(waits).total_seconds()) if waits else 0
        yield (
            "QueueSummary",
            [
                ("Queue", queue.name),
                ("LoggedIn", str(len(queue.members))),
                ("Available", str(len(seated))),
                ("Callers", str(len(queue.waiting))),
                ("HoldTime", str(queue.hold_time)),
                ("TalkTime", "0"),
                ("LongestHoldTime", str(longest)),
            ],
        )


def devices(exchange: Exchange) -> Iterator[Item]:
    for interface in exchange.phones:
        state = exchange.switch.device_state(interface)
        yield "DeviceStateChange", [("Device", interface), ("State", state)]


def endpoints(exchange: Exchange) -> Iterator[Item]:
    """The phones, which log in here, and the trunk, which is known by its address alone."""
    for interface in (*exchange.phones, TRUNK):
        name = interface.partition("/")[2]
        state = _IN_WORDS[exchange.switch.device_state(interface)]
        yield (
            "EndpointList",
            [
                ("ObjectType", "endpoint"),
                ("ObjectName", name),
                ("Transport", ""),
                ("Aor", name),
                ("Auths", "" if interface == TRUNK else name),
                ("OutboundAuths", ""),
                ("Contacts", f"{name}/sip:{name}@127.0.0.1:5060,"),
                ("DeviceState", state),
                ("ActiveChannels", str(len(exchange.switch.of_interface(interface)))),
            ],
        )
