"""One finding in words."""

from dataclasses import dataclass
from typing import Final

from web.i18n import N_


@dataclass(frozen=True, slots=True)
class Text:
    """`said` is one sentence; `fix` says what to do, `freepbx` the same where FreePBX writes the
    files; `write` are lines for a file, the same in every language. `%(name)s` are filled from the
    finding's values and from our own login (`username`, `host`, `port`).
    """

    said: str
    fix: str = ""
    write: str = ""
    freepbx: str = ""


TO_SEE_FILES: Final = N_(
    "To have it looked at, add system to the write line of our account in manager.conf, then "
    'run: asterisk -rx "manager reload"'
)
