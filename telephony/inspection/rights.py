"""What the account may hear and ask: from its section and from what is refused. Pure."""

from collections.abc import Iterator, Set
from typing import Final

from telephony.inspection.config import Section
from telephony.inspection.finding import Finding, bad, ok, warn

HEARD: Final = {"call": bad, "agent": bad, "system": warn, "dialplan": warn}
"""The event classes we live on, and how bad it is to be without one."""

ASKED: Final = {
    "reporting": (("coreshowchannels", "status"), bad),
    "call": (("redirect", "blindtransfer"), bad),
    "agent": (("queueadd", "queuepause"), bad),
    "originate": (("originate",), bad),
    "system": (("pjsipshowendpoints", "getconfig"), warn),
}
"""What each class lets us ask for; an account that may one of a pair has the class."""


def may_hear(account: Section | None, heard: Set[str]) -> Iterator[Finding]:
    """The `read` line of the account, where it can be seen; else what was heard."""
    if account is None:
        if "FullyBooted" not in heard:
            yield warn("rights.hear_system_missing")
        yield warn("rights.hear_unseen")
        return
    given = _classes(account.get("read", ""))
    missing = [name for name in HEARD if not {name, "all"} & given]
    for name in missing:
        yield HEARD[name](f"rights.hear_{name}_missing")
    if not missing:
        yield ok("rights.hear", classes=sorted(HEARD))


def may_ask(actions: Set[str] | None, has_queues: bool) -> Iterator[Finding]:
    """`actions` are the names (lower case) that Asterisk offers to this account, None if unseen.

    Without app_queue (`has_queues`) nobody has the actions of queues.
    """
    if actions is None:
        yield warn("rights.ask_unseen")
        return
    missing = [
        name
        for name, (needed, _) in ASKED.items()
        if not actions & set(needed) and (has_queues or name != "agent")
    ]
    for name in missing:
        yield ASKED[name][1](f"rights.ask_{name}_missing")
    if not missing:
        yield ok("rights.ask", classes=sorted(ASKED))


def _classes(written: str) -> set[str]:
    return {one.strip().lower() for one in written.split(",")}
