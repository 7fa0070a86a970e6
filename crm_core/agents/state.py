"""What an agent is at: a pure machine. Facts and wishes go in, one of six states comes out.

The state is derived from what is true (a seat, live calls, wrap-ups owed, wishes), so that no order
of facts can leave it in contradiction with the calls. The most pressing thing shows: talking, then
ringing, then a wrap-up, then a pause. A wish to pause or to go home waits for the call's end.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class State(StrEnum):
    OFFLINE = "offline"
    READY = "ready"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"


class Part(StrEnum):
    """What a phone does in a live call."""

    RINGING = "ringing"
    DIALLING = "dialling"
    TALKING = "talking"


LOG_OUT: Final = "log_out"
"""The pending wish to go home, beside which any pause reason may stand."""

ALLOWED: Final[Mapping[State, frozenset[State]]] = {
    # Who sits down takes over what his phone does; a wrap-up is owed by nobody who is away.
    State.OFFLINE: frozenset({State.READY, State.PAUSED, State.RINGING, State.TALKING}),
    State.READY: frozenset(State) - {State.READY},
    State.RINGING: frozenset(State) - {State.RINGING},
    # Offline straight from a talk: he had asked to leave, and this call owes nothing.
    State.TALKING: frozenset(State) - {State.TALKING},
    State.WRAP_UP: frozenset(State) - {State.WRAP_UP},
    State.PAUSED: frozenset(State) - {State.PAUSED},
}


@dataclass(frozen=True, slots=True)
class Duty:
    """All that decides an agent's state; nothing but `seated` counts while he is away."""

    seated: bool = False
    leaving: bool = False
    pause: str | None = None
    calls: tuple[tuple[str, Part], ...] = ()
    wrap_ups: tuple[str, ...] = ()  # owed, oldest first
    wrapped: frozenset[str] = frozenset()  # finished while the call still went on

    @property
    def state(self) -> State:
        if not self.seated:
            return State.OFFLINE
        parts = {part for _, part in self.calls}
        if Part.TALKING in parts:
            return State.TALKING
        if parts:
            return State.RINGING
        if self.wrap_ups:
            return State.WRAP_UP
        return State.READY if self.pause is None else State.PAUSED

    @property
    def reason(self) -> str | None:
        """Why paused, or `dialling` where a ringing is the agent's own."""
        state = self.state
        if state is State.RINGING and not self._first(Part.RINGING):
            return Part.DIALLING.value
        return self.pause if state is State.PAUSED else None

    @property
    def call_id(self) -> str | None:
        """The call that the state speaks of."""
        match self.state:
            case State.TALKING:
                return self._first(Part.TALKING)
            case State.RINGING:
                return self._first(Part.RINGING) or self._first(Part.DIALLING)
            case State.WRAP_UP:
                return self.wrap_ups[0]
        return None

    @property
    def pending(self) -> str | None:
        """What follows the call: `log_out`, a pause reason, or nothing but being ready."""
        if self.state in (State.OFFLINE, State.PAUSED, State.READY):
            return None
        return LOG_OUT if self.leaving else self.pause

    def part_in(self, call_id: str) -> Part | None:
        return dict(self.calls).get(call_id)

    def _first(self, part: Part) -> str | None:
        return next((call_id for call_id, each in self.calls if each is part), None)


def sit_down(duty: Duty, calls: Iterable[tuple[str, Part]], pause: str | None = None) -> Duty:
    """At a phone whose live `calls` are now his; sitting already, only the wishes are renewed."""
    if duty.seated:
        return replace(duty, leaving=False)
    return Duty(seated=True, pause=pause, calls=tuple(calls))


def leave(duty: Duty) -> Duty:
    """Go home: now, or when nothing rings, talks or is owed any more."""
    return _settled(replace(duty, leaving=duty.seated))


def leave_at_once(duty: Duty) -> Duty:
    """Away, whatever is going on."""
    return Duty()


def pause(duty: Duty, reason: str) -> Duty:
    """No further calls, for `reason`; shown once the present ones are over."""
    return replace(duty, pause=reason, leaving=False) if duty.seated else duty


def be_ready(duty: Duty) -> Duty:
    """Take back a pause or the wish to leave."""
    return replace(duty, pause=None, leaving=False) if duty.seated else duty


def ring(duty: Duty, call_id: str) -> Duty:
    if duty.part_in(call_id) is Part.TALKING:
        return duty
    return _with(duty, call_id, Part.RINGING)


def dial(duty: Duty, call_id: str) -> Duty:
    return duty if duty.part_in(call_id) else _with(duty, call_id, Part.DIALLING)


def talk(duty: Duty, call_id: str) -> Duty:
    """In conversation: an earlier wrap-up of the same call is not owed yet."""
    fresh = replace(
        duty,
        wrap_ups=tuple(each for each in duty.wrap_ups if each != call_id),
        wrapped=duty.wrapped - {call_id},
    )
    return _with(fresh, call_id, Part.TALKING)


def stop_ringing(duty: Duty, call_id: str) -> Duty:
    if duty.part_in(call_id) is not Part.RINGING:
        return duty
    return _settled(_without(duty, call_id))


def hang_up(duty: Duty, call_id: str, *, owes: bool) -> Duty:
    """Out of the call; who talked owes a wrap-up where `owes` says so and it is not done yet."""
    talked = duty.part_in(call_id) is Part.TALKING
    after = _without(duty, call_id)
    if talked and owes and call_id not in duty.wrapped and duty.seated:
        after = _owing(after, call_id)
    return _settled(replace(after, wrapped=after.wrapped - {call_id}))


def owe_wrap_up(duty: Duty, call_id: str) -> Duty:
    """A wrap-up has begun; nobody owes one who is away."""
    if not duty.seated or duty.part_in(call_id) is Part.TALKING:
        return duty
    return _owing(duty, call_id)


def finish_wrap_up(duty: Duty, call_id: str) -> Duty:
    if duty.part_in(call_id) is Part.TALKING:
        return replace(duty, wrapped=duty.wrapped | {call_id})
    remaining = tuple(each for each in duty.wrap_ups if each != call_id)
    return _settled(replace(duty, wrap_ups=remaining))


def rename(duty: Duty, absorbed_id: str, call_id: str) -> Duty:
    """Two calls became one: the more pressing part and all that is owed go on under `call_id`."""
    parts = dict(duty.calls)
    part = parts.pop(absorbed_id, None)
    if part is not None and parts.get(call_id) is not Part.TALKING:
        parts[call_id] = part
    owed = dict.fromkeys(call_id if each == absorbed_id else each for each in duty.wrap_ups)
    talking = parts.get(call_id) is Part.TALKING
    return _settled(
        replace(
            duty,
            calls=tuple(parts.items()),
            wrap_ups=tuple(each for each in owed if not (talking and each == call_id)),
            wrapped=duty.wrapped - {absorbed_id},
        )
    )


def _owing(duty: Duty, call_id: str) -> Duty:
    if call_id in duty.wrap_ups:
        return duty
    return replace(duty, wrap_ups=(*duty.wrap_ups, call_id))


def _with(duty: Duty, call_id: str, part: Part) -> Duty:
    if not duty.seated:
        return duty
    return replace(duty, calls=tuple({**dict(duty.calls), call_id: part}.items()))


def _without(duty: Duty, call_id: str) -> Duty:
    return replace(duty, calls=tuple(each for each in duty.calls if each[0] != call_id))


def _settled(duty: Duty) -> Duty:
    """Somebody who wants to leave is gone as soon as nothing keeps him."""
    if duty.leaving and not duty.calls and not duty.wrap_ups:
        return Duty()
    return duty
