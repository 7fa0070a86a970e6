"""All that an office calls by its own words and lists can be asked for: people, tags, stages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent, list_agents
from crm_core.agents.rights import RecordKind
from crm_core.catalogues import Catalogue, Entry, list_entries
from crm_core.custom_fields.reading import CustomField, list_fields
from crm_core.deals.pipelines import Pipeline, list_pipelines
from crm_core.lists.conditions import ME, TEAM
from crm_core.lists.filters import Option
from crm_core.lists.values import NONE
from crm_core.tags.reading import Tag, list_tags


@dataclass(frozen=True, slots=True)
class OfficeWords:
    """As one person may know them: own fields hidden from his role are not among them."""

    agents: tuple[Agent, ...]
    entries: Mapping[Catalogue, list[Entry]]
    tags: tuple[Tag, ...]
    fields: tuple[CustomField, ...]
    pipelines: tuple[Pipeline, ...] = ()

    def people(self) -> tuple[Option, ...]:
        """Me, my teams, nobody, and everybody by name."""
        named = (Option(str(each.id), each.name, each.active) for each in self.agents)
        return (Option(ME), Option(TEAM), Option(NONE), *named)

    def of(self, catalogue: Catalogue) -> tuple[Option, ...]:
        """The words of a catalogue, and none."""
        listed = (Option(str(e.id), e.title, e.active) for e in self.entries[catalogue])
        return (*listed, Option(NONE))

    def tag_options(self) -> tuple[Option, ...]:
        """Every tag, and none."""
        return (*(Option(str(t.id), t.title, colour=t.colour) for t in self.tags), Option(NONE))

    def titles(self, catalogue: Catalogue) -> Mapping[int, str]:
        """What the entries of a catalogue are called, the retired too."""
        return {entry.id: entry.title for entry in self.entries[catalogue]}


def words_only(*keys: str) -> tuple[Option, ...]:
    """Options that are words of ours."""
    return tuple(Option(key) for key in keys)


async def read_office_words(
    connection: AsyncConnection, actor: Agent, kind: RecordKind
) -> OfficeWords:
    """What the list of this kind needs of the office, as `actor` may know it."""
    pipelines: Iterable[Pipeline] = ()
    if kind is not RecordKind.CLIENT:
        pipelines = await list_pipelines(connection, kind, active=None)
    return OfficeWords(
        agents=tuple(await list_agents(connection, active=None)),
        entries=await list_entries(connection, active=None),
        tags=tuple(await list_tags(connection)),
        fields=tuple(await list_fields(connection, kind.value, role=actor.role)),
        pipelines=tuple(pipelines),
    )
