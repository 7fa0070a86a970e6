"""When a call is over, and how that is told."""

import logging
from datetime import datetime, timedelta

from telephony import holds, offers, transfers
from telephony.call import Call
from telephony.events import CallEnded, LegRole
from telephony.floor import Floor
from telephony.ids import Uniqueid
from telephony.outcome import judge, was_worth_telling
from telephony.talk import TalkState

log = logging.getLogger(__name__)

LINGER = timedelta(seconds=2)
"""How long a click-to-call that failed waits for Asterisk to say whom it was meant for."""

PARTING = timedelta(seconds=3)
"""How long a call outlives its client while a phone of ours stays off the hook alone."""

SILENCE = timedelta(hours=12)
"""A call of which nothing was heard for so long has lost its end: no shift is longer."""


class Endings:
    """Ends calls: at once when the last channel has gone, a little later when a last word is still
    to come or only a phone off the hook is left."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._lingering: dict[Call, datetime] = {}
        self._deserted: dict[Call, None] = {}

    @property
    def pending(self) -> bool:
        """Whether `look` has anything to look at."""
        return bool(self._lingering or self._deserted)

    def consider(self, call: Call, at: datetime) -> None:
        """Is the call over, or soon to be?"""
        if not call.channels:
            if _awaits_a_word(call):
                self._lingering.setdefault(call, at)
            else:
                self.end(call, at)
        elif call.started and _is_deserted(call):
            call.deserted_at = call.deserted_at or at
            self._deserted[call] = None
        else:
            call.deserted_at = None
            self._deserted.pop(call, None)

    def look(self, at: datetime) -> None:
        """Time has come to `at`: end what has waited long enough."""
        for call, since in list(self._lingering.items()):
            if at - since >= LINGER:
                self.end(call, since)
        for call in list(self._deserted):
            if call.deserted_at is None or call.ended:
                del self._deserted[call]
            elif at - call.deserted_at >= PARTING:
                self.end(call, call.deserted_at)

    def make_way(self, call: Call) -> None:
        """Somebody new comes to a phone whose client has gone: another call begins there."""
        if call.deserted_at is not None and call.living_legs():
            self.end(call, call.deserted_at)

    def name_dialled(self, uniqueid: Uniqueid, exten: str) -> None:
        """The last word on a click-to-call that has already ended: whom it was meant for."""
        for call, since in list(self._lingering.items()):
            if any(leg.uniqueid == uniqueid for leg in call.legs):
                call.own_number = exten
                self.end(call, since)

    def sweep(self, now: datetime) -> None:
        """End what has been silent for longer than any call lasts."""
        self.look(now)
        for call in list(self._floor.calls.values()):
            heard_at = call.touched_at or call.began_at
            if now - heard_at > SILENCE:
                log.warning(
                    "call %s was silent since %s and is ended",
                    call.id,
                    heard_at,
                    extra={"call_id": call.id},
                )
                self._forget_channels(call)
                self.end(call, heard_at, cut=True)

    def finish(self, at: datetime) -> None:
        """Nothing more will come."""
        self.look(at + LINGER + PARTING)

    def cut(self, at: datetime) -> None:
        """Everything ends."""
        for call in list(self._floor.calls.values()):
            self._forget_channels(call)
            self.end(call, at, cut=True)

    def give_up(self, call: Call, at: datetime) -> None:
        """The call could not be understood: end it as best known, forget its channels."""
        self._forget_channels(call)
        try:
            self.end(call, at, cut=True)
        except Exception:
            log.exception(
                "call %s could not be ended properly", call.id, extra={"call_id": call.id}
            )
            self._floor.close(call)

    def end(self, call: Call, at: datetime, *, cut: bool = False) -> None:
        """The call was over at `at`: tell it whole, if it was one. `cut`: by nobody's wish."""
        self._lingering.pop(call, None)
        self._deserted.pop(call, None)
        if call.ended:
            return
        for leg in call.legs:
            offers.close_unanswered(call, leg, at)
        holds.close(call, at)
        transfers.settle(call)
        call.clock.turn(TalkState.APART, at)
        if call.started or was_worth_telling(call):
            call.start()
            _tell(call, at, cut)
        self._floor.part(call, at)

    def _forget_channels(self, call: Call) -> None:
        for channel in list(call.channels.values()):
            self._floor.forget(channel)


def _tell(call: Call, at: datetime, cut: bool) -> None:
    verdict = judge(call, cut=cut)
    record = call.record(
        at,
        ended_at=at,
        outcome=verdict.outcome,
        ended_by=verdict.ended_by,
        cause=verdict.cause,
    )
    call.say(CallEnded(at=at, call_id=call.id, record=record))


def _awaits_a_word(call: Call) -> bool:
    is_click = call.first.role is LegRole.PHONE and not call.first.incoming
    return is_click and not call.started and not call.own_number


def _is_deserted(call: Call) -> bool:
    """Nobody is left for whoever is left: the client has gone, or only plumbing remains."""
    living = call.living_legs()
    if not living:
        return True
    if not call.connected_outside or len(living) > 1:
        return False
    return living[0].role is LegRole.PHONE and bool(call.answers)
