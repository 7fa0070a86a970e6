"""Administration of pipelines: their stages in order, what each expects, how each ends."""

from typing import Any

from aiohttp import web

from crm_core.agents.rights import RecordKind
from crm_core.deals.arrangement import PipelinePlan, StagePlan
from crm_core.deals.pipelines import Ending, Pipeline, Stage, get_pipeline, list_pipelines
from crm_core.errors import CrmError, NotFound
from web.first_pipelines import currency_of, stages_said
from web.forms import GENERAL_FIELD, Form, read_form
from web.visits import go, page, person, services, visit

HERE = "/admin/pipelines"


async def index(request: web.Request) -> web.Response:
    """Both kinds, the retired last, and a form for one more."""
    return await _index(request, _blank(request))


async def create(request: web.Request) -> web.Response:
    """One more, with the usual stages to begin from; on to its page."""
    form = await read_form(request)
    kind = form.value("kind")
    if kind not in (RecordKind.DEAL, RecordKind.LEAD):
        form.refuse("kind", "not_a_choice")
        return await _index(request, form, status=422)
    stages = stages_said(RecordKind(kind), visit(request).reader)
    plan = PipelinePlan(form.value("title"), form.value("currency"), stages)
    try:
        made = await services(request).sales.pipelines.create(
            person(request), RecordKind(kind), plan
        )
    except CrmError as refused:
        form.refused_by(refused)
        return await _index(request, form, status=422)
    return go(f"{HERE}/{made}", told="pipeline_created")


async def show(request: web.Request) -> web.Response:
    """One pipeline: its stages, and what each expects."""
    return await _show(request, {})


async def save(request: web.Request) -> web.Response:
    """Another title or currency."""
    form = await read_form(request)
    try:
        await services(request).sales.pipelines.edit(
            person(request),
            _id(request),
            title=form.value("title"),
            currency=form.value("currency"),
        )
    except CrmError as refused:
        form.refused_by(refused)
        return await _show(request, {"pipeline": form}, status=422)
    return go(f"{HERE}/{_id(request)}", told="pipeline_saved")


async def move(request: web.Request) -> web.Response:
    """One place up or down among those of its kind that are in use."""
    form = await read_form(request)
    async with services(request).storage.read() as connection:
        one = await get_pipeline(connection, _id(request))
        listed = await list_pipelines(connection, one.record_kind)
    ids = _in_order([each.id for each in listed], one.id, form.value("to"))
    await services(request).sales.pipelines.arrange(person(request), 0, ids)
    return go(HERE)


async def retire(request: web.Request) -> web.Response:
    """Offer it no longer."""
    await read_form(request)
    try:
        await services(request).sales.pipelines.retire(person(request), _id(request))
    except CrmError as refused:
        form = _blank(request)
        form.refuse(GENERAL_FIELD, refused.code, **refused.values)
        return await _index(request, form, status=409)
    return go(HERE, told="pipeline_retired")


async def restore(request: web.Request) -> web.Response:
    """Offer it again."""
    await read_form(request)
    await services(request).sales.pipelines.restore(person(request), _id(request))
    return go(HERE, told="pipeline_restored")


async def add_stage(request: web.Request) -> web.Response:
    """One more stage, at the end of its kind."""
    form = await read_form(request)
    ending = Ending(form.value("ending")) if form.value("ending") in set(Ending) else None
    values = _stage_values(form)
    if form.ok:
        try:
            await services(request).sales.stages.create(
                person(request), _id(request), StagePlan(ending=ending, **values)
            )
        except CrmError as refused:
            form.refused_by(refused)
    if not form.ok:
        return await _show(request, {"stage": form}, status=422)
    return go(f"{HERE}/{_id(request)}", told="stage_created")


async def save_stage(request: web.Request) -> web.Response:
    """Another title, probability, patience."""
    form, stage = await read_form(request), await _stage(request)
    values = _stage_values(form)
    if form.ok:
        try:
            await services(request).sales.stages.edit(person(request), stage.id, **values)
        except CrmError as refused:
            form.refused_by(refused)
    if not form.ok:
        return await _show(request, {f"stage-{stage.id}": form}, status=422)
    return go(f"{HERE}/{_id(request)}#stage-{stage.id}", told="stage_saved")


