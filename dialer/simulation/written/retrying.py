"""When a simulated person is tried again, as a scenario file says it."""

from typing import Final

from crm_core.errors import Invalid
from dialer.order.retry import NEVER, USUAL, After, RetryRules
from dialer.simulation.written.fields import Fields, shown, whole_number
from telephony.events import Outcome

_NEVER: Final = "never"
_YEAR: Final = 366 * 24 * 60  # minutes
_OUTCOMES: Final = {outcome.value: outcome for outcome in USUAL}


def read_retry(fields: Fields) -> RetryRules:
    """The table `retry`; what is not written is as a campaign begins. Invalid: "not_one_of", and
    those of the fields."""
    usual = RetryRules()
    rules = RetryRules(
        after=_after(fields.table("after")),
        most_attempts=fields.whole("most_attempts", usual.most_attempts, least=1, most=100),
        most_per_day=fields.whole("most_per_day", usual.most_per_day, least=1, most=100),
        most_per_number=fields.whole("most_per_number", usual.most_per_number, least=1, most=100),
        most_busy=fields.whole("most_busy", usual.most_busy, least=1, most=100),
        most_network=fields.whole("most_network", usual.most_network, least=1, most=100),
        most_failures=fields.whole("most_failures", usual.most_failures, least=1, most=100),
        network_trouble_minutes=fields.whole(
            "network_trouble_minutes", usual.network_trouble_minutes, least=1, most=_YEAR
        ),
    )
    fields.done()
    return rules


def _after(table: Fields) -> dict[Outcome, After]:
    found = dict(USUAL)
    for name in table.names():
        if name not in _OUTCOMES:
            at = table.path(shown(name))
            raise Invalid(at, "not_one_of", choices=", ".join(_OUTCOMES))
        found[_OUTCOMES[name]] = _wait(table.path(name), table.get(name))
    return found


def _wait(at: str, written: object) -> After:
    """Minutes, "never", or a table of minutes and whether another part of the day is wanted."""
    if written == _NEVER:
        return NEVER
    if isinstance(written, int | float):
        return After(whole_number(at, written, least=0, most=_YEAR))
    fields = Fields(written, at)
    minutes = fields.whole("minutes", 60, least=0, most=_YEAR)
    another = fields.get("another_part")
    if another is not None and not isinstance(another, bool):
        raise Invalid(fields.path("another_part"), "not_one_of", choices="true, false")
    fields.done()
    return After(minutes, another_part=another is True)
