"""The pipelines that an office begins with, in its own language and currency."""

from collections.abc import Mapping
from typing import Final

from babel.core import UnknownLocaleError
from babel.numbers import get_territory_currencies

from crm_core.agents.rights import RecordKind
from crm_core.deals.arrangement import PipelinePlan, StagePlan
from crm_core.deals.pipelines import Ending
from web.i18n import N_, Reader

_STAGES: Final[Mapping[RecordKind, tuple[StagePlan, ...]]] = {
    RecordKind.DEAL: (
        StagePlan(
            N_("Needs"),
            10,
            patience_days=3,
            actions=(N_("Ask what they need and by when"), N_("Find out who decides")),
        ),
        StagePlan(
            N_("Offer"),
            40,
            patience_days=7,
            actions=(N_("Send the offer"), N_("Call to hear what they think of it")),
        ),
        StagePlan(N_("Agreement"), 70, patience_days=14, actions=(N_("Agree the contract"),)),
        StagePlan(N_("Payment"), 90, patience_days=14, actions=(N_("Send the invoice"),)),
        StagePlan(N_("Won"), 100, Ending.WON),
        StagePlan(N_("Lost"), 0, Ending.LOST),
    ),
    RecordKind.LEAD: (
        StagePlan(N_("Fresh"), 0, patience_days=1, actions=(N_("Call back"),)),
        StagePlan(
            N_("In conversation"),
            0,
            patience_days=5,
            actions=(N_("Ask what they need and by when"),),
        ),
        StagePlan(N_("Considering"), 0, patience_days=14),
        StagePlan(N_("Became a client"), 100, Ending.WON),
        StagePlan(N_("Not for us"), 0, Ending.LOST),
    ),
}
_TITLES: Final = {RecordKind.DEAL: N_("Sales"), RecordKind.LEAD: N_("Leads")}


def first_plans(language: str, country: str) -> dict[RecordKind, PipelinePlan]:
    """One plan for each kind of record, said in `language`, in the currency of `country`."""
    reader, currency = Reader(language), currency_of(country)
    return {
        kind: PipelinePlan(reader.gettext(_TITLES[kind]), currency, stages_said(kind, reader))
        for kind in _STAGES
    }


def stages_said(kind: RecordKind, reader: Reader) -> tuple[StagePlan, ...]:
    """The stages that a new pipeline begins with, in the reader's language."""
    return tuple(
        StagePlan(
            reader.gettext(stage.title),
            stage.probability,
            stage.ending,
            stage.patience_days,
            tuple(reader.gettext(action) for action in stage.actions),
        )
        for stage in _STAGES[kind]
    )


def currency_of(country: str) -> str:
    """What is paid with there, as three letters; EUR where nobody knows."""
    try:
        current = get_territory_currencies(country.upper())
    except (UnknownLocaleError, ValueError):
        return "EUR"
    return current[0] if current else "EUR"
