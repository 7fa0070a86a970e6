"""What the product may ask of Asterisk, in the product's words. No dialplan edits are needed.

Every value is checked here: numbers are digits, `+`, `*`, `#`; channels and interfaces are names,
never Asterisk's own patterns; names and reasons are one printable line. UnsafeValue otherwise.
"""

import logging
import re
from collections.abc import Callable, Mapping
from typing import Protocol

from telephony import actions
from telephony.actions import Action
from telephony.errors import ActionRefused, NotConnected, NotParked, UnsafeValue
from telephony.ids import endpoint_of
from telephony.settings import TelephonySettings
from telephony.stream import AmiMessage, Reply
from telephony.wire import DIALLED_VARIABLE

log = logging.getLogger(__name__)

RING_SECONDS = 30.0  # how long one's own phone rings before a click-to-call is given up
HOLD_SECONDS = 300.0  # on hold longer than this, the client rings back at the agent's phone
LIST_SECONDS = 30.0  # a big exchange takes its time to list its channels
CDR_TIMES = ("CDR(start,u)", "CDR(answer,u)")
MAX_NAME = 80
_NOT_SHOWN = frozenset(',"<>\\()')

_NUMBER = re.compile(r"\+?[0-9*#]{1,40}")
_KEYED = re.compile(r"[0-9*#]{1,40}")
_INTERFACE = re.compile(r"[A-Za-z0-9]{1,20}/[A-Za-z0-9_.@+:/-]{1,120}")
_CHANNEL = re.compile(r"[A-Za-z0-9]{1,20}/[A-Za-z0-9_.@+:;/<>-]{1,140}")


class Sender(Protocol):
    """Whoever can ask Asterisk: an AmiClient."""

    async def send(self, action: Action, *, timeout_seconds: float | None = None) -> Reply: ...


