"""The law profiles that come with the product: TOML files of this package, with their sources."""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from dialer.compliance.profile import LawProfile
from dialer.compliance.stored import from_toml

CAUTIOUS: Final = "cautious"
"""The strictest of all: for a country that the product does not know."""
_OF_COUNTRY: Final = {"US": "us_federal", "GB": "uk", "RU": "ru", "SK": "sk", "DE": "de"}


@lru_cache(maxsize=1)
def built_in() -> Mapping[str, LawProfile]:
    """Every built-in profile by its key."""
    texts = {
        file.name.removesuffix(".toml"): file.read_text("utf-8")
        for file in files(__package__).iterdir()
        if file.name.endswith(".toml")
    }
    return MappingProxyType({key: from_toml(key, texts[key]) for key in sorted(texts)})


def default_key(country: str) -> str:
    """The key of the profile with which an office in that country (ISO code) begins."""
    return _OF_COUNTRY.get(country.upper(), CAUTIOUS)
