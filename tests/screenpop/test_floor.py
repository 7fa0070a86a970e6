"""What a supervisor sees live, and that following along shows what a fresh page shows."""

from hypothesis import given, settings
from hypothesis import strategies as st

from crm_core.events import AgentStateChanged
from screenpop.floor import Floor, FloorAgent, FloorCall, FloorCaller
from screenpop.messages import Put, Remove
from telephony.events import CallerStoppedWaiting, CallerWaiting, OfferResult
from telephony.ids import Uniqueid
from tests.screenpop import scenes


def rows(floor: Floor, kind: type) -> list[object]:
    return [put.data for put in floor.snapshot().elements if isinstance(put.data, kind)]


def state(word: str, extension: str | None = "101") -> AgentStateChanged:
    return AgentStateChanged(
        agent_id=scenes.ANNA,
        state=word,
        reason=None,
        since=scenes.NINE,
        extension=extension,
        call_id=None,
    )


def waiting(unique: str, position: int) -> CallerWaiting:
    return CallerWaiting(
        at=scenes.NINE,
        queue="sales",
        uniqueid=Uniqueid(unique),
        position=position,
        number=scenes.IVANS_NUMBER,
        name="",
        since=scenes.NINE,
    )


def stopped(unique: str) -> CallerStoppedWaiting:
    return CallerStoppedWaiting(at=scenes.NINE, queue="sales", uniqueid=Uniqueid(unique))


def test_an_agents_row_follows_his_state_and_goes_when_he_does() -> None:
    floor = Floor(scenes.Office())
    floor.feed(state("ready"))
    floor.feed(state("talking"))
    (agent,) = rows(floor, FloorAgent)
    assert isinstance(agent, FloorAgent)
    assert (agent.name, agent.state) == ("Anna Orlova", "talking")
    floor.feed(state("offline", None))
    assert rows(floor, FloorAgent) == []


def test_a_call_shows_whom_it_rings_then_who_talks_and_then_goes() -> None:
    floor = Floor(scenes.Office())
    for fact in (
        scenes.started(),
        scenes.offered(scenes.ANNAS_PHONE),
        scenes.offered(scenes.BORIS_PHONE),
    ):
        floor.feed(fact)
    (call,) = rows(floor, FloorCall)
    assert isinstance(call, FloorCall)
    assert call.ringing == ("Anna Orlova", "Boris Klimov")
    floor.feed(scenes.answered(scenes.BORIS_PHONE))
    floor.feed(scenes.offer_ended(scenes.ANNAS_PHONE, OfferResult.ANSWERED_ELSEWHERE))
    (call,) = rows(floor, FloorCall)
    assert isinstance(call, FloorCall)
    assert (call.ringing, call.agents, call.answered_at) == ((), ("Boris Klimov",), scenes.at(5))
    (gone,) = floor.feed(scenes.ended())
    assert isinstance(gone, Remove)


def test_callers_stand_in_the_order_of_the_queue() -> None:
    floor = Floor(scenes.Office())
    floor.feed(waiting("9.2", 2))
    floor.feed(waiting("9.1", 1))
    puts = [put for put in floor.snapshot().elements if isinstance(put.data, FloorCaller)]
    assert [getattr(put.data, "uniqueid", "") for put in sorted(puts, key=lambda p: p.rank)] == [
        "9.1",
        "9.2",
    ]
    floor.feed(stopped("9.1"))
    assert len(rows(floor, FloorCaller)) == 1


def test_whom_we_know_is_named_as_we_know_him_before_and_after_his_story_is_read() -> None:
    known = {"2.1": "Romashka"}
    floor = Floor(scenes.Office(), lambda call_id: known.get(call_id, ""))
    floor.feed(scenes.started("1.1"))
    floor.feed(waiting("1.1", 1))
    floor.feed(scenes.started("2.1", seconds=1))
    assert [getattr(row, "client", None) for row in rows(floor, FloorCall)] == ["", "Romashka"]
    known["1.1"] = "Ivan"
    changed = floor.recognise("1.1")
    assert [getattr(change.data, "client", None) for change in changed] == ["Ivan", "Ivan"]
    assert floor.recognise("1.1") == []
    assert floor.recognise("9.9") == []
    floor.feed(waiting("1.1", 2))
    (caller,) = rows(floor, FloorCaller)
    assert isinstance(caller, FloorCaller)
    assert (caller.client, caller.position) == ("Ivan", 2)


CALLS = st.sampled_from(["1.1", "2.1"])
PHONES = st.sampled_from([scenes.ANNAS_PHONE, scenes.BORIS_PHONE])
facts = st.one_of(
    CALLS.map(scenes.started),
    st.builds(scenes.offered, PHONES, CALLS),
    st.builds(scenes.offer_ended, PHONES, st.sampled_from(OfferResult), CALLS),
    st.builds(scenes.answered, PHONES, CALLS),
    st.builds(scenes.left, PHONES, CALLS),
    st.builds(scenes.held, PHONES, CALLS),
    st.builds(scenes.joined, CALLS, CALLS),
    CALLS.map(scenes.ended),
    st.sampled_from(["ready", "talking"]).map(state),
    st.just(state("offline", None)),
    st.builds(waiting, CALLS, st.integers(1, 3)),
    CALLS.map(stopped),
)


@settings(max_examples=200, deadline=None)
@given(before=st.lists(facts, max_size=20), after=st.lists(facts, max_size=20))
def test_a_stale_floor_and_its_updates_make_the_fresh_floor(
    before: list[object], after: list[object]
) -> None:
    floor = Floor(scenes.Office())
    for fact in before:
        floor.feed(fact)
    shown = {put.element_id: put.data for put in floor.snapshot().elements}
    for fact in after:
        for change in floor.feed(fact):
            if isinstance(change, Put):
                shown[change.element_id] = change.data
            else:
                assert shown.pop(change.element_id, None) is not None
    assert shown == {put.element_id: put.data for put in floor.snapshot().elements}
