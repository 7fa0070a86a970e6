"""The lists of leads and of deals: what they can be asked for, what they show, how they stand."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, func, literal, or_, select, true

from crm_core.agents.tables import agents
from crm_core.catalogues import Catalogue
from crm_core.clients.tables import clients
from crm_core.deals.access import visible_deals
from crm_core.deals.filtering import stale
from crm_core.deals.moving import DEALS, LEADS, Trail
from crm_core.deals.tables import deals
from crm_core.leads.access import visible_leads
from crm_core.leads.tables import leads
from crm_core.lists import gathering
from crm_core.lists.conditions import (
    amount_within,
    bears,
    chosen,
    day_within,
    instant_within,
    owned,
    with_step,
)
from crm_core.lists.filters import Asking, Filter, FilterType, Option
from crm_core.lists.office_words import OfficeWords, words_only
from crm_core.lists.own_fields import own_column, own_filter
from crm_core.lists.shapes import ColumnType, ListColumn, ListName, ListShape, Order
from crm_core.lists.values import NONE, Among
from crm_core.search.conditions import says
from crm_core.search.kinds import SearchKind
from crm_core.tasks.tables import tasks

_UNEXPECTED: Final = date(9999, 12, 31)
_STATES: Final = ("open", "won", "lost", "all")


def leads_shape(words: OfficeWords) -> ListShape:
    """The list of leads with the words of the office."""
    entries = {
        "source": (Catalogue.SOURCE, leads.c.source_id),
        "campaign": (Catalogue.MARKETING_CAMPAIGN, leads.c.marketing_campaign_id),
        "loss_reason": (Catalogue.LOSS_REASON, leads.c.loss_reason_id),
    }
    return _shape(
        words,
        ListName.LEADS,
        LEADS,
        entries,
        (),
        (),
        {},
        ("title", "client", "stage", "source", "step", "owner", "days"),
    )


def deals_shape(words: OfficeWords) -> ListShape:
    """The list of deals with the words of the office."""
    expected = func.coalesce(deals.c.expected_on, literal(_UNEXPECTED, Date))
    return _shape(
        words,
        ListName.DEALS,
        DEALS,
        {"loss_reason": (Catalogue.LOSS_REASON, deals.c.loss_reason_id)},
        (
            Filter(
                "amount",
                FilterType.AMOUNT,
                lambda value, _: amount_within(deals.c.amount, deals.c.currency, value),
            ),
            Filter(
                "expected",
                FilterType.COMING,
                lambda value, _: day_within(deals.c.expected_on, value),
            ),
        ),
        (
            ListColumn("amount", ColumnType.MONEY, lambda row: (row["amount"], row["currency"])),
            ListColumn("expected", ColumnType.DEADLINE, lambda row: row["expected_on"]),
        ),
        {
            "amount": Order("amount", deals.c.amount, falls=True),
            "expected": Order("expected", expected),
        },
        ("title", "client", "stage", "amount", "expected", "step", "owner", "days"),
    )


Entries = Mapping[str, tuple[Catalogue, ColumnElement[Any]]]


def _shape(
    words: OfficeWords,
    name: ListName,
    trail: Trail,
    entries: Entries,
    more_filters: tuple[Filter, ...],
    more_columns: tuple[ListColumn, ...],
    more_orders: Mapping[str, Order],
    usual_columns: tuple[str, ...],
) -> ListShape:
    table = trail.table
    filters = (
        *_filters(words, trail, entries),
        *more_filters,
        *(own_filter(field, table) for field in words.fields),
    )
    columns = (*_columns(words, entries, more_columns), *map(own_column, words.fields))
    kind = SearchKind.LEAD if trail is LEADS else SearchKind.DEAL
    places = ((kind, table.c.id), (SearchKind.CLIENT, table.c.client_id))
    return ListShape(
        name=name,
        table=table,
        rows=select(
            table,
            clients.c.name.label("client_name"),
            clients.c.kind.label("client_kind"),
            agents.c.name.label("owner_name"),
        )
        .join(clients, clients.c.id == table.c.client_id)
        .outerjoin(agents, agents.c.id == table.c.owner_agent_id),
        visible=visible_leads if trail is LEADS else visible_deals,
        filters={each.name: each for each in filters},
        columns={each.name: each for each in columns},
        orders={
            "title": Order("title", table.c.title),
            "created": Order("created", table.c.id, falls=True),
            "changed": Order("changed", table.c.updated_at, falls=True),
            "days": Order("days", table.c.stage_since),
            **more_orders,
        },
        usual_columns=usual_columns,
        usual_order="-created",
        gathering={"tags": gathering.tags(name), "step": gathering.steps(name)},
        says=lambda text, asking, clients: says(text, *places),
        usual_filters={"state": "open"},
    )


def _filters(words: OfficeWords, trail: Trail, entries: Entries) -> tuple[Filter, ...]:
    table, kind = trail.table, trail.kind.value
    ways = words.pipelines

    def in_pipeline(value: Among, asking: Asking) -> ColumnElement[bool]:
        chosen_ways = [way for way in ways if way.id in value.ids]
        return table.c.stage_id.in_([stage.id for way in chosen_ways for stage in way.stages])

    def in_state(value: Among, asking: Asking) -> ColumnElement[bool]:
        if "all" in value.keys:
            return true()
        wanted = {None if key == "open" else key for key in value.keys}
        stages = [stage for way in ways for stage in way.stages]
        return table.c.stage_id.in_([stage.id for stage in stages if stage.ending in wanted])

    def too_long(value: Among, asking: Asking) -> ColumnElement[bool]:
        return or_(*(stale(trail, way, asking.now) for way in ways), table.c.id < 0)

    def entry(name: str) -> Filter:
        catalogue, column = entries[name]
        return Filter(
            name, FilterType.CHOICES, lambda value, _: chosen(column, value), words.of(catalogue)
        )

    stages = tuple(
        Option(str(stage.id), stage.title, stage.active, way.title)
        for way in ways
        for stage in way.stages
    )
    return (
        Filter(
            "pipeline",
            FilterType.CHOICES,
            in_pipeline,
            tuple(Option(str(way.id), way.title, way.active) for way in ways),
        ),
        Filter(
            "stage", FilterType.CHOICES, lambda value, _: chosen(table.c.stage_id, value), stages
        ),
        Filter("state", FilterType.ONE, in_state, words_only(*_STATES)),
        Filter(
            "owner",
            FilterType.PEOPLE,
            lambda value, asking: owned(table.c.owner_agent_id, value, asking),
            words.people(),
        ),
        *map(entry, entries),
        Filter(
            "tag",
            FilterType.TAGS,
            lambda value, _: bears(kind, table.c.id, value),
            words.tag_options(),
        ),
        Filter(
            "step",
            FilterType.ONE,
            lambda value, asking: with_step(table.c.id, tasks.c[trail.key], value, asking),
            words_only("open", "late", NONE),
        ),
        Filter("stale", FilterType.ONE, too_long, words_only("yes")),
        Filter(
            "created",
            FilterType.PAST,
            lambda value, asking: instant_within(table.c.created_at, value, asking),
        ),
    )


def _columns(
    words: OfficeWords, entries: Entries, more: tuple[ListColumn, ...]
) -> tuple[ListColumn, ...]:
    stages = {stage.id: (way, stage) for way in words.pipelines for stage in way.stages}

    def entry(name: str) -> ListColumn:
        catalogue, column = entries[name]
        titles, key = words.titles(catalogue), column.name
        return ListColumn(name, ColumnType.TEXT, lambda row: titles.get(row[key]))

    return (
        ListColumn("title", ColumnType.NAME, lambda row: ("", row["title"])),
        ListColumn("client", ColumnType.CLIENT, lambda row: (row["client_id"], row["client_name"])),
        ListColumn("stage", ColumnType.STAGE, lambda row: stages[row["stage_id"]][1]),
        ListColumn("pipeline", ColumnType.TEXT, lambda row: stages[row["stage_id"]][0].title),
        *more,
        *map(entry, entries),
        ListColumn("tags", ColumnType.TAGS, lambda row: row["tags"] or (), "tags"),
        ListColumn("step", ColumnType.STEP, lambda row: row["step"], "step"),
        ListColumn("owner", ColumnType.TEXT, lambda row: row["owner_name"]),
        ListColumn("days", ColumnType.DAYS, lambda row: row["stage_since"]),
        ListColumn("created", ColumnType.MOMENT, lambda row: row["created_at"]),
        ListColumn("changed", ColumnType.MOMENT, lambda row: row["updated_at"]),
        ListColumn("closed", ColumnType.MOMENT, lambda row: row["closed_at"]),
    )
