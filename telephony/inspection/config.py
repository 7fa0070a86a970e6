"""A configuration file as Asterisk tells it over AMI, read into sections. Pure."""

import re
from collections.abc import Mapping

from telephony.stream import Reply

Section = Mapping[str, str]
"""Names in lower case; of several lines with one name the last, as Asterisk has it."""

_CATEGORY = re.compile(r"category-(\d+)")
_LINE = re.compile(r"line-(\d+)-\d+")
_YES = frozenset({"yes", "true", "y", "t", "1", "on"})
_SECRETS = frozenset({"secret", "password"})


def sections(reply: Reply) -> dict[str, dict[str, str]]:
    """The sections of a GetConfig's answer; secrets are left out."""
    names: dict[str, str] = {}
    found: dict[str, dict[str, str]] = {}
    for header, value in reply.headers.items():
        if category := _CATEGORY.fullmatch(header):
            names[category[1]] = value
            found.setdefault(value, {})
        elif (line := _LINE.fullmatch(header)) and line[1] in names:
            name, _, written = value.partition("=")
            name = name.strip().lower()
            if name not in _SECRETS:
                found[names[line[1]]][name] = written.strip()
    return found


def is_yes(section: Section, name: str, *, usual: bool) -> bool:
    """A yes or no as Asterisk reads it."""
    written = section.get(name)
    return usual if written is None else written.lower() in _YES
