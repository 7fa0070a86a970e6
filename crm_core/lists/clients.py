"""The list of clients: what it can be asked for, what it shows, how it can stand."""

from sqlalchemy import ColumnElement, and_, or_, select

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.agents.tables import agents
from crm_core.catalogues import Catalogue
from crm_core.clients.access import visible_clients
from crm_core.clients.tables import clients
from crm_core.lists import gathering
from crm_core.lists.conditions import bears, chosen, instant_within, owned, quiet, with_step
from crm_core.lists.filters import Filter, FilterType
from crm_core.lists.office_words import OfficeWords, words_only
from crm_core.lists.own_fields import own_column, own_filter
from crm_core.lists.shapes import ColumnType, ListColumn, ListName, ListShape, Order
from crm_core.lists.values import NONE, Among
from crm_core.tasks.tables import tasks

_T = clients.c
_CATALOGUES = {
    "relation": (Catalogue.RELATION, _T.relation_id),
    "category": (Catalogue.CATEGORY, _T.category_id),
    "industry": (Catalogue.INDUSTRY, _T.industry_id),
}


def clients_shape(words: OfficeWords) -> ListShape:
    """The list of clients with the words of the office."""
    filters = (*_filters(words), *(own_filter(field, clients) for field in words.fields))
    columns = (*_columns(words), *map(own_column, words.fields))
    return ListShape(
        name=ListName.CLIENTS,
        table=clients,
        rows=select(clients, agents.c.name.label("owner_name")).outerjoin(
            agents, agents.c.id == _T.owner_agent_id
        ),
        visible=_visible,
        filters={each.name: each for each in filters},
        columns={each.name: each for each in columns},
        orders={
            "name": Order("name", _T.name),
            "created": Order("created", _T.id, falls=True),
            "changed": Order("changed", _T.updated_at, falls=True),
        },
        usual_columns=("name", "contacts", "numbers", "owner", "changed"),
        usual_order="-created",
        gathering={
            "contacts": gathering.contact_names,
            "numbers": gathering.numbers,
            "emails": gathering.emails,
            "talk": gathering.last_talks,
            "tags": gathering.tags(ListName.CLIENTS),
            "step": gathering.steps(ListName.CLIENTS),
        },
    )


def _visible(actor: Agent, action: Action) -> ColumnElement[bool]:
    return and_(_T.client_since.is_not(None), visible_clients(actor, action))


def _filters(words: OfficeWords) -> tuple[Filter, ...]:
    def entry(name: str) -> Filter:
        catalogue, column = _CATALOGUES[name]
        return Filter(
            name, FilterType.CHOICES, lambda value, _: chosen(column, value), words.of(catalogue)
        )

    return (
        Filter(
            "owner",
            FilterType.PEOPLE,
            lambda value, asking: owned(_T.owner_agent_id, value, asking),
            words.people(),
        ),
        *map(entry, _CATALOGUES),
        Filter(
            "tag",
            FilterType.TAGS,
            lambda value, _: bears("client", _T.id, value),
            words.tag_options(),
        ),
        Filter(
            "kind",
            FilterType.ONE,
            lambda value, _: _T.kind.in_(sorted(value.keys)),
            words_only("organisation", "person"),
        ),
        Filter(
            "key",
            FilterType.ONE,
            lambda value, _: _is_key(value),
            words_only("yes", "no"),
        ),
        Filter(
            "step",
            FilterType.ONE,
            lambda value, asking: with_step(_T.id, tasks.c.client_id, value, asking),
            words_only("open", "late", NONE),
        ),
        Filter("quiet", FilterType.QUIET, lambda value, asking: quiet(_T.id, value, asking)),
        Filter(
            "created",
            FilterType.PAST,
            lambda value, asking: instant_within(_T.created_at, value, asking),
        ),
    )


def _is_key(value: Among) -> ColumnElement[bool]:
    return or_(*(_T.is_key.is_(key == "yes") for key in sorted(value.keys)))


def _columns(words: OfficeWords) -> tuple[ListColumn, ...]:
    def entry(name: str) -> ListColumn:
        catalogue, column = _CATALOGUES[name]
        titles, key = words.titles(catalogue), column.name
        return ListColumn(name, ColumnType.TEXT, lambda row: titles.get(row[key]))

    return (
        ListColumn("name", ColumnType.NAME, lambda row: (row["kind"], row["name"])),
        ListColumn("contacts", ColumnType.TEXTS, lambda row: row["contacts"] or (), "contacts"),
        ListColumn("numbers", ColumnType.NUMBERS, lambda row: row["numbers"] or (), "numbers"),
        ListColumn("emails", ColumnType.TEXTS, lambda row: row["emails"] or (), "emails"),
        ListColumn("owner", ColumnType.TEXT, lambda row: row["owner_name"]),
        *map(entry, _CATALOGUES),
        ListColumn("tags", ColumnType.TAGS, lambda row: row["tags"] or (), "tags"),
        ListColumn("kind", ColumnType.WORD, lambda row: row["kind"], words="client_kind"),
        ListColumn("key", ColumnType.YES_NO, lambda row: row["is_key"] or None),
        ListColumn("step", ColumnType.STEP, lambda row: row["step"], "step"),
        ListColumn("talk", ColumnType.MOMENT, lambda row: row["talk"], "talk"),
        ListColumn("created", ColumnType.MOMENT, lambda row: row["created_at"]),
        ListColumn("changed", ColumnType.MOMENT, lambda row: row["updated_at"]),
    )
