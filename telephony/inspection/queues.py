"""The queues of both sides, laid side by side. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from telephony.headers import Headers
from telephony.inspection.config import Section, is_yes
from telephony.inspection.expected import Expected
from telephony.inspection.finding import Finding, bad, ok, warn
from telephony.stream import Reply

_OWN_OF_FREEPBX: Final = "default"
_INVALID: Final = "4"  # the device state of a member whose phone does not exist


def compared(
    told: Reply, config: Mapping[str, Section] | None, expected: Expected
) -> Iterator[Finding]:
    """`told` is the answer to QueueStatus, `config` queues.conf (None: not to be seen)."""
    there, ours = _there(told), set(expected.queues)
    if expected.known:
        yield from _side_by_side(there, ours)
    yield from _rules(in_question(told, expected), config)
    members = _members(told)
    dead = {m.get("location", "") for m in members if m.get("status") == _INVALID}
    if dead:
        yield warn("queues.members_dead", interfaces=sorted(dead))
    kept = {m["queue"] for m in members if m.get("membership") == "static" and "queue" in m}
    if kept:
        yield ok("queues.members_written", queues=sorted(kept))


def in_question(told: Reply, expected: Expected) -> list[str]:
    """The queues whose rules matter: those that both sides know, or all where we have none."""
    there, ours = _there(told), set(expected.queues)
    return sorted(there & ours if ours else there)


def _there(told: Reply) -> set[str]:
    names = {item.headers.get("queue", "") for item in told.items if item.name == "QueueParams"}
    if not any(member.get("queue") == _OWN_OF_FREEPBX for member in _members(told)):
        names.discard(_OWN_OF_FREEPBX)
    return names - {""}


def _members(told: Reply) -> list[Headers]:
    return [item.headers for item in told.items if item.name == "QueueMember"]


def _side_by_side(there: set[str], ours: set[str]) -> Iterator[Finding]:
    if not ours and not there:
        yield ok("queues.none")
        return
    if both := sorted(ours & there):
        yield ok("queues.known", queues=both)
    if missing := sorted(ours - there):
        yield bad("queues.missing_there", queues=missing)
    if strange := sorted(there - ours):
        yield warn("queues.missing_here", queues=strange)


def _rules(queues: list[str], config: Mapping[str, Section] | None) -> Iterator[Finding]:
    """Asterisk's own default is to ring members who are talking."""
    if not queues:
        return
    if config is None:
        yield warn("queues.rules_unseen")
        return
    ringing = [
        name for name in queues if name in config and is_yes(config[name], "ringinuse", usual=True)
    ]
    if ringing:
        yield warn("queues.ring_in_use", queues=ringing)
    elif any(name in config for name in queues):
        yield ok("queues.ring_the_free")
