"""What the screens read of the memory: one short read each, by the queries of crm_core."""

from typing import Any

from crm_core.calls.resuming import RememberedCall, find_call, list_owed_wrap_ups
from crm_core.clients.dossier import Dossier, Known, Person
from crm_core.clients.dossier_queries import list_notes, read_story
from crm_core.clients.lookup import Candidate, LookupKind, find_by_number
from crm_core.storage.engine import Storage
from crm_core.tasks.audience import Audience, find_audience
from crm_core.wrap_up.queries import find_wrap_up
from screenpop.cards import WrapUp
from screenpop.live import LiveCall, Seating
from screenpop.presenter import OpenWrapUp
from telephony.events import Direction
from telephony.numbers import readable

CANDIDATES_SHOWN = 9
"""As many as there are digit keys to choose by."""


class ScreenRecords:
    """Reads for the presenter; see `screenpop.presenter.Records`."""

    def __init__(self, storage: Storage, country: str, seating: Seating) -> None:
        self._storage = storage
        self._country = country
        self._seating = seating

    async def dossier(self, call: LiveCall) -> Dossier:
        """All that is known of the outside party of `call`."""
        async with self._storage.read() as connection:
            if call.direction == Direction.INTERNAL:
                return await self._internal(connection, call)
            written = call.outside_number
            story = await read_story(connection, call.call_id, written, self._country)
        candidates = self._people(story.lookup.candidates)
        client = _meant(story.client, candidates, story.lookup.client_id)
        return Dossier(
            known=_known(story.lookup.kind, client),
            readable=readable(story.number, self._country) or written,
            number=story.number,
            client=client,
            candidates=candidates,
            near=self._people(story.lookup.near),
            past_calls=story.past_calls,
            agreement=story.agreement,
            tasks=story.tasks,
            notes=story.notes,
        )

    async def call(self, call_id: str) -> LiveCall | None:
        """The call as the log keeps it; None when it is not there."""
        async with self._storage.read() as connection:
            row = await find_call(connection, call_id)
        return _live(row) if row else None

    async def wrap_up_rule(self, call_id: str, agent_id: int) -> WrapUp:
        """The rules of the queue that the call came through, and this form's own deadline."""
        async with self._storage.read() as connection:
            return await _rule(connection, call_id, agent_id)

    async def open_wrap_ups(self) -> tuple[OpenWrapUp, ...]:
        """Every form that is still owed, by anybody."""
        async with self._storage.read() as connection:
            owed = [
                (each, await _rule(connection, each.call.call_id, each.agent_id))
                for each in await list_owed_wrap_ups(connection)
            ]
        return tuple(
            OpenWrapUp(_live(each.call), each.agent_id, each.started_at, rule)
            for each, rule in owed
        )

    async def audience(self, task_id: int) -> Audience:
        async with self._storage.read() as connection:
            return await find_audience(connection, task_id)

    async def _internal(self, connection: Any, call: LiveCall) -> Dossier:
        colleagues = []
        for number in (call.caller, call.dialled):
            lookup = await find_by_number(connection, number, self._country)
            if lookup.colleague and lookup.colleague.agent_name:
                colleagues.append((number, lookup.colleague.agent_name))
        return Dossier(
            Known.INTERNAL,
            call.outside_number,
            number=call.outside_number,
            notes=await list_notes(connection, call.call_id),
            colleagues=tuple(colleagues),
        )

    def _people(self, candidates: tuple[Candidate, ...]) -> tuple[Person, ...]:
        return tuple(
            Person(
                client_id=each.client_id,
                name=each.name,
                kind=each.kind,
                contact_name=each.contact_name,
                organisation=each.organisation,
                owner_name=self._seating.name_of(each.owner_agent_id or 0),
                reason=each.reason_code,
                last_call_at=each.last_call_at,
            )
            for each in candidates[:CANDIDATES_SHOWN]
        )


def _known(kind: LookupKind, client: Person | None) -> Known:
    if client is not None:
        return Known.ONE
    return Known.NONE if kind == LookupKind.INTERNAL else Known(kind.value)


def _meant(
    linked: Person | None, candidates: tuple[Person, ...], likely: int | None
) -> Person | None:
    """The client the call is linked to, with what the number tells of him; else the likely one."""
    wanted = linked.client_id if linked else likely
    same = (person for person in candidates if person.client_id == wanted)
    return next(same, linked)


def _live(row: RememberedCall) -> LiveCall:
    return LiveCall(
        call_id=row.call_id,
        direction=Direction(row.direction),
        caller=row.caller,
        caller_name=row.caller_name,
        dialled=row.dialled,
        queue=row.queue,
        started_at=row.started_at,
        ended=row.ended,
    )


async def _rule(connection: Any, call_id: str, agent_id: int) -> WrapUp:
    owed = await find_wrap_up(connection, call_id, agent_id)
    if owed is None:
        return WrapUp()
    return WrapUp(owed.deadline_at, owed.skippable, owed.next_step_required)
