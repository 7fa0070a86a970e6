"""Administration of the two short lists that operators choose from: pause reasons, dispositions."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from crm_core.agents.desks import Desks
from crm_core.agents.directory import (
    Disposition,
    PauseReason,
    list_dispositions,
    list_pause_reasons,
)
from crm_core.errors import CrmError, NotFound
from web.codes import code_of
from web.forms import GENERAL_FIELD, Form, read_form
from web.ordering import reordered
from web.visits import go, page, person, services

Word = Disposition | PauseReason


@dataclass(frozen=True, slots=True)
class WordlistPages:
    """The pages of one list, at `here`, drawn by `templates`/index.html and edit.html.

    A word has a title and `ticks`, yes-or-no fields; its code is made of the title, or `otherwise`.
    """

    here: str
    templates: str
    otherwise: str
    list_words: Callable[..., Awaitable[Sequence[Word]]]
    commands: Callable[[Desks], Any]
    told: Mapping[str, str]
    ticks: tuple[str, ...] = ()

    async def index(self, request: web.Request) -> web.Response:
        """The list in its order, the retired last, and a form for one more."""
        return await self._index(request, Form.of())

    async def create(self, request: web.Request) -> web.Response:
        """One more, at the end; without a code it gets one made of its title."""
        form, known = await read_form(request), await self._all(request)
        taken = {each.code for each in known}
        values = self._values(form)
        try:
            await self._commands(request).create(
                person(request),
                code=form.value("code").strip()
                or code_of(values["title"], taken, otherwise=self.otherwise),
                position=max((each.position for each in known), default=0) + 1,
                **values,
            )
        except CrmError as refused:
            form.refused_by(refused)
            return await self._index(request, form, status=422)
        return go(self.here, told=self.told["created"])

    async def edit(self, request: web.Request) -> web.Response:
        """The form of one."""
        one = await self._one(request)
        ticks = {tick: 1 if getattr(one, tick) else None for tick in self.ticks}
        return self._edit(request, one, Form.of(title=one.title, **ticks))

    async def save(self, request: web.Request) -> web.Response:
        """Another title, other ticks."""
        one, form = await self._one(request), await read_form(request)
        try:
            await self._commands(request).edit(person(request), one.id, **self._values(form))
        except CrmError as refused:
            form.refused_by(refused)
            return self._edit(request, one, form, status=422)
        return go(self.here, told=self.told["saved"])

    async def move(self, request: web.Request) -> web.Response:
        """One place up or down among those in use."""
        one, form = await self._one(request), await read_form(request)
        listed = [each for each in await self._all(request) if each.active]
        for position, moved in reordered(listed, one.id, form.value("to")):
            await self._commands(request).edit(person(request), moved.id, position=position)
        return go(self.here)

    async def retire(self, request: web.Request) -> web.Response:
        """Offer it no longer; the calls and reports of the past keep it."""
        one = await self._one(request)
        try:
            await self._commands(request).retire(person(request), one.id)
        except CrmError as refused:
            form = Form.of()
            form.refuse(GENERAL_FIELD, refused.code, **refused.values)
            return await self._index(request, form, status=409)
        return go(self.here, told=self.told["retired"])

    async def restore(self, request: web.Request) -> web.Response:
        """Offer it again."""
        one = await self._one(request)
        await self._commands(request).restore(person(request), one.id)
        return go(self.here, told=self.told["restored"])

    def _commands(self, request: web.Request) -> Any:
        return self.commands(services(request).desks)

    def _values(self, form: Form) -> dict[str, Any]:
        return {"title": form.value("title"), **{tick: form.ticked(tick) for tick in self.ticks}}

    async def _all(self, request: web.Request) -> Sequence[Word]:
        async with services(request).storage.read() as connection:
            return await self.list_words(connection, active=None)

    async def _one(self, request: web.Request) -> Word:
        wanted = int(request.match_info["word_id"])
        found = next((each for each in await self._all(request) if each.id == wanted), None)
        if found is None:
            raise NotFound(word_id=wanted)
        return found

    async def _index(self, request: web.Request, form: Form, *, status: int = 200) -> web.Response:
        known = await self._all(request)
        return page(
            request,
            f"{self.templates}/index.html",
            status=status,
            form=form,
            listed=[each for each in known if each.active],
            retired=[each for each in known if not each.active],
        )

    def _edit(
        self, request: web.Request, one: Word, form: Form, *, status: int = 200
    ) -> web.Response:
        return page(request, f"{self.templates}/edit.html", status=status, one=one, form=form)


dispositions = WordlistPages(
    here="/admin/dispositions",
    templates="dispositions",
    otherwise="disposition",
    list_words=list_dispositions,
    commands=lambda desks: desks.dispositions,
    told={
        "created": "disposition_created",
        "saved": "disposition_saved",
        "retired": "disposition_retired",
        "restored": "disposition_restored",
    },
    ticks=("needs_next_step",),
)
pause_reasons = WordlistPages(
    here="/admin/pause-reasons",
    templates="pause_reasons",
    otherwise="pause",
    list_words=list_pause_reasons,
    commands=lambda desks: desks.pause_reasons,
    told={
        "created": "pause_reason_created",
        "saved": "pause_reason_saved",
        "retired": "pause_reason_retired",
        "restored": "pause_reason_restored",
    },
)
