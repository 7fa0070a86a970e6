"""Work on the translations: `python -m web.catalogues missing ru`, `… check`.

`missing` prints what a language lacks as .po entries ready to be filled in; `check` says what is
missing, unused or broken, and fails when there is any.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import write_po

from web.i18n import LANGUAGES, LOCALE_FOLDER, SOURCE_LANGUAGE, catalogue, messages

Texts = str | list[str] | tuple[str, ...] | None
ROOT = Path(__file__).parent
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_OPTIONS = {
    "templates/**.html": {"trimmed": "true", "silent": "false", "extensions": "jinja2.ext.do"}
}
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def source(root: Path = ROOT) -> Catalog:
    """Every text of the code and the templates, with the places it stands at."""
    found = Catalog(locale=SOURCE_LANGUAGE)
    for filename, line, message, comments, _ in extract_from_dir(
        root, _METHODS, _OPTIONS, keywords=DEFAULT_KEYWORDS
    ):
        found.add(message, None, [(filename, line)], auto_comments=comments)
    return found


def missing(language: str, root: Path = ROOT, folder: Path = LOCALE_FOLDER) -> list[Message]:
    """The texts that `language` has no translation of, plural forms included."""
    spoken = catalogue(language, folder)
    forms = spoken.num_plurals
    return [m for m in source(root) if m.id and not _is_translated(spoken.get(m.id), forms)]


def complaints(language: str, root: Path = ROOT, folder: Path = LOCALE_FOLDER) -> Iterator[str]:
    """What is wrong with a language's texts, one sentence each."""
    spoken, wanted = catalogue(language, folder), source(root)
    for message in missing(language, root, folder):
        place = ":".join(map(str, message.locations[0])) if message.locations else "?"
        yield f"{language}: not translated: {_first(message.id)!r} ({place})"
    for message in spoken:
        if not message.id:
            continue
        if message.id not in wanted:
            yield f"{language}: not used any more: {_first(message.id)!r}"
        if message.fuzzy:
            yield f"{language}: marked as fuzzy: {_first(message.id)!r}"
        yield from _wrong_placeholders(language, message)
    yield from _said_twice(language, folder)


def _said_twice(language: str, folder: Path) -> Iterator[str]:
    """One text has one translation: which of two is shown would hang on the files' names."""
    said: dict[str, tuple[Texts, str]] = {}
    for area, message in messages(language, folder):
        key = _first(message.id)
        before, where = said.setdefault(key, (message.string, area))
        if before != message.string:
            yield f"{language}: {key!r} is translated in two ways, in {where} and in {area}"


def _wrong_placeholders(language: str, message: Message) -> Iterator[str]:
    wanted = _placeholders(message.id)
    for text in _texts(message.string):
        strange = set(_PLACEHOLDER.findall(text)) - wanted
        if strange:
            yield f"{language}: unknown placeholder {', '.join(sorted(strange))} in {text!r}"
    if not message.pluralizable:
        lost = wanted - _placeholders(message.string)
        if lost and message.string:
            yield f"{language}: {', '.join(sorted(lost))} is lost in {message.string!r}"


def _is_translated(message: Message | None, forms: int) -> bool:
    if message is None:
        return False
    texts = _texts(message.string)
    return all(texts) and len(texts) == (forms if message.pluralizable else 1)


def _placeholders(text: Texts) -> set[str]:
    return {name for one in _texts(text) for name in _PLACEHOLDER.findall(one)}


def _texts(text: Texts) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def _first(text: Texts) -> str:
    return _texts(text)[0]


def main(arguments: list[str]) -> int:
    """Run one command; 0 when all is well."""
    match arguments:
        case ["missing", language] if language in LANGUAGES:
            wanted = Catalog(locale=language)
            for message in missing(language):
                wanted.add(message.id, None, message.locations)
            write_po(sys.stdout.buffer, wanted, width=100, omit_header=True)
            return 0
        case ["check"]:
            found = [
                c
                for language in LANGUAGES
                if language != SOURCE_LANGUAGE
                for c in complaints(language)
            ]
            sys.stdout.writelines(one + "\n" for one in found)
            return 1 if found else 0
        case _:
            sys.stderr.write("usage: python -m web.catalogues missing LANGUAGE | check\n")
            return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
