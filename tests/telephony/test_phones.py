"""What is a phone: the pattern says, and people correct it."""

from telephony.phones import Phones


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
