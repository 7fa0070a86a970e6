"""Findings become lines that a person reads: in his language, for his kind of exchange."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from telephony.inspection.finding import Finding, Level
from telephony.settings import TelephonySettings
from web.check_texts import PARTS, TEXTS
from web.check_texts.text import Text
from web.formats import full_moment, number
from web.i18n import N_, Reader

MOST_NAMES: Final = 12
_UNKNOWN: Final = Text(N_("%(code)s: see the log."))


@dataclass(frozen=True, slots=True)
class Line:
    """One finding in words: `part` is the heading it belongs under; `fix` and `write` (lines for
    a file) are "" where nothing is to be done."""

    code: str
    level: Level
    part: str
    said: str
    fix: str
    write: str
    values: Mapping[str, Any]


class LineWriter:
    """Writes the lines of one check, in order: what is said of FreePBX depends on those before."""

    def __init__(self, reader: Reader, settings: TelephonySettings) -> None:
        self._reader = reader
        self._own = {
            "username": settings.username,
            "host": settings.host,
            "port": str(settings.port),
        }
        self._on_freepbx = False
        self._mended = ("", "")

    def line(self, finding: Finding) -> Line:
        """The finding in the reader's words."""
        if finding.code == "dialplan.freepbx":
            self._on_freepbx = True
        text = TEXTS.get(finding.code, _UNKNOWN)
        shown = {**self._own, **self._shown(finding.values), "code": finding.code}
        for_freepbx = self._on_freepbx and bool(text.freepbx)
        part = finding.code.partition(".")[0]
        fix, write = self._once(
            self._reader.gettext(text.freepbx if for_freepbx else text.fix) % shown,
            "" if for_freepbx else text.write % shown,
        )
        return Line(
            finding.code,
            finding.level,
            self._reader.gettext(PARTS.get(part, part)),
            self._reader.gettext(text.said) % shown,
            fix,
            write,
            finding.values,
        )

    def _once(self, fix: str, write: str) -> tuple[str, str]:
        """What mends several lines in a row is said in full with the first of them."""
        if fix and (fix, write) == self._mended:
            return self._reader.gettext(N_("The same mends this too.")), ""
        self._mended = (fix, write)
        return fix, write

    def _shown(self, values: Mapping[str, Any]) -> dict[str, str]:
        shown = {name: self._one(name, value) for name, value in values.items()}
        if "endpoints" in values:
            rows = values["endpoints"]
            for role in ("phone", "trunk"):
                names = [row["name"] for row in rows if row["role"] == role]
                shown[f"{role}s"] = self._names(names)
        return shown

    def _one(self, name: str, value: Any) -> str:
        if name in ("classes", "queues", "names", "interfaces", "columns"):
            return self._names(value)
        if name == "at":
            return full_moment(self._reader, datetime.fromisoformat(value))
        if type(value) in (int, float) and name not in ("port", "oldest"):
            return number(self._reader, value)
        return str(value)

    def _names(self, names: Sequence[str]) -> str:
        if not names:
            return self._reader.gettext(N_("none"))
        listed = ", ".join(names[:MOST_NAMES])
        if len(names) <= MOST_NAMES:
            return listed
        more = number(self._reader, len(names) - MOST_NAMES)
        return self._reader.gettext(N_("%(names)s and %(more)s more"), names=listed, more=more)
