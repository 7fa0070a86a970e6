"""Whatever happens, in any order: a screen that followed along shows what a fresh one shows."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from crm_core.clients.dossier import Dossier, Known, Note, Person
from screenpop.board import Board
from screenpop.cards import Card, Phase, WrapUp
from screenpop.live import BoardChange, CardGone, LiveCall
from telephony.events import Direction, OfferResult, Outcome
from tests.screenpop import scenes

CALLS = ("1.1", "2.1", "3.1")
PHONES = (scenes.ANNAS_PHONE, scenes.BORIS_PHONE, "PJSIP/150")
AGENTS = (scenes.ANNA, scenes.BORIS)
Step = Callable[[Board], list[BoardChange]]

calls, phones, agents = st.sampled_from(CALLS), st.sampled_from(PHONES), st.sampled_from(AGENTS)


def _fact(
    make: Callable[..., object], *drawn: st.SearchStrategy[object]
) -> st.SearchStrategy[Step]:
    return st.tuples(*drawn).map(lambda values: lambda board: board.apply(make(*values)))


steps = st.one_of(
    _fact(
        lambda c, d, i: scenes.started(c, direction=d, interface=i),
        calls,
        st.sampled_from(Direction),
        phones,
    ),
    _fact(scenes.offered, phones, calls, st.integers(0, 99), st.booleans()),
    _fact(scenes.offer_ended, phones, st.sampled_from(OfferResult), calls),
    _fact(scenes.answered, phones, calls),
    _fact(scenes.left, phones, calls),
    _fact(lambda p, c, parked: scenes.held(p, c, parked=parked), phones, calls, st.booleans()),
    _fact(scenes.resumed, phones, calls),
    _fact(lambda p, c: scenes.transferred(p, "102", c), phones, calls),
    _fact(scenes.joined, calls, calls),
    _fact(scenes.ended, calls, st.sampled_from(Outcome)),
    st.tuples(calls, st.integers(0, 3)).map(
        lambda v: (
            lambda board: board.read_dossier(v[0], Dossier(Known.ONE, "", client=Person(v[1], "R")))
        )
    ),
    st.tuples(calls, agents, st.text(max_size=3)).map(
        lambda v: lambda board: board.note(v[0], Note(v[1], "A", v[2]))
    ),
    st.tuples(calls, agents).map(
        lambda v: lambda board: board.begin_wrap_up(LiveCall(v[0]), v[1], scenes.at(70), WrapUp())
    ),
    st.tuples(calls, agents).map(lambda v: lambda board: board.finish_wrap_up(*v, "saved")),
    st.tuples(calls, agents).map(
        lambda v: lambda board: board.adopt(LiveCall(v[0]), v[1], Phase.RINGING, scenes.at(2))
    ),
    agents.map(lambda agent: lambda board: board.stand_up(agent)),
)


class Screen:
    """What one agent's browser shows: a snapshot, then every change that concerns it."""

    def __init__(self, board: Board, agent_id: int) -> None:
        self._agent_id = agent_id
        self.shown = {card.call_id: card for card in board.cards_of(agent_id)}

    def follow(self, change: BoardChange) -> None:
        if change.agent_id != self._agent_id:
            return
        if isinstance(change, CardGone):
            assert self.shown.pop(change.call_id, None) is not None, "a card went that never came"
        else:
            self.shown[change.card.call_id] = change.card

    def cards(self) -> set[Card]:
        return set(self.shown.values())


@settings(max_examples=300, deadline=None)
@given(before=st.lists(steps, max_size=25), after=st.lists(steps, max_size=25))
def test_a_stale_board_and_its_updates_make_the_fresh_board(
    before: list[Step], after: list[Step]
) -> None:
    board = Board(scenes.Office())
    for step in before:
        step(board)
    screens = [Screen(board, agent_id) for agent_id in AGENTS]
    for step in after:
        for change in step(board):
            for screen in screens:
                screen.follow(change)
    for agent_id, screen in zip(AGENTS, screens, strict=True):
        assert screen.cards() == set(board.cards_of(agent_id))


@settings(max_examples=100, deadline=None)
@given(story=st.lists(steps, max_size=40))
def test_ended_calls_and_closed_forms_leave_nothing_behind(story: list[Step]) -> None:
    board = Board(scenes.Office())
    for step in story:
        step(board)
    for call in CALLS:
        board.apply(scenes.ended(call))
        for agent_id in AGENTS:
            board.finish_wrap_up(call, agent_id, "saved")
    assert board.calls == {}
    assert all(board.cards_of(agent_id) == () for agent_id in AGENTS)
