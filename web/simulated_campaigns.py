"""A campaign that is to be simulated: what the form begins with, and what it does not ask."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from dialer.campaigns.access import access_campaign
from dialer.campaigns.as_scenario import as_scenario
from dialer.campaigns.queries import team_of
from dialer.entries.figures import ListFigures, figures_of
from dialer.entries.groups import groups_of
from dialer.profiles.queries import get_profile
from web.forms import Form
from web.simulation_forms import USUAL
from web.visits import person, services


@dataclass(frozen=True, slots=True)
class SimulatedCampaign:
    """`values` are its part of a scenario; `operators` its team, 0 where nobody is on it."""

    id: int
    title: str
    law_key: str
    values: dict[str, Any]
    operators: int

    def form(self) -> Form:
        """What is filled in at first: the form's own figures where a campaign has none."""
        chosen = {"mode": self.values["pacing"]["mode"], "law": self.law_key}
        chosen["size"] = self.values["list"]["size"]
        team = {"operators": self.operators} if self.operators else {}
        return Form.of(**{**USUAL, **team, **chosen}, campaign=self.id)

    def over(self, values: dict[str, Any]) -> dict[str, Any]:
        """The scenario of the form with all of the campaign that the form does not ask."""
        mine, [said] = self.values, values["clients"]
        same_law = values["law"] == self.law_key
        return {
            "title": self.title,
            **values,
            "pacing": {**mine["pacing"], **values["pacing"]},
            "law": mine["law"] if same_law else values["law"],
            "retry": mine["retry"],
            "clients": [{**said, **each} for each in mine.get("clients", [{}])],
        }


async def find_campaign(request: web.Request, form: Form) -> SimulatedCampaign | None:
    """The one that the form names, None where it names none. NotFound."""
    campaign_id = form.record_id("campaign")
    if campaign_id is None:
        return None
    built = services(request)
    async with built.storage.read() as connection:
        campaign = await access_campaign(connection, person(request), campaign_id)
        law = (await get_profile(connection, campaign.profile_key)).profile
        found = await figures_of(connection, [campaign.id], built.clock.now())
        team = await team_of(connection, campaign.id)
        groups = await groups_of(connection, campaign.id)
    people = found.get(campaign.id, ListFigures()).left
    values = as_scenario(campaign, law, people=people, groups=groups)
    return SimulatedCampaign(campaign.id, campaign.title, law.key, values, len(team))
