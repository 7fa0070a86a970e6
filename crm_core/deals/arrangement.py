"""What an administrator arranges for the sales: pipelines, stages, expected actions, products."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, insert, select, update

from crm_core.agents.arranging import Arranging, only_known
from crm_core.agents.directory import Kind
from crm_core.agents.people import Agent
from crm_core.agents.rights import RecordKind
from crm_core.agents.roles import Role, require
from crm_core.clock import Clock
from crm_core.deals.pipelines import Ending
from crm_core.deals.products import Products
from crm_core.deals.tables import deals, pipelines, stage_actions, stages
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.leads.tables import leads
from crm_core.money import checked_currency
from crm_core.storage.engine import Storage, Write
from crm_core.wording import existing_id, line, whole

MOST_STAGES: Final = 50
MOST_DAYS: Final = 3650  # of patience


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A stage to be made; see `pipelines.Stage`."""

    title: str
    probability: int = 0
    ending: Ending | None = None
    patience_days: int | None = None
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PipelinePlan:
    """A pipeline to be made, with its stages in their order."""

    title: str
    currency: str
    stages: tuple[StagePlan, ...]


class Ordered(Arranging):
    """A list that is put in order within the record that `parent` names; "" for the whole table."""

    parent: str = ""

    async def arrange(self, actor: Agent | None, parent_id: int, ids: Sequence[int]) -> None:
        """Have the rows stand as `ids` say; those left out come last, as they stood. NotFound for
        a row of another parent."""
        require(actor, Role.ADMINISTRATOR)
        async with self._storage.write() as tx:
            known = await self._siblings(tx, parent_id)
            if not set(ids) <= set(known):
                raise NotFound(ids=list(ids))
            order = [*dict.fromkeys(ids), *(each for each in known if each not in set(ids))]
            if order == known:
                return
            for position, row_id in enumerate(order, 1):
                chosen = update(self.table).where(self.table.c.id == row_id)
                await tx.execute(chosen.values(position=position))
            await self._told(tx, actor, parent_id, "reordered", {"order": [known, order]})

    async def _last_place(self, tx: Write, values: Mapping[str, Any]) -> int:
        query = select(func.coalesce(func.max(self.table.c.position), 0))
        if self.parent:
            query = query.where(self.table.c[self.parent] == values[self.parent])
        return int((await tx.execute(query)).scalar_one()) + 1

    async def _siblings(self, tx: Write, parent_id: int) -> list[int]:
        query = select(self.table.c.id).order_by(self.table.c.position, self.table.c.id)
        if self.parent:
            query = query.where(self.table.c[self.parent] == existing_id(parent_id))
        return list((await tx.execute(query)).scalars())


class Pipelines(Ordered):
    """Commands on pipelines. Conflict: last_pipeline, pipeline_in_use (with `count`)."""

    table = pipelines
    kind: Kind = "pipelines"
    subject = "pipeline"
    unique: Mapping[str, str] = {}

    async def create(self, actor: Agent | None, kind: RecordKind, plan: PipelinePlan) -> int:
        """A new pipeline's id; its plan has a stage to begin in, one won and one lost."""
        require(actor, Role.ADMINISTRATOR)
        async with self._storage.write() as tx:
            return await self._make(tx, actor, kind, plan)

    async def begin(self, plans: Mapping[RecordKind, PipelinePlan]) -> None:
        """Give an office that never had a pipeline of a kind its first one."""
        async with self._storage.write() as tx:
            for kind, plan in plans.items():
                query = select(pipelines.c.id).where(pipelines.c.record_kind == kind.value)
                if (await tx.execute(query.limit(1))).first() is None:
                    await self._make(tx, None, kind, plan)

    async def edit(self, actor: Agent | None, pipeline_id: int, **fields: Any) -> None:
        """Change title or currency (of new records; the old keep theirs)."""
        await self._change(actor, pipeline_id, _checked(fields, _OF_PIPELINES))

    async def _make(
        self, tx: Write, actor: Agent | None, kind: RecordKind, plan: PipelinePlan
    ) -> int:
        values = _checked({"title": plan.title, "currency": plan.currency}, _OF_PIPELINES)
        values |= {"record_kind": kind.value, "position": await self._last_place(tx, values)}
        made = await tx.execute(insert(pipelines).values(**values, active=True))
        pipeline_id = int(made.inserted_primary_key[0])
        for position, stage in enumerate(plan.stages, 1):
            await _insert_stage(tx, pipeline_id, position, stage)
        await self._told(tx, actor, pipeline_id, "created", values)
        return pipeline_id

    async def _check(self, tx: Write, before: Mapping[str, Any], values: dict[str, Any]) -> None:
        if not before or values.get("active", True):
            return
        others = select(func.count()).where(
            pipelines.c.active,
            pipelines.c.record_kind == before["record_kind"],
            pipelines.c.id != before["id"],
        )
        if not (await tx.execute(others)).scalar_one():
            raise Conflict("last_pipeline", title=before["title"])
        records = deals if before["record_kind"] == RecordKind.DEAL.value else leads
        open_ones = (
            select(func.count())
            .select_from(records)
            .join(stages, stages.c.id == records.c.stage_id)
            .where(
                stages.c.pipeline_id == before["id"],
                records.c.closed_at.is_(None),
                records.c.deleted_at.is_(None),
            )
        )
        count = (await tx.execute(open_ones)).scalar_one()
        if count:
            raise Conflict("pipeline_in_use", title=before["title"], count=count)


