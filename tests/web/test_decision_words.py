"""Each decision of the pacer is a sentence, in every language, with the figures it rests on."""

from dataclasses import replace

import pytest

from dialer.pacing.pacer import Decision, Why
from dialer.simulation.result import Broken
from web.decision_words import SHORTLY, WHY, told_decision
from web.i18n import LANGUAGES, SOURCE_LANGUAGE, Reader
from web.simulation_words import RULES

DECISION = Decision(
    3,
    Why.FORECAST,
    ready=1,
    ringing=2,
    freed=1.0,
    ahead_seconds=8.2,
    answer_chance=0.24,
    meter=0.019,
    limit=0.03,
)


def test_a_forecast_says_what_it_rests_on() -> None:
    assert told_decision(Reader("en"), DECISION) == (
        "3 calls: 2 operators free within 8 s, 2 ringing, answer rate 24 %, meter 1.9 of 3 %"
    )
    assert told_decision(Reader("ru"), DECISION) == (
        "3 звонка: свободных операторов через 8 с: 2, звонит 2, отвечают 24 %, счётчик 1,9 из 3 %"
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("why", Why)
def test_every_reason_has_a_sentence(why: Why, language: str) -> None:
    said = told_decision(Reader(language), replace(DECISION, why=why))
    assert "%(" not in said
    assert "%%" not in said
    assert said.startswith("3 ")
    if language != SOURCE_LANGUAGE:
        assert Reader(language).gettext(WHY[why]) != WHY[why]
        assert Reader(language).gettext(SHORTLY[why]) != SHORTLY[why]


def test_every_rule_that_can_be_broken_has_a_name() -> None:
    assert set(RULES) == set(Broken)
