"""The two short lists that agents choose from: why they pause, and what a call was."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import func, select

from crm_core.agents.arranging import Arranging, only_known
from crm_core.agents.people import Agent
from crm_core.agents.tables import pause_reasons
from crm_core.calls.tables import dispositions
from crm_core.errors import Conflict, Invalid
from crm_core.storage.engine import Write
from crm_core.wording import line, whole

WRAP_UP_REASON = "wrap-up"  # what a seat is paused with after a call: not for people to choose
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class PauseReasons(Arranging):
    """Commands on pause reasons. Invalid: code_bad, code_taken, code_reserved, required."""

    table = pause_reasons
    kind = "pause_reasons"
    subject = "pause_reason"
    unique: Mapping[str, str] = {"code": "code_taken"}

    async def create(self, actor: Agent | None, *, code: str, title: str, position: int = 0) -> int:
        """A new reason's id; `code` goes to Asterisk and reports and never changes."""
        values = _checked({"title": title, "position": position}, _COMMON)
        code = _code(code)
        if code == WRAP_UP_REASON:
            raise Invalid("code", "code_reserved", value=code)
        return await self._create(actor, {"code": code, **values, "active": True})

    async def edit(self, actor: Agent | None, reason_id: int, **fields: Any) -> None:
        """Change title or position."""
        await self._change(actor, reason_id, _checked(fields, _COMMON))


class Dispositions(Arranging):
    """Commands on dispositions. Invalid: code_bad, code_taken, required; Conflict:
    last_disposition (a wrap-up could not be finished without any)."""

    table = dispositions
    kind = "dispositions"
    subject = "disposition"
    unique: Mapping[str, str] = {"code": "code_taken"}

    async def create(
        self,
        actor: Agent | None,
        *,
        code: str,
        title: str,
        position: int = 0,
        needs_next_step: bool = False,
    ) -> int:
        """A new disposition's id; `code` goes to reports and never changes."""
        given = {"title": title, "position": position, "needs_next_step": needs_next_step}
        values = _checked(given, _OF_DISPOSITIONS)
        return await self._create(actor, {"code": _code(code), **values, "active": True})

    async def edit(self, actor: Agent | None, disposition_id: int, **fields: Any) -> None:
        """Change title, position or needs_next_step."""
        await self._change(actor, disposition_id, _checked(fields, _OF_DISPOSITIONS))

    async def _check(self, tx: Write, before: Mapping[str, Any], values: dict[str, Any]) -> None:
        if not before or values.get("active", True):
            return
        others = select(func.count()).where(
            dispositions.c.active, dispositions.c.id != before["id"]
        )
        if not (await tx.execute(others)).scalar_one():
            raise Conflict("last_disposition", title=before["title"])


def _code(code: str) -> str:
    code = code.strip()
    if not _CODE.fullmatch(code):
        raise Invalid("code", "code_bad", value=code)
    return code


_Checks = Mapping[str, Callable[[Any], Any]]
_COMMON: _Checks = {
    "title": lambda title: line("title", title, limit=200),
    "position": lambda position: whole("position", position, least=0, most=10_000),
}
_OF_DISPOSITIONS: _Checks = {**_COMMON, "needs_next_step": bool}


def _checked(fields: Mapping[str, Any], checks: _Checks) -> dict[str, Any]:
    only_known(fields, checks)
    return {field: checks[field](value) for field, value in fields.items()}
