"""Languages: gettext catalogues from `web/locale`, one `Reader` for each person who looks.

English is the source. A language's texts live in `locale/<language>/LC_MESSAGES/*.po`, one file
for each part of the product; they are merged and compiled in memory at the first use: no
compiled file can be out of date.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from babel import Locale, negotiate_locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = {"en": "English", "ru": "Русский"}
"""Every language of the product, by the name its speakers use."""
SOURCE_LANGUAGE = "en"
LANGUAGE_VARIABLE = "PEREZVON_LANGUAGE"
LOCALE_FOLDER = Path(__file__).parent / "locale"
THEMES = ("auto", "light", "dark")


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "translate this later"
    """Mark `message` for translation and return it as it is."""
    return message


def catalogue(language: str, folder: Path = LOCALE_FOLDER) -> Catalog:
    """All texts of `language`, merged from its .po files; the source language has none."""
    merged = Catalog(locale=language)
    for _, message in messages(language, folder):
        if message.id not in merged or message.string:
            merged[message.id] = message
    return merged


def messages(language: str, folder: Path = LOCALE_FOLDER) -> Iterator[tuple[str, Message]]:
    """Each text of `language` with the name of the .po file that it stands in."""
    for path in sorted((folder / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id:
                    yield path.name, message


@lru_cache(maxsize=len(LANGUAGES))
def translations(language: str) -> NullTranslations:
    """The compiled texts of `language`, kept for the life of the process."""
    if language == SOURCE_LANGUAGE:
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def known_language(wanted: str) -> str:
    """`wanted` when there is such a language, else the source language."""
    return wanted if wanted in LANGUAGES else SOURCE_LANGUAGE


def language_of_header(accept_language: str, default: str) -> str:
    """The best language for a browser's Accept-Language header; `default` when none fits."""
    wanted = [tag for _, tag in sorted(_weighted(accept_language), key=lambda pair: -pair[0])]
    return negotiate_locale(wanted, list(LANGUAGES), sep="-") or known_language(default)


def _weighted(accept_language: str) -> Iterable[tuple[float, str]]:
    for part in accept_language[:200].split(","):
        tag, _, quality = part.strip().partition(";q=")
        if not tag.replace("-", "").isalnum():
            continue
        try:
            yield float(quality or 1), tag
        except ValueError:
            continue


def language_of_shell(environ: Mapping[str, str]) -> str:
    """The language of a terminal: PEREZVON_LANGUAGE, else what every Unix program goes by.

    LC_ALL, LC_MESSAGES, LANG: the first that is set names the locale; LANGUAGE may list better
    ones, unless the locale is C. The source language when none of them is known.
    """
    told = (environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, told), "C")
    listed = [] if _short(locale) in ("c", "posix") else environ.get("LANGUAGE", "").split(":")
    wanted = [environ.get(LANGUAGE_VARIABLE, ""), *listed, locale]
    return next((_short(one) for one in wanted if _short(one) in LANGUAGES), SOURCE_LANGUAGE)


def _short(locale: str) -> str:
    """`ru` of `ru_RU.UTF-8@euro`."""
    return re.split(r"[-_.@]", locale.strip().lower(), maxsplit=1)[0]


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """The zones a person may choose: Region/City names and UTC, sorted."""
    wanted = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Pacific/")
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(wanted)))


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """The zone called `name`; UTC when this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever looks: the language, the time zone and the colours things are shown in."""

    language: str = SOURCE_LANGUAGE
    time_zone: str = "UTC"
    theme: str = "auto"

    @property
    def locale(self) -> Locale:
        return _locale(self.language)

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.time_zone)

    def gettext(self, message: str, /, **values: object) -> str:
        """`message` in the reader's language, `%(name)s` filled from `values`."""
        translated = translations(self.language).gettext(message) if message else ""
        return translated % values if values else translated

    def ngettext(self, singular: str, plural: str, n: int, /, **values: object) -> str:
        """The form that fits `n`; `%(num)d` is `n` itself."""
        translated = translations(self.language).ngettext(singular, plural, n)
        return translated % {"num": n, **values}


@lru_cache(maxsize=len(LANGUAGES))
def _locale(language: str) -> Locale:
    return Locale.parse(known_language(language))
