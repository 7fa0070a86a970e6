"""Two campaigns of the made-up office, prepared: consents, lists in segments, quotas, a team."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from crm_core.agents.people import Agent
from crm_core.lists.reading import read_shape, selected_ids
from crm_core.lists.shapes import ListName
from crm_core.storage.engine import Storage
from dialer.campaigns.records import Campaigns
from dialer.consents.kinds import Channel, Purpose
from dialer.consents.records import Consents, NewConsent
from dialer.consents.wordings import Wordings
from dialer.entries.loaded import Wanted
from dialer.entries.loading import Loading
from dialer.pacing.policy import Mode
from web.demo.exchange import COUNTRY
from web.demo.history import PastClock
from web.demo.tongues import in_language

LAW: Final = "ru"
SALE: Final = "Весенние скидки"
SURVEY: Final = "Отзывы о доставке"
REGULARS: Final = "Постоянные"
OTHERS: Final = "Остальные"
WORDING: Final = ("Звонки о новинках", "Согласен, чтобы мне звонили о новинках и скидках.")
FORM: Final = "анкета на сайте"
AGREED: Final = 0.6
"""So many of the clients have agreed to calls; the law holds the others back."""


async def add_campaigns(
    storage: Storage,
    past: PastClock,
    staff: Mapping[str, Agent],
    clients: list[int],
    language: str,
) -> None:
    """A sale to everybody in two segments, and a survey with an operator who looks first."""
    vera, team = staff["vera"], [staff[login].id for login in ("anna", "boris")]
    agreed = clients[: round(len(clients) * AGREED)]
    await _agree(storage, past, vera, agreed, language)
    campaigns = Campaigns(storage, past, COUNTRY)
    sale = await campaigns.create(vera, in_language(SALE, language), LAW)
    survey = await campaigns.create(vera, in_language(SURVEY, language), LAW, Mode.PREVIEW)
    regulars, others = in_language((REGULARS, OTHERS), language)
    await campaigns.edit(vera, sale, {"quotas": {regulars: 10, others: 40}}, version=1)
    for campaign_id in (sale, survey):
        await campaigns.assign(vera, campaign_id, team)
    half = len(clients) // 2
    for campaign_id, chosen, wanted in (
        (sale, clients[:half:2], Wanted(regulars, 7)),
        (sale, clients, Wanted(others)),
        (survey, clients[half - 6 :], Wanted()),
    ):
        await _load(storage, past, vera, campaign_id, chosen, wanted)


async def _agree(
    storage: Storage, past: PastClock, keeper: Agent, clients: list[int], language: str
) -> None:
    wording_id = await Wordings(storage, past).add(keeper, *in_language(WORDING, language))
    consents, given_at = Consents(storage, past, COUNTRY), past.now() - timedelta(days=20)
    for client_id in clients:
        await consents.give(
            keeper,
            NewConsent(
                client_id,
                Purpose.CALLS,
                Channel.WEB_FORM,
                wording_id,
                given_at,
                evidence=in_language(FORM, language),
            ),
        )


async def _load(
    storage: Storage,
    past: PastClock,
    actor: Agent,
    campaign_id: int,
    clients: list[int],
    wanted: Wanted,
) -> None:
    async with storage.read() as connection:
        shape = await read_shape(connection, actor, ListName.CLIENTS)
    chosen = selected_ids(shape, actor, clients)
    await Loading(storage, past, COUNTRY).load(actor, campaign_id, chosen, wanted)
