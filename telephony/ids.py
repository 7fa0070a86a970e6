"""Names that Asterisk gives to things, and how one is read out of another."""

import re
from datetime import UTC, datetime
from typing import NewType

Uniqueid = NewType("Uniqueid", str)
Linkedid = NewType("Linkedid", str)
Interface = NewType("Interface", str)
CallId = NewType("CallId", str)
"""Our key of a conversation: the linkedid it began with, so that a restart finds the same call."""

_SERIAL = re.compile(r"-[0-9a-f]{8}(;[12])?$")
EPOCH_IN_UNIQUEID = re.compile(r"(?:^|-)(\d{9,11})\.\d+$")
_LOCAL_HALF = re.compile(r";[12]$")


def born_at(uniqueid: str, latest: datetime) -> datetime:
    """When a channel was created, read out of a uniqueid of Asterisk's own making (to the second);
    `latest` where it is none, or says later than that."""
    found = EPOCH_IN_UNIQUEID.search(uniqueid)
    return min(latest, datetime.fromtimestamp(int(found.group(1)), UTC)) if found else latest


def interface_of(channel: str) -> Interface:
    """`PJSIP/101-0000001f` -> `PJSIP/101`; `Local/7@team-00000003;2` -> `Local/7@team`."""
    return Interface(_SERIAL.sub("", channel))


def endpoint_of(interface: str) -> str:
    """`PJSIP/101` -> `101`; without a technology the name itself."""
    return interface.partition("/")[2] or interface


def is_local(channel: str) -> bool:
    """Whether the channel is one half of a Local pair: plumbing, never a person."""
    return channel.startswith("Local/")


def other_half(channel: str) -> str:
    """`...;1` -> `...;2` and back; a channel that is no half is returned as it is."""
    if not _LOCAL_HALF.search(channel):
        return channel
    return channel[:-1] + ("2" if channel.endswith("1") else "1")
