"""A campaign as a form: its settings as they are edited, and what was written as values again."""

from datetime import date
from typing import Any, Final

from crm_core.errors import Invalid
from dialer.campaigns.queries import Campaign
from dialer.campaigns.settings import PacingSettings
from dialer.compliance.profile import HolidayRule
from dialer.compliance.written_hours import WEEKDAYS
from dialer.order.retry import RetryRules
from telephony.events import Outcome
from web.forms import Form
from web.law_rules import written_hours_of

OUTCOMES: Final = (
    *(Outcome.BUSY, Outcome.NO_ANSWER, Outcome.VOICEMAIL, Outcome.MACHINE, Outcome.ABANDONED),
    *(Outcome.CONGESTION, Outcome.FAILED, Outcome.ANSWERED),
)
PACING: Final = ("ratio", "most_ratio", "ring_seconds", "trunks", "calls_per_second")
RETRY: Final = tuple(name for name in RetryRules.__dataclass_fields__ if name != "after")
_TEXTS: Final = (
    *("title", "profile_key", "mode", "caller_label", "caller_number"),
    *("seller_name", "seller_number", "script"),
)
_LONGEST_WAIT: Final = 60 * 24 * 60


def shown(campaign: Campaign) -> Form:
    """The form as it is first shown."""
    pacing, retry = campaign.pacing, campaign.retry
    fields: dict[str, object] = {name: getattr(campaign, name) for name in _TEXTS}
    fields |= {f"pacing_{name}": f"{getattr(pacing, name):g}" for name in PACING}
    fields |= {f"retry_{name}": getattr(retry, name) for name in RETRY}
    for outcome in OUTCOMES:
        after = retry.after[outcome]
        fields[f"after_{outcome}"] = after.minutes
        fields[f"part_{outcome}"] = "1" if after.another_part else ""
    if campaign.hours is not None:
        hours = campaign.hours
        fields |= {f"hours_{day}": written_hours_of(hours, n) for n, day in enumerate(WEEKDAYS)}
        fields["holidays"] = hours.holidays.value
    fields.setdefault("holidays", HolidayRule.AS_USUAL.value)
    fields |= {f"verdict_{key}": verdict.value for key, verdict in campaign.verdicts.items()}
    target = pacing.target
    return Form.of(
        **fields,
        version=campaign.version,
        pacing_target="" if target is None else f"{target * 100:g}",
        quotas="\n".join(f"{key} = {most}" for key, most in campaign.quotas.most.items()),
        starts_on=campaign.starts_on,
        ends_on=campaign.ends_on,
        priority=campaign.priority,
    )


def written(form: Form, dispositions: list[int]) -> dict[str, Any]:
    """What the form says, by the columns of campaigns; what is no number is refused beside it."""
    values: dict[str, Any] = {name: form.value(name) for name in _TEXTS}
    pacing = {name: _number(form.value(f"pacing_{name}")) for name in PACING}
    values["pacing"] = {name: _whole(name, value) for name, value in pacing.items()}
    values["pacing"]["target"] = _share(form.value("pacing_target"))
    values["retry"] = {name: _whole(name, _number(form.value(f"retry_{name}"))) for name in RETRY}
    values["retry"]["after"] = {outcome.value: _after(form, outcome) for outcome in OUTCOMES}
    values["quotas"] = _quotas(form)
    values["hours"] = _hours(form)
    chosen = {str(key): form.value(f"verdict_{key}") for key in dispositions}
    values["verdicts"] = {key: word for key, word in chosen.items() if word}
    values["starts_on"], values["ends_on"] = _day(form, "starts_on"), _day(form, "ends_on")
    values["priority"] = form.number("priority", least=0, most=9, default=5)
    return values


def field_of(refused: str) -> str:
    """Where in the form stands what was refused as "pacing.ratio" or "hours.monday"."""
    first, _, rest = refused.partition(".")
    if first == "hours":
        return rest if rest == "holidays" else f"hours_{rest or WEEKDAYS[0]}"
    if first == "retry" and rest.startswith("after"):
        return f"after_{OUTCOMES[0]}"
    return f"{first}_{rest}" if rest else first


def told_values(refused: Invalid) -> dict[str, Any]:
    """The figures of a refusal in the units of the form: shares are percent there, and whole
    numbers have no point."""
    times = 100 if refused.field == "pacing.target" else 1
    return {
        name: f"{value * times:g}" if isinstance(value, int | float) else value
        for name, value in refused.values.items()
    }


def _after(form: Form, outcome: Outcome) -> dict[str, Any]:
    name, minutes = f"after_{outcome}", None
    if form.value(name).strip():
        minutes = form.number(name, least=0, most=_LONGEST_WAIT)
    return {"minutes": minutes, "another_part": form.ticked(f"part_{outcome}")}


def _quotas(form: Form) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in filter(None, map(str.strip, form.value("quotas").splitlines())):
        segment, _, most = (part.strip() for part in each.rpartition("="))
        if not (most.isascii() and most.isdecimal() and len(most) < 10):
            form.refuse("quotas", "quota_bad", value=each[:40])
            continue
        if segment in found:
            form.refuse("quotas", "quota_twice", value=segment[:40])
        found[segment] = int(most)
    return found


def _hours(form: Form) -> dict[str, Any]:
    days = {day: _spans(form.value(f"hours_{day}")) for day in WEEKDAYS}
    if not any(days.values()):
        return {}
    return {**days, "holidays": form.value("holidays")}


def _spans(text: str) -> list[str]:
    return [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]


def _day(form: Form, name: str) -> date | None:
    text = form.value(name).strip()
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        form.refuse(name, "not_a_date")
        return None
    if not 2000 <= found.year < 2200:
        form.refuse(name, "not_a_date")
    return found


def _number(text: str) -> float | str:
    """Whatever is no number is refused by name later."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return text


def _whole(name: str, value: float | str) -> float | str:
    """Whole numbers as such, where the setting is one."""
    kinds = {**PacingSettings.__annotations__, **RetryRules.__annotations__}
    is_whole = isinstance(value, float) and kinds.get(name) is int and value.is_integer()
    return int(value) if is_whole else value


def _share(text: str) -> float | str | None:
    """A percentage as a share; nothing written: what the law suggests."""
    if not text.strip():
        return None
    number = _number(text.strip().removesuffix("%"))
    return round(number / 100, 6) if isinstance(number, float) else number
