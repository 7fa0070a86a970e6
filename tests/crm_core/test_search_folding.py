"""One normaliser for texts and questions: what looks or sounds the same to a person is the same."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crm_core.search.composing import composed
from crm_core.search.folding import folded, folded_with_places, packed
from crm_core.search.marking import marks
from crm_core.search.question import GRAM, ask

WORDS = st.text(
    st.sampled_from("abcxyzАБВЁЙЫЯабвёйыяіїґ «»-.@'\u0301\u00adĄßŐ中123"), min_size=1, max_size=40
)


@given(st.text(max_size=60))
def test_folding_again_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.text(max_size=60))
def test_case_makes_no_difference(text: str) -> None:
    assert folded(text.casefold()) == folded(text)


@given(st.text(max_size=60))
def test_packing_keeps_different_texts_different(text: str) -> None:
    whole = folded(text)
    assert len(packed(whole)) == len(whole)
    assert not any(c.isascii() and c.isupper() for c in whole), "the capitals are free for packing"


@given(WORDS, st.data())
def test_any_three_letters_of_a_text_find_it(text: str, data: st.DataObject) -> None:
    whole = folded(text)
    start = data.draw(st.integers(0, max(0, len(whole) - GRAM)))
    end = data.draw(st.integers(min(start + GRAM, len(whole)), len(whole)))
    question = ask(whole[start:end], "RU")
    assume(question is not None and len(question.whole) >= GRAM)
    assert question is not None
    stored = composed(text, [])
    assert any(all(part in stored for part in parts) for parts in question.anywhere)


@given(WORDS)
def test_every_folded_character_knows_where_it_came_from(text: str) -> None:
    whole, places = folded_with_places(text)
    assert len(whole) == len(places)
    assert places == sorted(places)
    assert whole.strip() == folded(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("СОКА-СОLА", "coka-cola"),  # the first in Cyrillic letters, but for the L
        ("ВТБ", "BTБ"),
        ("Семёнов", "СЕМЕНОВ"),
        ("Й", "и"),
        ("Müller & Söhne", "muller & sohne"),
        ("ｔｅｌ ８９１６", "tel 8916"),
        ("ООО «Ёж»", 'OOO "ЕЖ"'),
        ("за́мок", "замок"),
        ("Straße", "STRASSE"),
        ("а\u00adб", "аб"),
    ],
)
def test_what_a_person_reads_alike_is_alike(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("б", "в"), ("п", "р"), ("з", "e"), ("И", "H")])
def test_what_a_person_tells_apart_stays_apart(one: str, other: str) -> None:
    assert packed(folded(one)) != packed(folded(other))


@pytest.mark.parametrize(
    ("text", "asked", "marked"),
    [
        ("Павел Семёнов", "семен", ["Семён"]),
        ("Павел Семёнов", "сем пав", ["Пав", "Сем"]),
        ("ООО «Ромашка»", "оо ром", ["ОО", "Ром"]),
        ("СОКА-СОLА", "coka", ["СОКА"]),
        ("8 (916) 123-45-67", "4567", ["45-67"]),
        ("8 (916) 123-45-67", "8916123", ["8 (916) 123"]),
        ("8 (916) 123-45-67", "+7 916 123-45-67", ["916) 123-45-67"]),
        ("Роман", "аром", []),
    ],
)
def test_the_part_that_fits_is_marked(text: str, asked: str, marked: list[str]) -> None:
    question = ask(asked, "RU")
    assert question is not None
    assert [text[start:end] for start, end in marks(text, question)] == marked
