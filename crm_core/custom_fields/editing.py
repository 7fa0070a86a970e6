"""The office's own fields as the one way of editing knows them."""

from collections.abc import Collection, Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.custom_fields.reading import PREFIX, list_fields
from crm_core.custom_fields.values import editor_of
from crm_core.editing.editable import Further
from crm_core.editing.fields import Field


def own_fields(kind: str) -> Further:
    """Those of a kind of record that are in use and not hidden from whoever edits."""

    async def named(
        connection: AsyncConnection, actor: Agent, names: Collection[str]
    ) -> Mapping[str, Field]:
        if not any(name.startswith(PREFIX) for name in names):
            return {}
        fields = await list_fields(connection, kind, role=actor.role)
        return {field.name: editor_of(field) for field in fields if field.name in names}

    return named