async def arrange(request: web.Request) -> web.Response:
    """All stages in the order of `ids`, for scripts; or one of them `to` "up" or "down"."""
    form = await read_form(request)
    async with services(request).storage.read() as connection:
        pipeline = await get_pipeline(connection, _id(request))
    if form.value("ids"):
        written = form.value("ids").split(",")
        ids = [int(each) for each in written if each.isascii() and each.isdecimal()][:100]
        await services(request).sales.stages.arrange(person(request), pipeline.id, ids)
        return web.json_response({})
    moved = form.record_id("stage", required=True) or 0
    listed = [each.id for each in pipeline.in_use]
    order = _in_order(listed, moved, form.value("to"))
    await services(request).sales.stages.arrange(person(request), pipeline.id, order)
    return go(f"{HERE}/{pipeline.id}#stage-{moved}")


async def retire_stage(request: web.Request) -> web.Response:
    """Offer it no longer; what stands there stays until it is moved on."""
    await read_form(request)
    stage = await _stage(request)
    try:
        await services(request).sales.stages.retire(person(request), stage.id)
    except CrmError as refused:
        form = Form.of()
        form.refuse(GENERAL_FIELD, refused.code, **refused.values)
        return await _show(request, {"refused": form}, status=409)
    return go(f"{HERE}/{_id(request)}", told="stage_retired_now")


async def restore_stage(request: web.Request) -> web.Response:
    """Offer it again."""
    await read_form(request)
    stage = await _stage(request)
    await services(request).sales.stages.restore(person(request), stage.id)
    return go(f"{HERE}/{_id(request)}", told="stage_restored")


async def add_action(request: web.Request) -> web.Response:
    """One more thing to do in a stage."""
    form, stage = await read_form(request), await _stage(request)
    try:
        await services(request).sales.actions.create(
            person(request), stage.id, form.value("action_title")
        )
    except CrmError as refused:
        form.refuse("action_title", refused.code, **refused.values)
        return await _show(request, {f"action-{stage.id}": form}, status=422)
    return go(f"{HERE}/{_id(request)}#stage-{stage.id}", told="stage_saved")


async def change_action(request: web.Request) -> web.Response:
    """Called otherwise, or done with (`retire`)."""
    form, stage = await read_form(request), await _stage(request)
    action_id = int(request.match_info["action_id"])
    if action_id not in {action.id for action in stage.actions}:
        raise NotFound(action_id=action_id)
    commands = services(request).sales.actions
    if form.ticked("retire"):
        await commands.retire(person(request), action_id)
    else:
        await commands.edit(person(request), action_id, title=form.value("action_title"))
    return go(f"{HERE}/{_id(request)}#stage-{stage.id}", told="stage_saved")


def _stage_values(form: Form) -> dict[str, Any]:
    patience = form.number("patience_days", least=0, most=3650, default=0)
    return {
        "title": form.value("title"),
        "probability": form.number("probability", least=0, most=100, default=0),
        "patience_days": patience or None,
    }


def _in_order(listed: list[int], moved: int, to: str) -> list[int]:
    """`listed` after `moved` went one place up or down."""
    order = list(listed)
    if moved in order and to in ("up", "down"):
        at = order.index(moved)
        other = at - 1 if to == "up" else at + 1
        if 0 <= other < len(order):
            order[at], order[other] = order[other], order[at]
    return order


def _blank(request: web.Request) -> Form:
    return Form.of(kind="deal", currency=currency_of(services(request).settings.exchange.country))


async def _stage(request: web.Request) -> Stage:
    async with services(request).storage.read() as connection:
        pipeline = await get_pipeline(connection, _id(request))
    return pipeline.stage(int(request.match_info["stage_id"]))


async def _index(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    async with services(request).storage.read() as connection:
        known = await list_pipelines(connection, active=None)
    return page(
        request,
        "pipelines/index.html",
        status=status,
        form=form,
        kinds=[
            (kind, [each for each in known if each.record_kind is kind])
            for kind in (RecordKind.LEAD, RecordKind.DEAL)
        ],
    )


async def _show(request: web.Request, forms: dict[str, Form], *, status: int = 200) -> web.Response:
    """The page with those `forms` that were refused: "pipeline", "stage", "stage-7", "action-7"."""
    async with services(request).storage.read() as connection:
        pipeline: Pipeline = await get_pipeline(connection, _id(request))
    return page(
        request,
        "pipelines/show.html",
        status=status,
        pipeline=pipeline,
        forms=forms,
        retired=[stage for stage in pipeline.stages if not stage.active],
        pipeline_form=forms.get("pipeline")
        or Form.of(title=pipeline.title, currency=pipeline.currency),
        blank=Form.of(probability=0),
        form_of=lambda stage: (
            forms.get(f"stage-{stage.id}")
            or Form.of(
                title=stage.title,
                probability=stage.probability,
                patience_days=stage.patience_days,
            )
        ),
    )


def _id(request: web.Request) -> int:
    return int(request.match_info["pipeline_id"])
