"""What a simulation came to, as people read it: the figures of a report with their names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dialer.pacing.policy import Mode
from dialer.simulation.result import Broken
from web.formats import number
from web.i18n import N_, Reader

MODES: Final[Mapping[Mode, str]] = {
    Mode.PREVIEW: N_("Preview"),
    Mode.PROGRESSIVE: N_("Progressive: one call each"),
    Mode.POWER: N_("Power: a fixed number of calls"),
    Mode.PREDICTIVE: N_("Predictive: by the forecast"),
}
RULES: Final[Mapping[Broken, str]] = {
    Broken.CALLING_HOURS: N_("called outside the hours"),
    Broken.ATTEMPTS: N_("called more often than allowed"),
    Broken.EMBARGO: N_("called again too soon after an abandoned call"),
    Broken.CONSENT: N_("called without consent"),
    Broken.DO_NOT_CALL: N_("called in spite of a do-not-call list"),
    Broken.MINIMUM_RING: N_("rung too briefly"),
    Broken.ABANDONMENT: N_("a window with too many abandoned calls"),
    Broken.TRUNKS: N_("more lines than there are"),
    Broken.CALLS_PER_SECOND: N_("more calls a second than allowed"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: what it is, how much, and what is to be known of it (may be empty)."""

    name: str
    value: str
    note: str = ""


def figures(reader: Reader, report: Mapping[str, Any]) -> list[Figure]:
    """The key figures of a report, the most asked for first."""
    said = reader.gettext
    found = [
        Figure(
            said(N_("Operators busy")),
            share(reader, report["busy_share"]),
            said(N_("talk and wrap-up, of the time on duty")),
        ),
        Figure(
            said(N_("Talk in an operator's hour")),
            said(
                N_("%(minutes)s min"),
                minutes=number(reader, round(report["talk_minutes_per_operator_hour"], 1)),
            ),
        ),
        Figure(
            said(N_("Wait between conversations")),
            said(
                N_("%(seconds)s s"), seconds=number(reader, round(report["idle_seconds_per_call"]))
            ),
        ),
        Figure(said(N_("Calls placed")), number(reader, report["dials"])),
        Figure(said(N_("Answers")), number(reader, report["answers"]), _of_dials(reader, report)),
        Figure(said(N_("Conversations")), number(reader, report["connected"])),
        Figure(
            said(N_("Abandoned")),
            number(reader, report["abandoned"]["count"]),
            told_abandoned(reader, report["abandoned"]),
        ),
    ]
    if report["machines"]:
        found.append(Figure(said(N_("Answering machines")), number(reader, report["machines"])))
    if report["failed"]:
        found.append(Figure(said(N_("Failed")), number(reader, report["failed"])))
    if report["list"]["size"]:
        found.append(_of_list(reader, report["list"]))
    return found


def told_abandoned(reader: Reader, abandoned: Mapping[str, Any]) -> str:
    """The share beside the law's limit, and the worst window."""
    values = {
        "share": share(reader, abandoned["share"]),
        "worst": share(reader, abandoned["worst_window"]["share"]),
    }
    if abandoned["limit"] is None:
        text = N_("%(share)s of the answered; the worst window %(worst)s; no law sets a limit")
        return reader.gettext(text, **values)
    text = N_("%(share)s of the answered; the worst window %(worst)s, the limit %(limit)s")
    return reader.gettext(text, **values, limit=share(reader, abandoned["limit"]))


def violations(reader: Reader, report: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Each rule that was broken, and how often."""
    return [
        (reader.gettext(RULES[Broken(rule)]), count) for rule, count in report["violations"].items()
    ]


def share(reader: Reader, value: float) -> str:
    """`87.3 %`: finer than elsewhere, because a limit may be 3 %."""
    return f"{number(reader, round(value * 100.0, 1))}\N{NO-BREAK SPACE}%"


def _of_dials(reader: Reader, report: Mapping[str, Any]) -> str:
    rate = report["answers"] / report["dials"] if report["dials"] else 0.0
    return reader.gettext(N_("%(share)s of the dialled"), share=share(reader, rate))


def _of_list(reader: Reader, of: Mapping[str, Any]) -> Figure:
    return Figure(
        reader.gettext(N_("Called to the end")),
        number(reader, of["finished"]),
        reader.gettext(N_("of %(size)s on the list"), size=number(reader, of["size"])),
    )
