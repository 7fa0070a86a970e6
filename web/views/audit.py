"""The audit trail: who changed what, from what to what."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from crm_core.agents.people import list_agents
from crm_core.agents.rights import Action
from crm_core.audit import AuditEntry, list_audit
from crm_core.audited import about_unlogged_calls, name_subjects
from crm_core.catalogues import entry_titles
from crm_core.custom_fields.reading import PREFIX
from crm_core.editing.edits import PART
from dialer.campaigns.queries import AUDITED
from web.forms import Form, read_query
from web.own_fields import OwnHistory
from web.visits import page, person, services, visit
from web.words import WORDS

PAGE: Final = 50
PLACES: Final = {
    "agent": "/admin/people/",
    "extension": "/admin/extensions/",
    "endpoint": "/admin/check#endpoint-",
    "queue": "/admin/queues/",
    "disposition": "/admin/dispositions/",
    "pause_reason": "/admin/pause-reasons/",
    "client": "/clients/",
    "lead": "/leads/",
    "deal": "/deals/",
    "task": "/tasks/",
    "pipeline": "/admin/pipelines/",
    "product": "/admin/products/",
    "custom_field": "/admin/fields/",
    "call": "/calls/",
    "reconciliation": "/reconciliation/",
    "handover": "/handovers/",
    "campaign": "/campaigns/",
    "law_profile": "/law/",
    "do_not_call_list": "/do-not-call/lists/",
    "consent_wording": "/consents/wordings#wording-",
}
_OF_AGENTS: Final = frozenset({"agent_id", "owner_agent_id", "assignee_agent_id"})
_OF_ENTRIES: Final = frozenset(
    {
        *("relation_id", "category_id", "industry_id", "role_id"),
        *("source_id", "marketing_campaign_id", "loss_reason_id"),
    }
)
_OF_MOMENTS: Final = frozenset({"due_at"})
_HIDDEN: Final = frozenset(
    {"filter", "done_by", "ending", "done_call_id", "escalated_at", "done_at", "row", PART}
)
# What a move or a conversion keeps so that it can be taken back.
_TO_TAKE_BACK: Final = frozenset(
    {
        *("stage_id", "stage_since", "step_id", "move_id", "touched_at", "closed_at"),
        *("client_id", "deal_id", "party_id", "from_id", "deal_tasks", "made_client", "merged"),
        "merge_id",
        "erased",
        *("pipeline_id", "deleted_at", "order", "contact_id", "legal_entity_id"),
    }
)
_BY_WORD: Final = {
    "language": "language",
    "kind": "client_kind",
    "role": "role",
    "theme": "theme",
    "endpoint_role": "leg_role",
    "record_kind": "record_kind",
    "colour": "tag_colour",
    **{action.value: "scope" for action in Action},
}
_LONGEST: Final = 120
Titles = Mapping[int, str]
"""What the entries of all catalogues are called, by id."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field: what it was and what it is; `before` None where only the value is known.

    `kind` tells how to show the values: text, moment, yes_no, role, or a list of `web/words.py`.
    """

    field: str
    before: Any
    after: Any
    kind: str = "text"
    is_change: bool = False
    title: str = ""  # of an own field: the office's word for it


async def index(request: web.Request) -> web.Response:
    """Newest first; of one subject or one person, where asked."""
    form = read_query(request)
    subject = form.value("subject") if form.value("subject") in WORDS["audit_subject"] else None
    agent_id = form.record_id("agent")
    before_id = Form.of(before=form.value("before")).record_id("before")
    async with services(request).storage.read() as connection:
        entries = await list_audit(
            connection,
            subject=subject,
            agent_id=agent_id,
            before_id=before_id,
            limit=PAGE + 1,
        )
        everybody = await list_agents(connection, active=None)
        subject_names = await name_subjects(connection, entries, AUDITED)
        gone = await about_unlogged_calls(connection, entries)
        titles = await entry_titles(connection)
        own = await OwnHistory.read(connection, person(request).role, visit(request).reader)
    names = {agent.id: agent.name for agent in everybody}
    shown = entries[:PAGE]
    return page(
        request,
        "audit/index.html",
        form=form,
        entries=[(entry, changes_of(entry, names, titles, own)) for entry in shown],
        older=shown[-1].id if len(entries) > PAGE else None,
        is_first=before_id is None,
        subjects=list(WORDS["audit_subject"]),
        people=[(agent.id, agent.name) for agent in everybody],
        places=PLACES,
        subject_names=subject_names,
        gone=gone,
    )


def changes_of(
    entry: AuditEntry, names: Mapping[int, str], titles: Titles, own: OwnHistory
) -> list[Change]:
    """The details as fields: ids of people by their names, those of catalogues by their titles,
    own fields by theirs unless they are hidden from the reader, long texts cut."""
    return [
        _own_change(field, value, own)
        if field.startswith(PREFIX)
        else _change(field, value, names, titles)
        for field, value in entry.details.items()
        if field not in _HIDDEN | _TO_TAKE_BACK
        and "." not in field
        and value not in ("", None, [], [None, None])
        and (not field.startswith(PREFIX) or own.knows(field))
    ]


def is_all_hidden(entry: AuditEntry, own: OwnHistory) -> bool:
    """Whether an entry tells of nothing but own fields that are hidden from the reader."""
    told = [field for field in entry.details if field.startswith(PREFIX)]
    return bool(told) and not any(own.knows(field) for field in told)


def _own_change(field: str, value: Any, own: OwnHistory) -> Change:
    before, after = (_cut(own.said(field, each)) for each in value)
    return Change(field, before, after, is_change=True, title=own.title(field))


def _cut(text: str) -> str:
    return f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text


def _change(field: str, value: Any, names: Mapping[int, str], titles: Titles) -> Change:
    if field == "loosened":
        return Change(field, None, value, "law_fields")

    def shown(each: Any) -> Any:
        if field in _OF_AGENTS and isinstance(each, int):
            return names.get(each, str(each))
        if field in _OF_ENTRIES and isinstance(each, int):
            return titles.get(each, str(each))
        if field in _OF_MOMENTS and isinstance(each, str):
            return _moment(each)
        if field == "team" and isinstance(each, list):
            return _cut(", ".join(names.get(one, str(one)) for one in each))
        if isinstance(each, dict | list):
            return _cut(json.dumps(each, ensure_ascii=False))
        return _cut(each) if isinstance(each, str) else each

    kind = "moment" if field in _OF_MOMENTS else _BY_WORD.get(field, "text")
    if isinstance(value, list) and len(value) == 2:
        value = _differing(*value)
        before, after = (shown(each) for each in value)
        kind = "yes_no" if isinstance(after, bool) else kind
        return Change(field, before, after, kind, is_change=True)
    kind = "yes_no" if isinstance(value, bool) else kind
    return Change(field, None, shown(value), kind)


def _differing(before: Any, after: Any) -> tuple[Any, Any]:
    """Of two tables of settings only what is not the same in both."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return before, after
    same = {key for key in before if key in after and before[key] == after[key]}
    kept = [{key: each[key] for key in each if key not in same} for each in (before, after)]
    return kept[0], kept[1]


def _moment(written: str) -> datetime | str:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return written
