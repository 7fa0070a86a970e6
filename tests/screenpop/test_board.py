"""Whose card stands where, fact by fact."""

from dataclasses import replace

from crm_core.clients.dossier import Dossier, Known, Note, Person
from screenpop.board import Board
from screenpop.cards import Card, Phase, WrapUp
from screenpop.live import CardGone, CardPut, LiveCall
from telephony.events import CallFact, Direction, OfferResult, Outcome
from telephony.ids import Interface
from tests.screenpop.scenes import (
    ANNA,
    ANNAS_PHONE,
    BORIS,
    BORIS_PHONE,
    IVANS_NUMBER,
    Office,
    answered,
    at,
    ended,
    held,
    joined,
    left,
    offer_ended,
    offered,
    resumed,
    started,
    transferred,
)

ROMASHKA = Dossier(Known.ONE, "+7 916 123-45-67", client=Person(7, "Romashka"))


def board_after(*facts: CallFact) -> Board:
    board = Board(Office())
    for fact in facts:
        board.apply(fact)
    return board


def only_card(board: Board, agent_id: int) -> Card:
    (card,) = board.cards_of(agent_id)
    return card


def test_a_ringing_phone_puts_a_card_on_its_agents_screen_only() -> None:
    board = board_after(started())
    (change,) = board.apply(offered(ANNAS_PHONE))
    assert isinstance(change, CardPut)
    assert change.agent_id == ANNA
    card = only_card(board, ANNA)
    assert (card.phase, card.number, card.queue) == (Phase.RINGING, IVANS_NUMBER, "sales")
    assert board.cards_of(BORIS) == ()


def test_a_phone_without_an_agent_changes_no_screen() -> None:
    board = board_after(started())
    assert board.apply(offered(Interface("PJSIP/150"))) == []


def test_answered_elsewhere_withdraws_the_card_and_says_who_answered() -> None:
    board = board_after(
        started(), offered(ANNAS_PHONE), offered(BORIS_PHONE), answered(BORIS_PHONE)
    )
    (gone,) = board.apply(offer_ended(ANNAS_PHONE, OfferResult.ANSWERED_ELSEWHERE))
    assert isinstance(gone, CardGone)
    assert gone.trace is not None
    assert (gone.trace.code, gone.trace.agent_name) == ("answered_elsewhere", "Boris Klimov")
    assert board.cards_of(ANNA) == ()
    assert only_card(board, BORIS).phase == Phase.TALKING


def test_who_answered_is_known_as_soon_as_his_ringing_ends() -> None:
    """A queue tells the others' end before the two are connected."""
    board = board_after(started(), offered(ANNAS_PHONE), offered(BORIS_PHONE))
    board.apply(offer_ended(BORIS_PHONE, OfferResult.ANSWERED))
    (gone,) = board.apply(offer_ended(ANNAS_PHONE, OfferResult.ANSWERED_ELSEWHERE))
    assert isinstance(gone, CardGone)
    assert gone.trace is not None
    assert gone.trace.agent_name == "Boris Klimov"


def test_a_caller_who_gives_up_leaves_a_trace_on_every_ringing_screen() -> None:
    board = board_after(started(), offered(ANNAS_PHONE), offered(BORIS_PHONE))
    changes = board.apply(ended(outcome=Outcome.ABANDONED))
    assert {change.agent_id for change in changes} == {ANNA, BORIS}
    assert all(c.trace and c.trace.code == "abandoned" for c in changes if isinstance(c, CardGone))
    assert board.calls == {}


def test_the_clock_of_a_card_starts_anew_when_the_call_is_answered() -> None:
    board = board_after(started(), offered(ANNAS_PHONE), answered(ANNAS_PHONE, seconds=7))
    assert only_card(board, ANNA).since == at(7)


def test_after_the_conversation_the_card_stays_as_the_wrap_up_form() -> None:
    board = board_after(
        started(), offered(ANNAS_PHONE), answered(ANNAS_PHONE), left(ANNAS_PHONE), ended()
    )
    assert only_card(board, ANNA).phase == Phase.WRAP_UP
    rule = WrapUp(at(120), skippable=True)
    board.begin_wrap_up(LiveCall("1.1"), ANNA, at(60), rule)
    assert only_card(board, ANNA).wrap_up == rule
    (gone,) = board.finish_wrap_up("1.1", ANNA, "saved")
    assert isinstance(gone, CardGone)
    assert board.calls == {}


