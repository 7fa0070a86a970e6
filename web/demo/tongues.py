"""The made-up office in the language of who looks at it. Its texts are written in Russian; here is
what an English-speaking office says in their place."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar

from web.demo.english import ENGLISH

WRITTEN_IN: Final = "ru"
CURRENCY_COUNTRY: Final = {"ru": "RU", "en": "IE"}
"""Whose money an office of that language counts in."""
_RATE: Final = 100  # roubles to a euro, about

Said = TypeVar("Said")


def in_language(told: Said, language: str) -> Said:
    """`told` (a text, or tuples, mappings and dataclasses of texts) as the office says it; the same
    for Russian. What has no English is as it is everywhere: a name, a number."""
    return told if language == WRITTEN_IN else _english(told)


def money_in(amount: int, language: str) -> int:
    """A sum of kopecks in the smallest unit of that office's money."""
    return amount if language == WRITTEN_IN else amount // _RATE


def language_of_titles(titles: str) -> str:
    """Which language an office speaks that was made before, by what is written there."""
    return WRITTEN_IN if any("а" <= each <= "я" for each in titles.casefold()) else "en"


def _english(told: Any) -> Any:
    if isinstance(told, str):
        return ENGLISH.get(told, told) if type(told) is str else told
    if isinstance(told, tuple):
        return tuple(_english(each) for each in told)
    if isinstance(told, Mapping):
        return {_english(key): _english(value) for key, value in told.items()}
    if is_dataclass(told) and not isinstance(told, type):
        return replace(
            told, **{one.name: _english(getattr(told, one.name)) for one in fields(told)}
        )
    return told
