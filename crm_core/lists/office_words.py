"""All that an office calls by its own words and lists can be asked for: people, tags, stages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.directory import Disposition, Queue, list_dispositions, list_queues
from crm_core.agents.people import Agent, list_agents
from crm_core.catalogues import Catalogue, Entry, list_entries
from crm_core.custom_fields.reading import CustomField, list_fields
from crm_core.deals.pipelines import Pipeline, list_pipelines
from crm_core.lists.conditions import ME, TEAM
from crm_core.lists.filters import Option
from crm_core.lists.shapes import ListName
from crm_core.lists.values import NONE
from crm_core.tags.reading import Tag, list_tags

OF_WORK = (ListName.TASKS, ListName.CALLS)
"""Lists of what people do: they have teams instead of tags and fields of the office's own."""


@dataclass(frozen=True, slots=True)
class OfficeWords:
    """As one person may know them: own fields hidden from his role are not among them."""

    agents: tuple[Agent, ...]
    entries: Mapping[Catalogue, list[Entry]]
    tags: tuple[Tag, ...]
    fields: tuple[CustomField, ...]
    pipelines: tuple[Pipeline, ...] = ()
    queues: tuple[Queue, ...] = ()
    dispositions: tuple[Disposition, ...] = ()

    def people(self) -> tuple[Option, ...]:
        """Me, my teams, nobody, and everybody by name."""
        named = (Option(str(each.id), each.name, each.active) for each in self.agents)
        return (Option(ME), Option(TEAM), Option(NONE), *named)

    def queue_options(self) -> tuple[Option, ...]:
        """Every team by its queue's own name."""
        return tuple(Option(each.name, each.title, each.active) for each in self.queues)

    def queue_titles(self) -> Mapping[str, str]:
        """What teams are called, by their queue's own name."""
        return {each.name: each.title for each in self.queues}

    def disposition_options(self) -> tuple[Option, ...]:
        """All that a call may have been."""
        return tuple(Option(str(d.id), d.title, d.active) for d in self.dispositions)

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
    connection: AsyncConnection, actor: Agent, name: ListName
) -> OfficeWords:
    """What this list needs of the office, as `actor` may know it."""
    people = tuple(await list_agents(connection, active=None))
    if name in OF_WORK:
        return OfficeWords(
            agents=people,
            entries={},
            tags=(),
            fields=(),
            queues=tuple(await list_queues(connection, active=None)),
            dispositions=tuple(await list_dispositions(connection, active=None)),
        )
    pipelines: Iterable[Pipeline] = ()
    if name is not ListName.CLIENTS:
        pipelines = await list_pipelines(connection, name.kind, active=None)
    return OfficeWords(
        agents=people,
        entries=await list_entries(connection, active=None),
        tags=tuple(await list_tags(connection)),
        fields=tuple(await list_fields(connection, name.kind.value, role=actor.role)),
        pipelines=tuple(pipelines),
    )
