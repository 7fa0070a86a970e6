"""Which Asterisk is this, and is it one that Perezvon knows? Pure."""

import re
from typing import Final

from telephony.inspection.finding import Finding, ok, warn
from telephony.stream import Reply

OLDEST: Final = 18

_MAJOR = re.compile(r"(?:^|/)(\d{1,3})\.")


def version(told: Reply | None) -> Finding:
    """From the answer to CoreSettings."""
    asterisk = "" if told is None else told.headers.get("asteriskversion", "")
    if told is None or not asterisk:
        return warn("link.version_unseen")
    ami = told.headers.get("amiversion", "")
    major = _MAJOR.search(asterisk)
    if major is not None and int(major[1]) < OLDEST:
        return warn("link.version_old", version=asterisk, oldest=OLDEST)
    return ok("link.version", version=asterisk, ami=ami)
