"""What an operator's buttons do to his call: his channel is found, the switchboard is asked."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from crm_core.clock import Clock
from crm_core.errors import Conflict, Invalid
from telephony.events import CallRecord, LegRecord, LegRole
from telephony.numbers import SHORTEST_PUBLIC, dialable, normalise, readable
from telephony.switchboard import Switchboard

_INTERNAL = re.compile(r"[0-9 .()-]+")  # an extension as people write it
Live = Callable[[], Iterable[CallRecord]]
DOUBLE_CLICK_SECONDS: Final = 1.5  # and until the exchange shows the call that was asked for


class CallControl:
    """`live` gives the calls that go on. Refusals are codes; the exchange's own errors pass."""

    def __init__(self, switchboard: Switchboard, live: Live, country: str, clock: Clock) -> None:
        self._switchboard = switchboard
        self._live = live
        self._country = country
        self._clock = clock
        self._asked: dict[str, tuple[str, float]] = {}  # by interface: the number, and when

    async def dial(self, interface: str | None, written: str) -> None:
        """Ring the agent's own phone, then the number; the second of two quick clicks does nothing.

        Refuses `not_logged_in`, `number_not_dialable`, `phone_rings`, `in_a_call`.
        """
        if interface is None:
            raise Conflict("not_logged_in")
        number = self._number(written)
        asked = self._asked_just_now(interface)
        if asked == number:
            return
        self._refuse_busy(interface, asked)
        shown = readable(normalise(written, self._country).key, self._country)
        self._asked[interface] = (number, self._clock.monotonic())
        try:
            await self._switchboard.originate(interface, number, caller_name=shown)
        except BaseException:
            self._asked.pop(interface, None)  # it may be tried again at once
            raise

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

    def _asked_just_now(self, interface: str) -> str:
        number, at = self._asked.get(interface, ("", 0.0))
        return number if self._clock.monotonic() - at < DOUBLE_CLICK_SECONDS else ""

    def _refuse_busy(self, interface: str, asked: str) -> None:
        """A phone that has a call answers a second one with "busy": nobody would be called."""
        calls = list(self._live())
        if asked or any(
            offer.interface == interface and offer.result is None
            for call in calls
            for offer in call.offered
        ):
            raise Conflict("phone_rings")
        if any(_lives(leg, interface) for call in calls for leg in call.legs):
            raise Conflict("in_a_call")

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


def _lives(leg: LegRecord, interface: str) -> bool:
    return leg.interface == interface and leg.ended_at is None