def test_a_wrap_up_begun_before_the_board_heard_the_hang_up_is_one_form() -> None:
    board = board_after(started(), offered(ANNAS_PHONE), answered(ANNAS_PHONE))
    board.begin_wrap_up(LiveCall("1.1"), ANNA, at(60), WrapUp(at(120)))
    assert board.apply(left(ANNAS_PHONE)) == []
    assert only_card(board, ANNA).wrap_up == WrapUp(at(120))


def test_a_form_from_before_the_restart_comes_back_with_its_call() -> None:
    board = Board(Office())
    call = LiveCall("1.1", caller=IVANS_NUMBER, started_at=at(0), ended=True)
    board.begin_wrap_up(call, ANNA, at(60), WrapUp(at(120)))
    assert only_card(board, ANNA).number == IVANS_NUMBER


def test_a_transferred_call_brings_the_first_operators_notes_along() -> None:
    board = board_after(started(), offered(ANNAS_PHONE), answered(ANNAS_PHONE))
    board.note("1.1", Note(ANNA, "Anna Orlova", "wants 20 pumps"))
    board.apply(transferred(ANNAS_PHONE, "102"))
    board.apply(offered(BORIS_PHONE, seconds=31))
    card = only_card(board, BORIS)
    assert card.transferred_by == "Anna Orlova"
    assert [note.text for note in card.earlier_notes] == ["wants 20 pumps"]
    assert only_card(board, ANNA).transferred_by == ""
    assert only_card(board, ANNA).note == "wants 20 pumps"


def test_a_note_written_after_the_transfer_reaches_the_second_operator_too() -> None:
    board = board_after(
        started(),
        offered(ANNAS_PHONE),
        answered(ANNAS_PHONE),
        transferred(ANNAS_PHONE, "102"),
        offered(BORIS_PHONE),
        left(ANNAS_PHONE),
    )
    board.note("1.1", Note(ANNA, "Anna Orlova", "asked for an invoice"))
    assert [note.text for note in only_card(board, BORIS).earlier_notes] == ["asked for an invoice"]


def test_an_attended_transfer_turns_the_consultation_into_the_clients_card() -> None:
    board = board_after(
        started(),
        offered(ANNAS_PHONE),
        answered(ANNAS_PHONE),
        started(
            "2.1", direction=Direction.INTERNAL, caller="101", dialled="102", interface=ANNAS_PHONE
        ),
        offered(BORIS_PHONE, "2.1"),
        answered(BORIS_PHONE, "2.1"),
    )
    assert only_card(board, BORIS).number == "101"
    changes = board.apply(joined("1.1", "2.1"))
    assert CardGone(BORIS, "2.1") in changes
    assert only_card(board, BORIS).number == IVANS_NUMBER
    assert only_card(board, ANNA).call_id == "1.1"


def test_hold_shows_on_the_card_of_the_one_who_holds() -> None:
    board = board_after(started(), offered(ANNAS_PHONE), answered(ANNAS_PHONE), held(ANNAS_PHONE))
    assert only_card(board, ANNA).held
    board.apply(resumed(ANNAS_PHONE))
    assert not only_card(board, ANNA).held


def test_an_internal_call_leaves_no_form_behind() -> None:
    board = board_after(
        started(direction=Direction.INTERNAL, caller="101", dialled="102", interface=ANNAS_PHONE),
        offered(BORIS_PHONE),
        answered(BORIS_PHONE),
    )
    assert only_card(board, ANNA).number == "102"
    assert only_card(board, BORIS).number == "101"
    board.apply(left(BORIS_PHONE))
    board.apply(ended())
    assert board.cards_of(BORIS) == ()
    assert board.cards_of(ANNA) == ()


def test_a_number_dialled_on_the_phone_has_its_card_before_anybody_answers() -> None:
    board = board_after(
        started(
            direction=Direction.OUTBOUND, caller="101", dialled="89161234567", interface=ANNAS_PHONE
        )
    )
    card = only_card(board, ANNA)
    assert (card.phase, card.number) == (Phase.DIALLING, "89161234567")


def test_the_name_of_ones_own_phone_is_not_taken_for_the_clients() -> None:
    call = started(direction=Direction.OUTBOUND, dialled="89161234567", interface=ANNAS_PHONE)
    board = board_after(replace(call, caller_name="Desk 101"))
    assert only_card(board, ANNA).who == "89161234567"


