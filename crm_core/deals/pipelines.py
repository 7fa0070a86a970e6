"""Pipelines and their stages as all read them: what may come next, what is expected, what ends."""

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.rights import RecordKind
from crm_core.deals.tables import pipelines, stage_actions, stages
from crm_core.errors import NotFound
from crm_core.wording import existing_id


class Ending(StrEnum):
    """How the way through a pipeline ends; a lead that is won has become a client."""

    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class StageAction:
    """What is expected to be done while a record stands in the stage."""

    id: int
    stage_id: int
    title: str
    position: int
    active: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """`probability` in percent; `patience_days`: longer than that there, and a record is stale."""

    id: int
    pipeline_id: int
    title: str
    position: int
    probability: int
    ending: Ending | None
    patience_days: int | None
    active: bool
    actions: tuple[StageAction, ...] = ()


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A way from the first word to the end; `stages` in their order, the retired among them."""

    id: int
    record_kind: RecordKind
    title: str
    currency: str
    position: int
    active: bool
    stages: tuple[Stage, ...]

    @property
    def in_use(self) -> tuple[Stage, ...]:
        """The stages that are offered: those on the way first, then the ends."""
        offered = [stage for stage in self.stages if stage.active]
        return tuple(sorted(offered, key=lambda stage: (stage.ending is not None, stage.position)))

    @property
    def first(self) -> Stage | None:
        """Where a new record begins."""
        return next((stage for stage in self.in_use if stage.ending is None), None)

    def end(self, ending: Ending) -> Stage | None:
        """The stage in use that ends so."""
        return next((stage for stage in self.in_use if stage.ending is ending), None)

    def stage(self, stage_id: int) -> Stage:
        """The stage, retired or not. Raises NotFound for another pipeline's."""
        found = next((stage for stage in self.stages if stage.id == stage_id), None)
        if found is None:
            raise NotFound(stage_id=stage_id)
        return found


async def list_pipelines(
    connection: AsyncConnection, kind: RecordKind | None = None, *, active: bool | None = True
) -> list[Pipeline]:
    """The pipelines of a kind of record in their order; `active=None` includes the retired."""
    query = select(pipelines).order_by(pipelines.c.position, pipelines.c.id)
    if kind is not None:
        query = query.where(pipelines.c.record_kind == kind.value)
    if active is not None:
        query = query.where(pipelines.c.active == active)
    rows = (await connection.execute(query)).mappings().all()
    known = await _stages(connection)
    return [
        Pipeline(
            **{**row, "record_kind": RecordKind(row["record_kind"])}, stages=tuple(known[row["id"]])
        )
        for row in rows
    ]


async def get_pipeline(connection: AsyncConnection, pipeline_id: int) -> Pipeline:
    """One pipeline, retired or not. Raises NotFound."""
    wanted = existing_id(pipeline_id)
    for pipeline in await list_pipelines(connection, active=None):
        if pipeline.id == wanted:
            return pipeline
    raise NotFound(pipeline_id=pipeline_id)


async def pipeline_of(connection: AsyncConnection, kind: RecordKind, stage_id: int) -> Pipeline:
    """The pipeline of this kind that has the stage. Raises NotFound."""
    for pipeline in await list_pipelines(connection, kind, active=None):
        if any(stage.id == stage_id for stage in pipeline.stages):
            return pipeline
    raise NotFound(stage_id=stage_id)


async def _stages(connection: AsyncConnection) -> dict[int, list[Stage]]:
    actions: dict[int, list[StageAction]] = defaultdict(list)
    query = select(stage_actions).order_by(stage_actions.c.position, stage_actions.c.id)
    for row in (await connection.execute(query)).mappings():
        actions[row["stage_id"]].append(StageAction(**row))
    found: dict[int, list[Stage]] = defaultdict(list)
    query = select(stages).order_by(stages.c.position, stages.c.id)
    for row in (await connection.execute(query)).mappings():
        ending = Ending(row["ending"]) if row["ending"] else None
        stage = Stage(**{**row, "ending": ending}, actions=tuple(actions[row["id"]]))
        found[stage.pipeline_id].append(stage)
    return found
