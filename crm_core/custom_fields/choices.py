"""The answers that a field of choices offers: added, renamed, put in order, retired."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import select, update

from crm_core import audit
from crm_core.agents.directory import DirectoryChanged
from crm_core.agents.people import Agent
from crm_core.agents.roles import Role, id_of, require
from crm_core.clock import Clock
from crm_core.custom_fields.reindexing import reshape
from crm_core.custom_fields.tables import custom_fields, field_sections
from crm_core.custom_fields.types import CHOOSING
from crm_core.errors import Invalid, NotFound
from crm_core.storage.engine import Storage, Write
from crm_core.wording import existing_id, line

MOST_CHOICES: Final = 100
LONGEST_CHOICE: Final = 100
Stored = dict[str, Any]
"""{"id": 1, "title": "…", "active": true}"""


class Choices:
    """Commands on the choices of one field each. Invalid: required, too_long, title_taken,
    too_many_choices, choices_missing (the last one in use stays); NotFound."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def add(self, actor: Agent | None, field_id: int, title: str) -> int:
        """One more, the last; its id, which is never given again."""
        made: list[int] = []

        def change(known: list[Stored]) -> list[Stored]:
            if len(known) >= MOST_CHOICES:
                raise Invalid("title", "too_many_choices", most=MOST_CHOICES)
            made.append(_next_id(known))
            return [*known, {"id": made[0], "title": _title(known, title), "active": True}]

        await self._change(actor, field_id, change)
        return made[0]

    async def rename(self, actor: Agent | None, field_id: int, choice_id: int, title: str) -> None:
        """Call it otherwise, wherever it was given."""

        def change(known: list[Stored]) -> list[Stored]:
            others = [each for each in known if each["id"] != choice_id]
            return _with(known, choice_id, title=_title(others, title))

        await self._change(actor, field_id, change)

    async def retire(self, actor: Agent | None, field_id: int, choice_id: int) -> None:
        """Offer it no longer; records that have it keep it."""

        def change(known: list[Stored]) -> list[Stored]:
            left = _with(known, choice_id, active=False)
            if not any(each["active"] for each in left):
                raise Invalid("title", "choices_missing")
            return left

        await self._change(actor, field_id, change)

    async def restore(self, actor: Agent | None, field_id: int, choice_id: int) -> None:
        """Offer it again."""
        await self._change(actor, field_id, lambda known: _with(known, choice_id, active=True))

    async def arrange(self, actor: Agent | None, field_id: int, ids: Sequence[int]) -> None:
        """Have them stand as `ids` say; those left out come last. NotFound for a strange id."""

        def change(known: list[Stored]) -> list[Stored]:
            by_id = {each["id"]: each for each in known}
            if not set(ids) <= set(by_id):
                raise NotFound(ids=list(ids))
            order = dict.fromkeys([*ids, *by_id])
            return [by_id[each] for each in order]

        await self._change(actor, field_id, change)

    async def _change(
        self,
        actor: Agent | None,
        field_id: int,
        change: Callable[[list[Stored]], list[Stored]],
    ) -> None:
        require(actor, Role.ADMINISTRATOR)
        async with self._storage.write() as tx:
            kind, options = await _of(tx, field_id)
            before = options["choices"]
            after = change(before)
            if after == before:
                return
            mine = update(custom_fields).where(custom_fields.c.id == field_id)
            await tx.execute(mine.values(options={**options, "choices": after}))
            said = {"choices": [_said(before), _said(after)]}
            now, who = self._clock.now(), id_of(actor)
            await audit.record(tx, now, who, "edited", "custom_field", field_id, **said)
            tx.announce(DirectoryChanged("custom_fields"))
            if _titles(before) - _titles(after):
                await reshape(tx, kind, [field_id])


def asked_choices(titles: Sequence[str]) -> list[Stored]:
    """The choices of a new field. Invalid("choices", …): choices_missing, too_many_choices."""
    made: list[Stored] = []
    for written in titles:
        if not written.strip():
            continue
        title = line("choices", written, limit=LONGEST_CHOICE)
        if any(each["title"].casefold() == title.casefold() for each in made):
            continue
        made.append({"id": _next_id(made), "title": title, "active": True})
    if not made:
        raise Invalid("choices", "choices_missing")
    if len(made) > MOST_CHOICES:
        raise Invalid("choices", "too_many_choices", most=MOST_CHOICES)
    return made


async def _of(tx: Write, field_id: int) -> tuple[str, dict[str, Any]]:
    """The kind of record and the options of a field of choices. NotFound."""
    query = (
        select(field_sections.c.kind, custom_fields.c.type, custom_fields.c.options)
        .join(custom_fields, custom_fields.c.section_id == field_sections.c.id)
        .where(custom_fields.c.id == existing_id(field_id))
    )
    row = (await tx.execute(query)).one_or_none()
    if row is None or row.type not in CHOOSING:
        raise NotFound(field_id=field_id)
    return row.kind, row.options


def _with(known: list[Stored], choice_id: int, **values: Any) -> list[Stored]:
    if choice_id not in {each["id"] for each in known}:
        raise NotFound(choice_id=choice_id)
    return [{**each, **values} if each["id"] == choice_id else each for each in known]


def _title(others: list[Stored], written: str) -> str:
    title = line("title", written, limit=LONGEST_CHOICE)
    if any(each["title"].casefold() == title.casefold() for each in others):
        raise Invalid("title", "title_taken", value=title)
    return title


def _next_id(known: list[Stored]) -> int:
    return max((int(each["id"]) for each in known), default=0) + 1


def _titles(known: list[Stored]) -> set[tuple[int, str]]:
    return {(each["id"], each["title"]) for each in known}


def _said(known: list[Stored]) -> str:
    """As the audit trail tells them: those in use, in their order."""
    return ", ".join(each["title"] for each in known if each["active"])
