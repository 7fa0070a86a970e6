"""What the check says of each finding, and what is to be done: for whoever runs the office."""

from collections.abc import Mapping
from typing import Final

from web.check_texts.link import LINK
from web.check_texts.logs import LOGS
from web.check_texts.office import ENDPOINTS, QUEUES
from web.check_texts.own_side import DATABASE, MACHINE
from web.check_texts.rights import RIGHTS
from web.check_texts.serving import DIALPLAN, SETTINGS
from web.check_texts.text import Text
from web.i18n import N_

PARTS: Final[Mapping[str, str]] = {
    "link": N_("The exchange"),
    "rights": N_("What our login may do"),
    "settings": N_("How Asterisk serves us"),
    "clock": N_("Clocks"),
    "dialplan": N_("Dialling and holding"),
    "queues": N_("Queues"),
    "endpoints": N_("Phones and trunks"),
    "logs": N_("Asterisk's own logs"),
    "database": N_("The database"),
    "machine": N_("This machine"),
}
"""The headings, by the first word of a code."""

TEXTS: Final[Mapping[str, Text]] = {
    **LINK,
    **RIGHTS,
    **SETTINGS,
    **DIALPLAN,
    **QUEUES,
    **ENDPOINTS,
    **LOGS,
    **DATABASE,
    **MACHINE,
}