class Stages(Ordered):
    """Commands on stages. One in use may be retired: what stands there stays until it is moved on.

    Conflict: last_stage (a pipeline needs a stage to begin in, one won and one lost).
    """

    table = stages
    kind: Kind = "pipelines"
    subject = "stage"
    parent = "pipeline_id"
    unique: Mapping[str, str] = {}

    async def create(self, actor: Agent | None, pipeline_id: int, plan: StagePlan) -> int:
        """A new stage's id, behind those of its kind. Invalid("title", "too_many_stages")."""
        require(actor, Role.ADMINISTRATOR)
        async with self._storage.write() as tx:
            known = select(pipelines.c.id).where(pipelines.c.id == existing_id(pipeline_id))
            if (await tx.execute(known)).first() is None:
                raise NotFound(pipeline_id=pipeline_id)
            if len(await self._siblings(tx, pipeline_id)) >= MOST_STAGES:
                raise Invalid("title", "too_many_stages", most=MOST_STAGES)
            place = await self._last_place(tx, {"pipeline_id": pipeline_id})
            stage_id = await _insert_stage(tx, pipeline_id, place, plan)
            details = {"title": plan.title, "pipeline_id": pipeline_id}
            await self._told(tx, actor, stage_id, "created", details)
        return stage_id

    async def edit(self, actor: Agent | None, stage_id: int, **fields: Any) -> None:
        """Change title, probability or patience_days; whether it ends the way never changes."""
        await self._change(actor, stage_id, _checked(fields, _OF_STAGES))

    async def _check(self, tx: Write, before: Mapping[str, Any], values: dict[str, Any]) -> None:
        if not before or values.get("active", True):
            return
        ending = before["ending"]
        same = stages.c.ending.is_(None) if ending is None else stages.c.ending == ending
        others = select(func.count()).where(
            stages.c.pipeline_id == before["pipeline_id"],
            stages.c.active,
            same,
            stages.c.id != before["id"],
        )
        if not (await tx.execute(others)).scalar_one():
            raise Conflict("last_stage", title=before["title"])


class StageActions(Ordered):
    """Commands on the actions that a stage expects."""

    table = stage_actions
    kind: Kind = "pipelines"
    subject = "stage_action"
    parent = "stage_id"
    unique: Mapping[str, str] = {}

    async def create(self, actor: Agent | None, stage_id: int, title: str) -> int:
        """One more action, the last. Raises NotFound."""
        require(actor, Role.ADMINISTRATOR)
        title = line("title", title, limit=300)
        async with self._storage.write() as tx:
            known = select(stages.c.id).where(stages.c.id == existing_id(stage_id))
            if (await tx.execute(known)).first() is None:
                raise NotFound(stage_id=stage_id)
            values: dict[str, Any] = {"stage_id": stage_id, "title": title}
            values["position"] = await self._last_place(tx, values)
            made = await tx.execute(insert(stage_actions).values(**values, active=True))
            action_id = int(made.inserted_primary_key[0])
            await self._told(tx, actor, action_id, "created", values)
        return action_id

    async def edit(self, actor: Agent | None, action_id: int, *, title: str) -> None:
        """Call it otherwise."""
        await self._change(actor, action_id, {"title": line("title", title, limit=300)})


@dataclass(frozen=True, slots=True)
class SalesArrangement:
    """The commands on each list of the sales, made together; each is for administrators, audited,
    and announces `DirectoryChanged`."""

    pipelines: Pipelines
    stages: Stages
    actions: StageActions
    products: Products

    @classmethod
    def of(cls, storage: Storage, clock: Clock) -> "SalesArrangement":
        return cls(
            Pipelines(storage, clock),
            Stages(storage, clock),
            StageActions(storage, clock),
            Products(storage, clock),
        )


async def _insert_stage(tx: Write, pipeline_id: int, position: int, plan: StagePlan) -> int:
    given = {
        "title": plan.title,
        "probability": plan.probability,
        "patience_days": plan.patience_days,
    }
    made = await tx.execute(
        insert(stages).values(
            **_checked(given, _OF_STAGES),
            pipeline_id=pipeline_id,
            position=position,
            ending=plan.ending.value if plan.ending else None,
            active=True,
        )
    )
    stage_id = int(made.inserted_primary_key[0])
    for place, action in enumerate(plan.actions, 1):
        values = {"stage_id": stage_id, "title": line("title", action, limit=300)}
        await tx.execute(insert(stage_actions).values(**values, position=place, active=True))
    return stage_id


_Checks = Mapping[str, Callable[[Any], Any]]
_OF_PIPELINES: _Checks = {
    "title": lambda title: line("title", title, limit=200),
    "currency": lambda currency: checked_currency("currency", currency),
}
_OF_STAGES: _Checks = {
    "title": lambda title: line("title", title, limit=200),
    "probability": lambda percent: whole("probability", percent, least=0, most=100),
    "patience_days": lambda days: (
        None if days is None else whole("patience_days", days, least=1, most=MOST_DAYS)
    ),
}


def _checked(fields: Mapping[str, Any], checks: _Checks) -> dict[str, Any]:
    only_known(fields, checks)
    return {field: checks[field](value) for field, value in fields.items()}
