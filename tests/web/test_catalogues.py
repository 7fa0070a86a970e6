"""The tool that watches over translations sees what is wrong with them."""

from pathlib import Path

import pytest

from web.catalogues import complaints, main, missing, source

HEADER = r"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=3; plural=0;\n"

"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small product with three texts, one of them with plural forms."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        '{{ _("Hello %(name)s", name=x) }}{% trans count=n %}one{% pluralize %}many{% endtrans %}'
    )
    (tmp_path / "code.py").write_text('TITLE = N_("Title")\n')
    return tmp_path


def _speak(root: Path, text: str) -> Path:
    folder = root / "locale"
    (folder / "ru" / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
    (folder / "ru" / "LC_MESSAGES" / "a.po").write_text(HEADER + text, encoding="utf-8")
    return folder


WHOLE = (
    'msgid "Hello %(name)s"\nmsgstr "Привет, %(name)s"\n\n'
    'msgid "one"\nmsgid_plural "many"\nmsgstr[0] "а"\nmsgstr[1] "б"\nmsgstr[2] "в"\n\n'
    'msgid "Title"\nmsgstr "Заголовок"\n'
)


def test_a_whole_translation_has_no_complaints(root: Path) -> None:
    assert list(complaints("ru", root, _speak(root, WHOLE))) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("Заголовок", ""), "not translated: 'Title' (code.py:1)"),
        (('msgstr[2] "в"\n', ""), "not translated: 'one'"),
        (("Привет, %(name)s", "Привет"), "name is lost in 'Привет'"),
        (("Привет, %(name)s", "Привет, %(nmae)s"), "unknown placeholder nmae"),
        (('msgid "Title"', 'msgid "Titel"'), "not used any more: 'Titel'"),
        (('msgid "Title"', '#, fuzzy\nmsgid "Title"'), "marked as fuzzy: 'Title'"),
    ],
)
def test_each_defect_is_a_complaint(root: Path, change: tuple[str, str], complaint: str) -> None:
    folder = _speak(root, WHOLE.replace(*change))
    assert any(complaint in one for one in complaints("ru", root, folder))


def test_several_files_are_one_catalogue(root: Path) -> None:
    folder = _speak(root, WHOLE.replace('msgid "Title"\nmsgstr "Заголовок"\n', ""))
    other = folder / "ru" / "LC_MESSAGES" / "b.po"
    other.write_text(HEADER + 'msgid "Title"\nmsgstr "Заголовок"\n', encoding="utf-8")
    assert missing("ru", root, folder) == []


def test_a_text_that_two_files_translate_differently_is_a_complaint(root: Path) -> None:
    folder = _speak(root, WHOLE)
    other = folder / "ru" / "LC_MESSAGES" / "b.po"
    other.write_text(HEADER + 'msgid "Title"\nmsgstr "Название"\n', encoding="utf-8")
    assert list(complaints("ru", root, folder)) == [
        "ru: 'Title' is translated in two ways, in a.po and in b.po"
    ]


def test_the_products_own_texts_are_found() -> None:
    found = source()
    assert "Skip to the content" in found
    assert "Your settings are saved." in found


def test_the_missing_texts_of_a_language_can_be_printed(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert main(["missing", "ru"]) == 0
    assert main(["missing", "klingon"]) == 2
