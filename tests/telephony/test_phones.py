"""What is a phone: the pattern says, and people correct it."""

from pathlib import Path

from telephony.phones import Phones, phones_matching
from telephony.replay import read_stream, replay

STREAM = Path(__file__).parents[1] / "streams" / "dashed_names.ami"
"""A real Asterisk's words about calls between `PJSIP/desk-anna`, `PJSIP/desk-boris` and others."""


def test_a_correction_goes_before_the_pattern_and_can_be_taken_back() -> None:
    phones = Phones(r"\d{3}")
    before = [phones("PJSIP/101"), phones("PJSIP/desk-anna"), phones("PJSIP/provider")]
    phones.correct({"101": False, "desk-anna": True})
    corrected = [phones("PJSIP/101"), phones("PJSIP/desk-anna"), phones("PJSIP/provider")]
    phones.correct({})
    after = [phones("PJSIP/101"), phones("PJSIP/desk-anna"), phones("PJSIP/provider")]
    assert before == after == [True, False, False]
    assert corrected == [False, True, False]


def test_the_pattern_alone_can_still_be_asked() -> None:
    phones = Phones(r"\d{3}")
    phones.correct({"101": False})
    assert phones.by_pattern("PJSIP/101")


def test_the_tracker_takes_a_corrected_endpoint_for_what_people_said() -> None:
    messages = list(read_stream(STREAM.read_bytes()))
    phones = Phones(r"\d{2,5}")
    guessed = replay(messages, phones)
    phones.correct({"desk-anna": True, "desk-boris": True})
    corrected = replay(messages, phones)
    assert corrected == replay(messages, phones_matching(r"\d{2,5}|desk-\w+"))
    assert corrected != guessed