def test_a_hidden_number_has_no_name_though_the_exchange_gives_it_one() -> None:
    call = started(caller="anonymous")
    board = board_after(replace(call, caller_name="Anonymous"), offered(ANNAS_PHONE))
    card = replace(only_card(board, ANNA), dossier=Dossier(Known.ANONYMOUS, ""))
    assert card.who == ""
    assert replace(card, dossier=ROMASHKA).who == "Romashka"


def test_ones_own_request_rings_as_dialling_and_says_so() -> None:
    board = board_after(
        started(direction=Direction.OUTBOUND, dialled="89161234567"),
        offered(ANNAS_PHONE, own_request=True),
    )
    card = only_card(board, ANNA)
    assert card.phase == Phase.DIALLING
    assert card.own_request


def test_an_agent_who_stands_up_keeps_only_the_forms_he_owes() -> None:
    board = board_after(started(), offered(ANNAS_PHONE), answered(ANNAS_PHONE), left(ANNAS_PHONE))
    board.apply(started("2.1"))
    board.apply(offered(ANNAS_PHONE, "2.1"))
    board.stand_up(ANNA)
    assert [card.call_id for card in board.cards_of(ANNA)] == ["1.1"]


def test_who_sits_down_at_a_ringing_phone_gets_its_card() -> None:
    board = Board(Office())
    board.apply(started())
    (change,) = board.adopt(board.calls["1.1"], ANNA, Phase.RINGING, at(3))
    assert isinstance(change, CardPut)
    assert board.adopt(board.calls["1.1"], ANNA, Phase.RINGING, at(3)) == []


def test_the_clients_story_reaches_everybody_whose_phone_rings() -> None:
    board = board_after(started(), offered(ANNAS_PHONE), offered(BORIS_PHONE))
    changes = board.read_dossier("1.1", ROMASHKA)
    assert {change.agent_id for change in changes} == {ANNA, BORIS}
    assert only_card(board, BORIS).dossier == ROMASHKA


def test_a_story_read_late_does_not_undo_a_newer_note() -> None:
    board = board_after(started(), offered(ANNAS_PHONE), answered(ANNAS_PHONE))
    board.note("1.1", Note(ANNA, "Anna Orlova", "new"))
    old = Dossier(Known.NONE, "", notes=(Note(ANNA, "Anna Orlova", "old"),))
    board.read_dossier("1.1", old)
    assert only_card(board, ANNA).note == "new"


def test_facts_of_calls_never_seen_break_nothing() -> None:
    board = Board(Office())
    for fact in (
        left(ANNAS_PHONE),
        held(ANNAS_PHONE),
        resumed(BORIS_PHONE),
        ended(),
        offer_ended(ANNAS_PHONE, OfferResult.NO_ANSWER),
        joined("1.1", "9.9"),
    ):
        board.apply(fact)
    assert board.cards_of(ANNA) == ()


def test_a_client_on_hold_keeps_his_card_though_the_phone_is_free() -> None:
    board = board_after(started(), offered(ANNAS_PHONE), answered(ANNAS_PHONE))
    board.apply(held(ANNAS_PHONE, parked=True))
    board.apply(left(ANNAS_PHONE))
    board.begin_wrap_up(LiveCall("1.1"), ANNA, at(60), WrapUp(at(120)))
    card = only_card(board, ANNA)
    assert (card.phase, card.parked) == (Phase.TALKING, True)
    board.apply(resumed(ANNAS_PHONE))
    board.apply(answered(ANNAS_PHONE, seconds=70))
    card = only_card(board, ANNA)
    assert (card.phase, card.parked, card.since) == (Phase.TALKING, False, at(70))


def test_a_client_who_hangs_up_on_hold_leaves_the_form() -> None:
    board = board_after(started(), offered(ANNAS_PHONE), answered(ANNAS_PHONE))
    board.apply(held(ANNAS_PHONE, parked=True))
    board.apply(left(ANNAS_PHONE))
    board.apply(ended())
    assert only_card(board, ANNA).phase == Phase.WRAP_UP


def test_a_form_that_expired_while_the_client_was_on_hold_does_not_come_back() -> None:
    board = board_after(started(), offered(ANNAS_PHONE), answered(ANNAS_PHONE))
    board.apply(held(ANNAS_PHONE, parked=True))
    board.begin_wrap_up(LiveCall("1.1"), ANNA, at(60), WrapUp(at(120)))
    board.finish_wrap_up("1.1", ANNA, "expired")
    assert only_card(board, ANNA).parked
    board.apply(ended())
    assert board.cards_of(ANNA) == ()
