"""What an administrator makes of the cards: sections in tabs, and fields in sections."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import func, select, update

from crm_core.agents.arranging import Arranging, only_known
from crm_core.agents.directory import Kind
from crm_core.agents.people import Agent
from crm_core.agents.rights import RecordKind
from crm_core.agents.roles import Role, require
from crm_core.clock import Clock
from crm_core.custom_fields.choices import Choices, asked_choices
from crm_core.custom_fields.reindexing import reshape
from crm_core.custom_fields.tables import custom_fields, field_sections
from crm_core.custom_fields.types import CHOOSING, FieldType
from crm_core.deals.arrangement import Ordered
from crm_core.errors import Invalid, NotFound
from crm_core.money import checked_currency
from crm_core.storage.engine import Storage, Write
from crm_core.wording import existing_id, line

KINDS: Final = (RecordKind.CLIENT, RecordKind.LEAD, RecordKind.DEAL)
HIDEABLE_FROM: Final = (Role.OPERATOR, Role.SUPERVISOR, Role.HEAD_OF_SALES)
"""An administrator shapes the fields, so none is hidden from him."""
MOST_SECTIONS: Final = 50  # of one kind of record
MOST_FIELDS: Final = 200  # of one kind of record
_FOUND_BY: Final = frozenset({"active", "hidden_from", "section_id"})


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """A field to be made; `choices` are titles, `currency` is that of money."""

    type: FieldType
    title: str
    hint: str = ""
    currency: str = ""
    choices: tuple[str, ...] = ()
    hidden_from: Collection[str] = field(default=())


class Sections(Arranging):
    """Commands on the sections of all kinds. Invalid("title", "too_many_sections")."""

    table = field_sections
    kind: Kind = "custom_fields"
    subject = "field_section"
    unique: Mapping[str, str] = {}

    async def create(
        self, actor: Agent | None, kind: RecordKind, *, title: str, tab: str = ""
    ) -> int:
        """A new section's id, the last of its kind of record."""
        values = _checked({"title": title, "tab": tab}, _OF_SECTIONS)
        if kind not in KINDS:
            raise Invalid("kind", "not_a_choice")
        return await self._create(actor, {"kind": kind.value, **values, "active": True})

    async def edit(self, actor: Agent | None, section_id: int, **fields: Any) -> None:
        """Change title or tab."""
        await self._change(actor, section_id, _checked(fields, _OF_SECTIONS))

    async def arrange(self, actor: Agent | None, kind: RecordKind, ids: Sequence[int]) -> None:
        """Have the sections of a kind stand as `ids` say; those left out come last. NotFound."""
        require(actor, Role.ADMINISTRATOR)
        async with self._storage.write() as tx:
            known = await self._of_kind(tx, kind.value)
            if not set(ids) <= set(known):
                raise NotFound(ids=list(ids))
            order = [*dict.fromkeys(ids), *(each for each in known if each not in set(ids))]
            if order == known:
                return
            for position, section_id in enumerate(order, 1):
                chosen = update(field_sections).where(field_sections.c.id == section_id)
                await tx.execute(chosen.values(position=position))
            await self._told(tx, actor, order[0], "reordered", {"order": [known, order]})

    async def _check(self, tx: Write, before: Mapping[str, Any], values: dict[str, Any]) -> None:
        if before:
            return
        known = await self._of_kind(tx, values["kind"])
        if len(known) >= MOST_SECTIONS:
            raise Invalid("title", "too_many_sections", most=MOST_SECTIONS)
        last = select(func.coalesce(func.max(field_sections.c.position), 0)).where(
            field_sections.c.kind == values["kind"]
        )
        values["position"] = (await tx.execute(last)).scalar_one() + 1

    async def _of_kind(self, tx: Write, kind: str) -> list[int]:
        query = select(field_sections.c.id).where(field_sections.c.kind == kind)
        query = query.order_by(field_sections.c.position, field_sections.c.id)
        return list((await tx.execute(query)).scalars())

    async def _told(
        self, tx: Write, actor: Agent | None, row_id: int, action: str, details: Mapping[str, Any]
    ) -> None:
        await super()._told(tx, actor, row_id, action, details)
        if "active" in details and action != "created":
            mine = select(custom_fields.c.id).where(custom_fields.c.section_id == row_id)
            ids = (await tx.execute(mine)).scalars().all()
            section = await self._get(tx, row_id)
            await reshape(tx, section["kind"], ids)


