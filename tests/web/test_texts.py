"""Every text a person can read is translated, and nothing is said past the translation."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment

from tests.web.raised_codes import codes_of_floors
from web.catalogues import complaints
from web.i18n import LANGUAGES, SOURCE_LANGUAGE, Reader
from web.rendering import TEMPLATE_FOLDER
from web.sentences import GENERAL, LINK_REASONS, SENTENCES, sentence

OTHER_LANGUAGES = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]
TEMPLATES = sorted(path.relative_to(TEMPLATE_FOLDER) for path in TEMPLATE_FOLDER.rglob("*.html"))
READ_ATTRIBUTES = {"title", "placeholder", "alt", "aria-label", "data-confirm", "data-key-label"}
LITERAL_TAGS = {"kbd", "code", "pre"}  # keys and what is typed into files are the same everywhere
NAMES = {"Perezvon", "Linkedid"}
_ATTRIBUTES = re.compile(r'(?:[\w-]+="[^"]*"\s*)+')  # what a macro puts into somebody's tag
_LETTER = re.compile(r"[^\W\d_]")


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_every_text_is_translated_and_no_translation_is_left_over(language: str) -> None:
    assert list(complaints(language)) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_no_template_says_anything_past_the_translation(path: Path) -> None:
    lint = _Lint()
    lint.feed(_outside_expressions((TEMPLATE_FOLDER / path).read_text()))
    assert lint.bare == []


def test_the_lint_sees_bare_text_and_bare_attributes() -> None:
    lint = _Lint()
    lint.feed(
        _outside_expressions('<p title="Hint">Hello {{ name }}</p>{{ _("fine") }}<kbd>g</kbd>')
    )
    assert lint.bare == ["Hint", "Hello"]


def test_every_code_that_can_be_said_has_a_sentence() -> None:
    silent = {code: place for code, place in codes_of_floors().items() if code not in SENTENCES}
    assert silent == {}


def test_the_codes_are_really_found() -> None:
    codes = codes_of_floors()
    assert {"not_connected", "login_taken", "too_long", "profile_saved", "forbidden"} <= set(codes)


def test_every_reason_of_a_lost_link_ends_the_sentence() -> None:
    from telephony.errors import LinkReason

    assert set(LINK_REASONS) == {reason.value for reason in LinkReason}


def test_an_unknown_code_reads_as_a_general_sentence() -> None:
    assert sentence(Reader("en"), "no_such_code") == GENERAL
    assert sentence(Reader("ru"), "no_such_code").startswith("Не получилось")


def test_missing_values_never_show_a_raw_placeholder() -> None:
    assert sentence(Reader("en"), "too_long") == GENERAL
    assert "%(" not in sentence(Reader("ru"), "last_administrator", {"other": 1})


def test_of_several_texts_the_one_whose_values_are_given_is_said() -> None:
    seated = sentence(Reader("en"), "extension_taken", {"name": "Anna", "number": "101"})
    assert seated == "Anna sits at 101. Choose another phone."
    listed = sentence(Reader("en"), "extension_taken", {"value": "101"})
    assert listed == "There is an extension 101 already."


def _outside_expressions(template: str) -> str:
    """The template's own HTML: expressions become nothing, translated blocks vanish."""
    said, translating = [], False
    for _, kind, value in Environment(extensions=["jinja2.ext.i18n"]).lex(template):
        if kind == "name" and value in ("trans", "endtrans"):
            translating = value == "trans"
        elif kind == "data" and not translating:
            said.append(value)
    return "".join(said)


class _Lint(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.bare: list[str] = []
        self._literal = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._literal += tag in LITERAL_TAGS
        for name, value in attrs:
            if name in READ_ATTRIBUTES and value:
                self._hear(value)

    def handle_endtag(self, tag: str) -> None:
        self._literal -= tag in LITERAL_TAGS

    def handle_data(self, data: str) -> None:
        if not self._literal:
            self._hear(data)

    def _hear(self, text: str) -> None:
        heard = text.strip()
        if _LETTER.search(heard) and heard not in NAMES and not _ATTRIBUTES.fullmatch(heard):
            self.bare.append(heard)