class Switchboard:
    """Requests to one Asterisk. All raise NotConnected, LinkLost, ActionTimedOut, ActionRefused."""

    def __init__(
        self, client: Sender, settings: TelephonySettings, new_id: Callable[[], str]
    ) -> None:
        self.on_hang_up: Callable[[str, bool], None] = lambda channel, asked: None
        """Told of each channel that an agent wants hung up, before the exchange is asked (True),
        and when that came to nothing (False): its own events do not say whose wish it was."""
        self._client = client
        self._context = settings.dial_context
        self._new_id = new_id

    async def originate(
        self,
        from_interface: str,
        to_number: str,
        *,
        caller_name: str = "",
        call_channel_id: str | None = None,
    ) -> str:
        """Click-to-call: the phone at `from_interface` rings, then `to_number` is dialled for it.

        Gives the channel id (`call_channel_id`, or a new one), which is the call's Uniqueid. The
        phone shows whom it calls (`caller_name`); the dialplan sees the phone's own extension, and
        nothing of `caller_name` goes out to the other side.
        """
        interface, number = _interface(from_interface), _number(to_number)
        channel_id = call_channel_id or self._new_id()
        await self._client.send(
            actions.originate_to_extension(
                interface,
                context=self._context,
                exten=number,
                channel_id=channel_id,
                timeout_seconds=RING_SECONDS,
                variables={DIALLED_VARIABLE: number} | _display(interface, number, caller_name),
            )
        )
        return channel_id

    async def hang_up(self, channel: str) -> None:
        """End this line, for the agent who asks for it."""
        action = actions.hang_up(_channel(channel))
        self.on_hang_up(channel, True)
        try:
            await self._client.send(action)
        except (ActionRefused, NotConnected):
            self.on_hang_up(channel, False)
            raise

    async def hold(self, client_channel: str, agent_interface: str) -> None:
        """Put the client on hold with music, by parking: works with every phone.

        The agent's phone is released; `resume` rings it again. Not resumed within `HOLD_SECONDS`,
        the client rings back there by itself, whether we live or not.
        """
        await self._client.send(
            actions.park(
                _channel(client_channel),
                parked_for=_interface(agent_interface),
                timeout_seconds=HOLD_SECONDS,
            )
        )

    async def resume(self, client_channel: str, agent_interface: str) -> str:
        """Ring the agent's phone and connect it with the held client; the new leg's channel id.

        NotParked if the client is not on hold (any more).
        """
        parked = await self._find_parked(_channel(client_channel))
        interface, channel_id = _interface(agent_interface), self._new_id()
        await self._client.send(
            actions.originate_to_application(
                interface,
                application="ParkedCall",
                data=f"{parked['parkinglot']},{parked['parkingspace']}",
                channel_id=channel_id,
                timeout_seconds=RING_SECONDS,
                variables=_display(
                    interface,
                    parked.get("parkeecalleridnum", ""),
                    parked.get("parkeecalleridname", ""),
                ),
            )
        )
        return channel_id

    async def blind_transfer(self, agent_channel: str, to_number: str) -> None:
        """Send whoever talks with `agent_channel` to `to_number`; the agent is out at once."""
        await self._client.send(
            actions.blind_transfer(
                _channel(agent_channel), context=self._context, exten=_number(to_number)
            )
        )

    async def attended_transfer(self, agent_channel: str, to_number: str) -> None:
        """Hold the other party and call `to_number` first, on the same phone.

        Asterisk keys its attended-transfer code for the agent: that code must be allowed to this
        channel (options t, T of Dial and Queue), and `to_number` has no `+`.
        """
        number = _checked("Exten", to_number, _KEYED)
        await self._client.send(
            actions.attended_transfer(_channel(agent_channel), context=self._context, exten=number)
        )

    async def complete_transfer(self, agent_channel: str) -> None:
        """The agent leaves; the other two talk."""
        await self.hang_up(agent_channel)

    async def cancel_transfer(self, agent_channel: str) -> None:
        """Drop the consulted party; the agent is back with the one on hold."""
        await self._client.send(actions.cancel_attended_transfer(_channel(agent_channel)))

    async def queue_add(
        self,
        queue: str,
        interface: str,
        member_name: str,
        penalty: int = 0,
        *,
        paused: bool = False,
    ) -> None:
        """Seat a phone in a queue, with `paused` without ever offering it a call; being there
        already is no error and changes nothing."""
        if penalty < 0:
            raise UnsafeValue("Penalty")
        action = actions.queue_add(
            _line("Queue", queue),
            _interface(interface),
            member_name=_line("MemberName", member_name),
            penalty=penalty,
            paused=paused,
        )
        await self._send_unless("already there", action)

    async def queue_remove(self, queue: str, interface: str) -> None:
        """Take a phone out of a queue; not being there is no error."""
        action = actions.queue_remove(_line("Queue", queue), _interface(interface))
        await self._send_unless("not there", action)

    async def pause_member(self, interface: str, reason: str, queue: str | None = None) -> None:
        """Offer nothing to this phone, in `queue` or in all its queues."""
        await self._pause(interface, queue, paused=True, reason=_line("Reason", reason))

    async def unpause_member(self, interface: str, queue: str | None = None) -> None:
        await self._pause(interface, queue, paused=False, reason="")

    async def resync(self) -> None:
        """Have Asterisk tell all that is so now; the items come, in order, out of the stream.

        CoreShowChannels, Status with the CDR times, BridgeList and each BridgeInfo, ParkedCalls,
        QueueStatus. Only the channels are indispensable: what else is refused is left out.
        """
        await self._client.send(actions.core_show_channels(), timeout_seconds=LIST_SECONDS)
        await self._list(actions.status(CDR_TIMES))
        for bridge in await self._list(actions.bridge_list()):
            if uniqueid := bridge.headers.get("bridgeuniqueid"):
                await self._list(actions.bridge_info(uniqueid))
        await self._list(actions.parked_calls())
        await self._list(actions.queue_status())

    async def _list(self, action: Action) -> tuple[AmiMessage, ...]:
        try:
            reply = await self._client.send(action, timeout_seconds=LIST_SECONDS)
        except ActionRefused as refusal:  # a bridge that has just gone, a module not loaded
            log.info("%s was refused: %s", action.name, refusal.message)
            return ()
        return reply.items

    async def _pause(self, interface: str, queue: str | None, *, paused: bool, reason: str) -> None:
        where = None if queue is None else _line("Queue", queue)
        await self._client.send(
            actions.queue_pause(_interface(interface), paused=paused, reason=reason, queue=where)
        )

    async def _send_unless(self, harmless: str, action: Action) -> None:
        try:
            await self._client.send(action)
        except ActionRefused as refusal:
            if harmless not in refusal.message.lower():
                raise

    async def _find_parked(self, channel: str) -> Mapping[str, str]:
        reply = await self._client.send(actions.parked_calls(), timeout_seconds=LIST_SECONDS)
        for item in reply.items:
            if item.headers.get("parkeechannel") == channel:
                return item.headers
        raise NotParked(channel)


def _checked(field: str, value: str, pattern: re.Pattern[str]) -> str:
    if pattern.fullmatch(value) is None:
        raise UnsafeValue(field)
    return value


def _number(number: str) -> str:
    return _checked("Exten", number, _NUMBER)


def _interface(interface: str) -> str:
    return _checked("Interface", interface, _INTERFACE)


def _channel(channel: str) -> str:
    """A channel's name; `/regex/`, with which Asterisk would take all that match, is none."""
    return _checked("Channel", channel, _CHANNEL)


def _line(field: str, text: str) -> str:
    """One short printable line, in any script."""
    if not 0 < len(text) <= MAX_NAME or not text.isprintable():
        raise UnsafeValue(field)
    return text


def _display(interface: str, number: str, name: str) -> dict[str, str]:
    """Who calls (the phone itself) and what its display shows; what cannot be shown is left out."""
    shown = {"CALLERID(num)": endpoint_of(interface).partition("@")[0]}
    if _NUMBER.fullmatch(number):
        shown["CONNECTEDLINE(num,i)"] = number
    if readable := _displayable(name):
        shown["CONNECTEDLINE(name,i)"] = readable
    return shown


def _displayable(name: str) -> str:
    kept = (char for char in name if char.isprintable() and char not in _NOT_SHOWN)
    return "".join(kept).strip()[:MAX_NAME]
