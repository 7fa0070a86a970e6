"""An agent's state agrees with his calls whatever the order in which things are heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.agents import state
from crm_core.agents.state import ALLOWED, LOG_OUT, Duty, Part, State

CALLS = st.sampled_from(["a", "b", "c"])


def seated(**values: object) -> Duty:
    return Duty(seated=True, **values)  # type: ignore[arg-type]


def test_who_sits_down_is_ready() -> None:
    assert state.sit_down(Duty(), ()).state is State.READY


def test_who_sits_down_with_a_reason_is_paused_with_it() -> None:
    duty = state.sit_down(Duty(), (), "lunch")
    assert (duty.state, duty.reason) == (State.PAUSED, "lunch")


def test_sitting_down_adopts_the_call_that_the_phone_is_in() -> None:
    duty = state.sit_down(Duty(), [("a", Part.TALKING)])
    assert (duty.state, duty.call_id) == (State.TALKING, "a")


def test_a_ring_an_answer_a_hang_up_and_a_wrap_up_lead_back_to_ready() -> None:
    duty = state.ring(seated(), "a")
    assert duty.state is State.RINGING
    duty = state.talk(duty, "a")
    assert duty.state is State.TALKING
    duty = state.hang_up(duty, "a", owes=True)
    assert (duty.state, duty.call_id) == (State.WRAP_UP, "a")
    assert state.finish_wrap_up(duty, "a").state is State.READY


def test_an_internal_talk_owes_no_wrap_up() -> None:
    duty = state.hang_up(state.talk(seated(), "a"), "a", owes=False)
    assert duty.state is State.READY


def test_a_ring_that_nobody_answered_owes_no_wrap_up() -> None:
    assert state.stop_ringing(state.ring(seated(), "a"), "a").state is State.READY
    assert state.hang_up(state.ring(seated(), "a"), "a", owes=True).state is State.READY


def test_a_pause_wished_while_talking_shows_as_pending_and_follows_the_wrap_up() -> None:
    duty = state.pause(state.talk(seated(), "a"), "lunch")
    assert (duty.state, duty.pending) == (State.TALKING, "lunch")
    duty = state.hang_up(duty, "a", owes=True)
    assert (duty.state, duty.pending) == (State.WRAP_UP, "lunch")
    duty = state.finish_wrap_up(duty, "a")
    assert (duty.state, duty.reason, duty.pending) == (State.PAUSED, "lunch", None)


def test_a_pause_wished_while_ringing_waits_for_the_ring() -> None:
    duty = state.pause(state.ring(seated(), "a"), "lunch")
    assert duty.state is State.RINGING
    assert state.stop_ringing(duty, "a").state is State.PAUSED


def test_who_wants_to_leave_while_talking_is_gone_after_the_wrap_up() -> None:
    duty = state.leave(state.talk(seated(), "a"))
    assert (duty.state, duty.pending) == (State.TALKING, LOG_OUT)
    duty = state.hang_up(duty, "a", owes=True)
    assert duty.state is State.WRAP_UP
    assert state.finish_wrap_up(duty, "a").state is State.OFFLINE


def test_being_ready_takes_back_a_pending_pause_and_a_pending_leave() -> None:
    duty = state.be_ready(state.leave(state.pause(state.talk(seated(), "a"), "lunch")))
    assert duty.pending is None
    assert state.hang_up(duty, "a", owes=False).state is State.READY


def test_a_wrap_up_saved_while_talking_is_not_owed_afterwards() -> None:
    duty = state.finish_wrap_up(state.talk(seated(), "a"), "a")
    assert duty.state is State.TALKING
    assert state.hang_up(duty, "a", owes=True).state is State.READY


def test_talking_again_in_the_same_call_owes_its_wrap_up_again() -> None:
    duty = state.finish_wrap_up(state.talk(seated(), "a"), "a")
    duty = state.talk(state.hang_up(duty, "a", owes=True), "a")
    assert state.hang_up(duty, "a", owes=True).state is State.WRAP_UP


def test_a_second_call_ringing_does_not_hide_the_talk() -> None:
    duty = state.ring(state.talk(seated(), "a"), "b")
    assert (duty.state, duty.call_id) == (State.TALKING, "a")


def test_dialling_out_is_told_from_being_rung() -> None:
    duty = state.dial(seated(), "a")
    assert (duty.state, duty.reason) == (State.RINGING, "dialling")
    assert state.ring(duty, "b").reason is None


def test_joined_calls_are_one_for_the_agent_too() -> None:
    duty = state.rename(state.ring(state.talk(seated(), "a"), "b"), "b", "a")
    assert duty.calls == (("a", Part.TALKING),)
    owing = state.hang_up(state.talk(seated(), "b"), "b", owes=True)
    assert state.rename(owing, "b", "a").wrap_ups == ("a",)


STEPS = st.one_of(
    st.tuples(st.just(state.ring), CALLS),
    st.tuples(st.just(state.dial), CALLS),
    st.tuples(st.just(state.talk), CALLS),
    st.tuples(st.just(state.stop_ringing), CALLS),
    st.tuples(st.just(lambda duty, call: state.hang_up(duty, call, owes=True)), CALLS),
    st.tuples(st.just(lambda duty, call: state.hang_up(duty, call, owes=False)), CALLS),
    st.tuples(st.just(state.owe_wrap_up), CALLS),
    st.tuples(st.just(state.finish_wrap_up), CALLS),
    st.tuples(st.just(lambda duty, call: state.rename(duty, call, "a")), CALLS),
    st.tuples(st.just(lambda duty, _: state.pause(duty, "lunch")), CALLS),
    st.tuples(st.just(lambda duty, _: state.be_ready(duty)), CALLS),
    st.tuples(st.just(lambda duty, _: state.leave(duty)), CALLS),
    st.tuples(st.just(lambda duty, call: state.sit_down(duty, [(call, Part.TALKING)])), CALLS),
    st.tuples(st.just(lambda duty, _: state.sit_down(duty, ())), CALLS),
)


@given(st.lists(STEPS, max_size=40))
def test_any_sequence_leaves_a_state_that_agrees_with_the_live_calls(steps: list) -> None:  # type: ignore[type-arg]
    duty = Duty()
    for step, call_id in steps:
        before = duty.state
        duty = step(duty, call_id)
        assert duty.state is before or duty.state in ALLOWED[before]
        _agrees(duty)


@given(st.lists(STEPS, max_size=40))
def test_once_all_is_over_nobody_is_stuck(steps: list) -> None:  # type: ignore[type-arg]
    """With every call ended and every wrap-up finished an agent is ready, paused or away."""
    duty = Duty()
    for step, call_id in steps:
        duty = step(duty, call_id)
    for call_id in "abc":
        duty = state.hang_up(duty, call_id, owes=True)
    for call_id in "abc":
        duty = state.finish_wrap_up(duty, call_id)
    assert duty.state in (State.READY, State.PAUSED, State.OFFLINE)
    assert not duty.leaving
    assert not duty.wrapped


def _agrees(duty: Duty) -> None:
    parts = [part for _, part in duty.calls]
    if not duty.seated:
        assert duty == Duty()
        assert duty.state is State.OFFLINE
    elif Part.TALKING in parts:
        assert duty.state is State.TALKING
    elif parts:
        assert duty.state is State.RINGING
    elif duty.wrap_ups:
        assert duty.state is State.WRAP_UP
    else:
        assert duty.state is (State.PAUSED if duty.pause else State.READY)
        assert not duty.leaving
    if duty.state in (State.TALKING, State.RINGING, State.WRAP_UP):
        assert duty.call_id is not None
    talking = {call_id for call_id, part in duty.calls if part is Part.TALKING}
    assert not talking & set(duty.wrap_ups)


@pytest.mark.parametrize("before", [each for each in State if each is not State.OFFLINE])
def test_from_every_seat_one_can_come_to_every_state(before: State) -> None:
    assert ALLOWED[before] == frozenset(State) - {before}


def test_who_is_away_owes_nothing() -> None:
    assert State.WRAP_UP not in ALLOWED[State.OFFLINE]
    assert state.owe_wrap_up(Duty(), "a") == Duty()
