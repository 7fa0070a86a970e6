"""What a manager may ask: each action with Asterisk's own answers and refusals."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC

from telephony.simulator import lists
from telephony.simulator.channels import Channel, State
from telephony.simulator.exchange import INSIDE, Exchange
from telephony.simulator.members import Member, Queue
from telephony.simulator.originating import Order, Originating
from telephony.simulator.wire_format import VERSION, Header, block, stamp

Request = Mapping[str, list[str]]
"""Headers by lower-case name; more than one value only where Asterisk takes more (Variable)."""


class Refused(Exception):
    """The action is answered with `Response: Error` and this message."""


def one(request: Request, name: str) -> str:
    """The header's first value, as Asterisk takes it; "" if there is none."""
    values = request.get(name)
    return values[0] if values else ""


class Requests:
    """Answers actions on one exchange; what they cause is said by the exchange itself."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self._handlers: dict[str, Callable[[Request], bytes]] = {
            "ping": self._ping,
            "coresettings": self._core_settings,
            "corestatus": self._core_status,
            "coreshowchannels": self._core_show_channels,
            "status": self._status,
            "bridgelist": self._bridge_list,
            "bridgeinfo": self._bridge_info,
            "parkedcalls": self._parked_calls,
            "queuestatus": self._queue_status,
            "queuesummary": self._queue_summary,
            "queueadd": self._queue_add,
            "queueremove": self._queue_remove,
            "queuepause": self._queue_pause,
            "queuepenalty": self._queue_penalty,
            "originate": self._originate,
            "hangup": self._hang_up,
            "redirect": self._redirect,
            "blindtransfer": self._blind_transfer,
            "atxfer": self._attended_transfer,
            "cancelatxfer": self._cancel_attended_transfer,
            "park": self._park,
            "pjsipnotify": self._notify,
            "extensionstatelist": self._extension_states,
            "devicestatelist": self._device_states,
            "pjsipshowendpoints": self._endpoints,
            "getvar": self._get_variable,
            "setvar": self._set_variable,
            "userevent": self._user_event,
        }

    def answer(self, request: Request) -> bytes:
        """The whole reply to one action, its list items included."""
        name = one(request, "action")
        if not name:
            return self._respond(request, "Error", message="Missing action in request")
        handler = self._handlers.get(name.lower())
        if handler is None:
            text = f"Invalid/unknown command: {name}. Use Action: ListCommands to show available"
            return self._respond(request, "Error", message=f"{text} commands.")
        try:
            return handler(request)
        except Refused as refusal:
            return self._respond(request, "Error", message=str(refusal))

    def _respond(
        self, request: Request, word: str = "Success", *extra: Header, message: str = ""
    ) -> bytes:
        own = [("ActionID", one(request, "actionid"))] if "actionid" in request else []
        said = [("Message", message)] if message else []
        return block([("Response", word), *own, *said, *extra])

    def _ping(self, request: Request) -> bytes:
        now = ("Timestamp", stamp(self.exchange.timetable.now))
        return self._respond(request, "Success", ("Ping", "Pong"), now)

    def _core_settings(self, request: Request) -> bytes:
        return self._respond(
            request,
            "Success",
            ("AMIversion", "11.0.0"),
            ("AsteriskVersion", VERSION),
            ("SystemName", "simulated"),
            ("CoreMaxCalls", "0"),
            ("CoreCDRenabled", "No"),
            ("CoreHTTPenabled", "No"),
        )

    def _core_status(self, request: Request) -> bytes:
        started = self.exchange.started_at.astimezone(UTC)
        return self._respond(
            request,
            "Success",
            ("CoreStartupDate", f"{started:%Y-%m-%d}"),
            ("CoreStartupTime", f"{started:%H:%M:%S}"),
            ("CoreReloadDate", f"{started:%Y-%m-%d}"),
            ("CoreReloadTime", f"{started:%H:%M:%S}"),
            ("CoreCurrentCalls", str(len(self.exchange.switch.channels))),
        )

    # -- lists -------------------------------------------------------------------------------

    def _list(self, request: Request, message: str, items: Iterable[lists.Item], end: str) -> bytes:
        return lists.list_answer(one(request, "actionid"), message, items, end)

    def _core_show_channels(self, request: Request) -> bytes:
        items = lists.channels(self.exchange)
        return self._list(request, "Channels will follow", items, "CoreShowChannelsComplete")

    def _status(self, request: Request) -> bytes:
        only = self._channel(request, "No such channel") if one(request, "channel") else None
        names = _names(one(request, "variables"))
        items = list(lists.status(self.exchange, names, only))
        extra = [("Items", str(len(items)))]
        return lists.list_answer(
            one(request, "actionid"), "Channel status will follow", items, "StatusComplete", extra
        )

    def _bridge_list(self, request: Request) -> bytes:
        items = lists.bridges(self.exchange)
        return self._list(request, "Bridge listing will follow", items, "BridgeListComplete")

    def _bridge_info(self, request: Request) -> bytes:
        uniqueid = one(request, "bridgeuniqueid")
        if uniqueid not in self.exchange.switch.bridges:
            raise Refused("Specified BridgeUniqueid not found")
        return lists.list_answer(
            one(request, "actionid"),
            "Bridge channel listing will follow",
            lists.bridge_members(self.exchange, uniqueid),
            "BridgeInfoComplete",
            self.exchange.switch.bridges[uniqueid].headers(),
        )

    def _parked_calls(self, request: Request) -> bytes:
        items = lists.parked(self.exchange)
        return self._list(request, "Parked calls will follow", items, "ParkedCallsComplete")

    def _queue_status(self, request: Request) -> bytes:
        items = lists.queues(self.exchange, one(request, "queue"))
        return self._list(request, "Queue status will follow", items, "QueueStatusComplete")

    def _queue_summary(self, request: Request) -> bytes:
        items = lists.summaries(self.exchange, one(request, "queue"))
        return self._list(request, "Queue summary will follow", items, "QueueSummaryComplete")

    def _extension_states(self, request: Request) -> bytes:
        end = "ExtensionStateListComplete"
        return self._list(request, "Extension Statuses will follow", (), end)

    def _device_states(self, request: Request) -> bytes:
        end = "DeviceStateListComplete"
        items = lists.devices(self.exchange)
        return self._list(request, "Device State Changes will follow", items, end)

    def _endpoints(self, request: Request) -> bytes:
        message = "A listing of Endpoints follows, presented as EndpointList events"
        items = lists.endpoints(self.exchange)
        return self._list(request, message, items, "EndpointListComplete")

    # -- queues ------------------------------------------------------------------------------

    def _queue(self, request: Request, refusal: str) -> Queue:
        queue = self.exchange.members.queues.get(one(request, "queue"))
        if queue is None:
            raise Refused(f"Unable to {refusal} queue: No such queue")
        return queue

    def _queue_add(self, request: Request) -> bytes:
        interface = one(request, "interface")
        if not one(request, "queue"):
            raise Refused("'Queue' not specified.")
        if not interface:
            raise Refused("'Interface' not specified.")
        queue = self._queue(request, "add interface to")
        member = Member(
            interface,
            one(request, "membername") or interface,
            self.exchange.timetable.now,
            penalty=_integer(one(request, "penalty")),
            paused=_true(one(request, "paused")),
            reason=one(request, "reason"),
        )
        if not self.exchange.members.add(queue, member):
            raise Refused("Unable to add interface: Already there")
        return self._respond(request, message="Added interface to queue")

    def _queue_remove(self, request: Request) -> bytes:
        if not one(request, "queue") or not one(request, "interface"):
            raise Refused("Need 'Queue' and 'Interface' parameters.")
        queue = self._queue(request, "remove interface from")
        if not self.exchange.members.remove(queue, one(request, "interface")):
            raise Refused("Unable to remove interface: Not there")
        return self._respond(request, message="Removed interface from queue")

    def _queue_pause(self, request: Request) -> bytes:
        interface, paused = one(request, "interface"), one(request, "paused")
        if not interface or not paused:
            raise Refused("Need 'Interface' and 'Paused' parameters.")
        only = self._only(request)
        pausing = _true(paused)
        reason = one(request, "reason")
        if not self.exchange.members.pause(interface, pausing, reason, only):
            raise Refused("Interface not found")
        word = "paused" if pausing else "unpaused"
        return self._respond(request, message=f"Interface {word} successfully")

    def _queue_penalty(self, request: Request) -> bytes:
        penalty = _integer(one(request, "penalty"))
        found = self.exchange.members.set_penalty(
            one(request, "interface"), penalty, self._only(request)
        )
        if not found:
            raise Refused("Invalid interface, queuename or penalty")
        return self._respond(request, message="Interface penalty set successfully")

    def _only(self, request: Request) -> Queue | None:
        name = one(request, "queue")
        if not name:
            return None
        queue = self.exchange.members.queues.get(name)
        if queue is None:
            raise Refused("Interface not found")
        return queue

    # -- calls -------------------------------------------------------------------------------

    def _channel(self, request: Request, refusal: str, header: str = "channel") -> Channel:
        name = one(request, header)
        found = self.exchange.switch.channels.get(name)
        if found is None:
            raise Refused(refusal.format(name))
        return found

    def _originate(self, request: Request) -> bytes:
        interface, application = one(request, "channel"), one(request, "application")
        exten, context = one(request, "exten"), one(request, "context")
        if not interface:
            raise Refused("Channel not specified")
        if not application and not (exten and context and one(request, "priority")):
            raise Refused("Originate with 'Exten' requires 'Context' and 'Priority'")
        name, _, number = one(request, "callerid").rpartition("<")
        order = Order(
            interface,
            one(request, "actionid"),
            one(request, "channelid"),
            context or INSIDE,
            exten,
            application,
            one(request, "data"),
            _integer(one(request, "timeout"), 30_000) / 1000,
            number.rstrip("> "),
            name.strip(' "'),
            tuple(_assignment(text) for text in request.get("variable", [])),
        )
        Originating(self.exchange, order).start()
        return self._respond(request, message="Originate successfully queued")

    def _hang_up(self, request: Request) -> bytes:
        if not one(request, "channel"):
            raise Refused("No channel specified")
        channel = self._channel(request, "No such channel")
        cause = _integer(one(request, "cause"), 16) or 16
        self.exchange.hang_up(channel, who=self.exchange.side(channel), cause=cause)
        return self._respond(request, message="Channel Hungup")

    def _redirect(self, request: Request) -> bytes:
        channel = self._channel(request, "Channel does not exist: {}")
        exten = one(request, "exten")
        self.exchange.transfers.redirect(channel, one(request, "context") or INSIDE, exten)
        return self._respond(request, message="Redirect successful")

    def _blind_transfer(self, request: Request) -> bytes:
        channel = self._channel(request, "Channel specified does not exist")
        if not self.exchange.transfers.blind(channel, one(request, "exten")):
            raise Refused("Transfer failed")
        return self._respond(request, message="Transfer succeeded")

    def _attended_transfer(self, request: Request) -> bytes:
        channel = self._channel(request, "Channel specified does not exist")
        if channel.state is State.UP:
            self.exchange.transfers.consult(channel, one(request, "exten"))
        return self._respond(request, message="Atxfer successfully queued")

    def _cancel_attended_transfer(self, request: Request) -> bytes:
        channel = self._channel(request, "Channel specified does not exist")
        self.exchange.transfers.cancel(channel)
        return self._respond(request, message="CancelAtxfer successfully queued")

    def _park(self, request: Request) -> bytes:
        channel = self._channel(request, "Channel does not exist: {}")
        if channel.bridge is None or channel.state is not State.UP:
            raise Refused("Parking failed")
        seconds = _integer(one(request, "timeout"), 45_000) / 1000
        back = one(request, "timeoutchannel")
        self.exchange.transfers.park(channel, parked_for=_interface(back), seconds=seconds)
        return self._respond(request, message="Park successful")

    def _notify(self, request: Request) -> bytes:
        """A SIP NOTIFY that phones with remote control know: `Event=hold`, `Event=talk`."""
        channel = self._channel(request, "Channel not found")
        for value in request.get("variable", []):
            if value == "Event=hold":
                self.exchange.hold(channel)
            elif value == "Event=talk":
                self.exchange.unhold(channel)
        return self._respond(request, message="NOTIFY sent")

    def _get_variable(self, request: Request) -> bytes:
        name = one(request, "variable")
        if not name:
            raise Refused("No variable specified")
        return self._respond(request, "Success", ("Variable", name), ("Value", ""))

    def _set_variable(self, request: Request) -> bytes:
        name, value = one(request, "variable"), one(request, "value")
        if not name:
            raise Refused("No variable specified")
        if one(request, "channel"):
            channel = self._channel(request, "No such channel")
            self.exchange.switch.variable(channel, name, value)
        return self._respond(request, message="Variable Set")

    def _user_event(self, request: Request) -> bytes:
        given = [
            (name.capitalize(), value)
            for name, values in request.items()
            if name not in ("action", "actionid", "userevent")
            for value in values
        ]
        self.exchange.switch.say("UserEvent", [("UserEvent", one(request, "userevent")), *given])
        return self._respond(request, message="Event Sent")


def _true(text: str) -> bool:
    return text.strip().lower() in ("true", "yes", "y", "on", "1")


def _integer(text: str, default: int = 0) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default


def _names(text: str) -> tuple[str, ...]:
    """`CDR(start,u),CDR(answer,u)` -> both; a comma in brackets does not part."""
    names, depth, current = [], 0, ""
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            names.append(current)
            current = ""
        else:
            current += char
    return tuple(name.strip() for name in (*names, current) if name.strip())


def _assignment(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _interface(name: str) -> str:
    """A channel's name or an interface -> the interface."""
    head, dash, serial = name.rpartition("-")
    return head if dash and len(serial) == 8 else name
