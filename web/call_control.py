"""What an operator's buttons do to his call: his channel is found, the switchboard is asked."""

import re
from collections.abc import Callable, Iterable

from crm_core.errors import Conflict, Invalid
from telephony.events import CallRecord, LegRecord, LegRole
from telephony.numbers import SHORTEST_PUBLIC, dialable, normalise, readable
from telephony.switchboard import Switchboard

_INTERNAL = re.compile(r"[0-9 .()-]+")  # an extension as people write it
Live = Callable[[], Iterable[CallRecord]]


class CallControl:
    """`live` gives the calls that go on. Refusals are codes; the exchange's own errors pass."""

    def __init__(self, switchboard: Switchboard, live: Live, country: str) -> None:
        self._switchboard = switchboard
        self._live = live
        self._country = country

    async def dial(self, interface: str | None, written: str) -> None:
        """Ring the agent's own phone, then the number. Refuses `not_logged_in`,
        `number_not_dialable`."""
        if interface is None:
            raise Conflict("not_logged_in")
        number = self._number(written)
        shown = readable(normalise(written, self._country).key, self._country)
        await self._switchboard.originate(interface, number, caller_name=shown)

    async def hang_up(self, call_id: str, interface: str) -> None:
        """End the agent's part; the call with it, where he is the only one."""
        await self._switchboard.hang_up(self._mine(call_id, interface).channel)

    async def hold(self, call_id: str, interface: str) -> None:
        """The client hears music, the phone is free; see Switchboard.hold."""
        self._mine(call_id, interface)
        await self._switchboard.hold(self._other(call_id, interface).channel, interface)

    async def resume(self, call_id: str, interface: str) -> None:
        """The agent's phone rings and is connected with the client on hold."""
        await self._switchboard.resume(self._other(call_id, interface).channel, interface)

    async def transfer(self, call_id: str, interface: str, written: str) -> None:
        """Hand the client over at once."""
        number = self._number(written)
        await self._switchboard.blind_transfer(self._mine(call_id, interface).channel, number)

    async def consult(self, call_id: str, interface: str, written: str) -> None:
        """Hold the client and ask the other one first."""
        number = self._number(written)
        await self._switchboard.attended_transfer(self._mine(call_id, interface).channel, number)

    async def connect(self, call_id: str, interface: str) -> None:
        """After `consult`: leave, so that the two talk."""
        await self._switchboard.complete_transfer(self._mine(call_id, interface).channel)

    async def back(self, call_id: str, interface: str) -> None:
        """After `consult`: drop the one who was asked, be with the client again."""
        await self._switchboard.cancel_transfer(self._mine(call_id, interface).channel)

    def _number(self, written: str) -> str:
        """What the exchange is to dial: digits, as a phone in the country would."""
        number = normalise(written, self._country)
        if number.e164:
            return dialable(number.e164, self._country)
        if _INTERNAL.fullmatch(written.strip()) and 2 <= len(number.digits) < SHORTEST_PUBLIC:
            return number.digits
        raise Invalid("number", "number_not_dialable", number=written.strip()[:40])

    def _mine(self, call_id: str, interface: str) -> LegRecord:
        legs = [leg for leg in self._legs(call_id) if leg.interface == interface]
        if not legs:
            raise Conflict("call_gone")
        return legs[-1]

    def _other(self, call_id: str, interface: str) -> LegRecord:
        """The outside party, or where there is none the colleague."""
        others = [leg for leg in self._legs(call_id) if leg.interface != interface]
        if not others:
            raise Conflict("call_gone")
        return next((leg for leg in others if leg.role is LegRole.TRUNK), others[-1])

    def _legs(self, call_id: str) -> list[LegRecord]:
        call = next((call for call in self._live() if call.call_id == call_id), None)
        return [leg for leg in call.legs if leg.ended_at is None] if call else []