class Fields(Ordered):
    """Commands on own fields. Invalid: too_many_fields, currency_bad, choices_missing."""

    table = custom_fields
    kind: Kind = "custom_fields"
    subject = "custom_field"
    parent = "section_id"
    unique: Mapping[str, str] = {}

    async def create(self, actor: Agent | None, section_id: int, plan: FieldPlan) -> int:
        """A new field's id, the last of its section. NotFound for no such section."""
        require(actor, Role.ADMINISTRATOR)
        values = _checked(
            {"title": plan.title, "hint": plan.hint, "hidden_from": plan.hidden_from}, _OF_FIELDS
        )
        values |= {
            "section_id": existing_id(section_id),
            "type": plan.type.value,
            "options": _options(plan),
            "active": True,
        }
        return await self._create(actor, values)

    async def edit(self, actor: Agent | None, field_id: int, **fields: Any) -> None:
        """Change title, hint, section_id (of the same kind of record) or hidden_from."""
        await self._change(actor, field_id, _checked(fields, _OF_FIELDS))

    async def _check(self, tx: Write, before: Mapping[str, Any], values: dict[str, Any]) -> None:
        if "section_id" not in values or values["section_id"] == before.get("section_id"):
            return
        kind = await _kind_of(tx, values["section_id"])
        if before and kind != await _kind_of(tx, before["section_id"]):
            raise Invalid("section_id", "not_a_choice")
        count = (
            select(func.count())
            .select_from(custom_fields.join(field_sections))
            .where(field_sections.c.kind == kind)
        )
        if not before and (await tx.execute(count)).scalar_one() >= MOST_FIELDS:
            raise Invalid("title", "too_many_fields", most=MOST_FIELDS)
        values["position"] = await self._last_place(tx, values)

    async def _told(
        self, tx: Write, actor: Agent | None, row_id: int, action: str, details: Mapping[str, Any]
    ) -> None:
        told = {name: value for name, value in details.items() if name != "options"}
        await super()._told(tx, actor, row_id, action, told)
        if action != "created" and _FOUND_BY & set(details):
            row = await self._get(tx, row_id)
            kind = await _kind_of(tx, row["section_id"])
            await reshape(tx, kind, [row_id])


@dataclass(frozen=True, slots=True)
class Shaping:
    """The commands that shape the cards, made together: for administrators, audited."""

    sections: Sections
    fields: Fields
    choices: Choices

    @classmethod
    def of(cls, storage: Storage, clock: Clock) -> "Shaping":
        made = Sections(storage, clock), Fields(storage, clock), Choices(storage, clock)
        return cls(*made)


async def _kind_of(tx: Write, section_id: int) -> str:
    query = select(field_sections.c.kind).where(field_sections.c.id == existing_id(section_id))
    kind = (await tx.execute(query)).scalar_one_or_none()
    if kind is None:
        raise NotFound(section_id=section_id)
    return str(kind)


def _options(plan: FieldPlan) -> dict[str, Any]:
    if plan.type is FieldType.MONEY:
        return {"currency": checked_currency("currency", plan.currency)}
    if plan.type in CHOOSING:
        return {"choices": asked_choices(plan.choices)}
    return {}


def _hidden_from(roles: Collection[str]) -> list[str]:
    if not set(roles) <= {role.value for role in HIDEABLE_FROM}:
        raise Invalid("hidden_from", "not_a_choice")
    return sorted(set(roles))


_Checks = Mapping[str, Callable[[Any], Any]]
_OF_SECTIONS: _Checks = {
    "title": lambda title: line("title", title, limit=200),
    "tab": lambda tab: line("tab", tab, limit=100, required=False),
}
_OF_FIELDS: _Checks = {
    "title": lambda title: line("title", title, limit=200),
    "hint": lambda hint: line("hint", hint, limit=300, required=False),
    "section_id": lambda section_id: existing_id(section_id),
    "hidden_from": _hidden_from,
}


def _checked(fields: Mapping[str, Any], checks: _Checks) -> dict[str, Any]:
    only_known(fields, checks)
    return {name: checks[name](value) for name, value in fields.items()}
