"""Which numbers of the running service Prometheus gets, and the counting of requests."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sized
from typing import TYPE_CHECKING, Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from web.metrics import Metrics, Reading

if TYPE_CHECKING:
    from crm_core.clock import Clock
    from web.wiring import Services

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
GONE: Final = 499  # nobody waits for the answer any more; nginx's word for it
METHODS: Final = frozenset({"GET", "HEAD", "POST"})  # whoever invents others makes no new series


def measure(built: "Services", live: Callable[[], Sized]) -> None:
    """Have everything counted and read; call it once, when all is built. `live` gives the calls
    that go on."""
    metrics = built.metrics
    built.intake.on_recorded = metrics.commit_lag.observe
    built.storage.on_written = metrics.write.observe
    metrics.read(
        *_of_exchange(built),
        Reading("perezvon_calls_live", "Calls going on.", lambda: len(live())),
        *_of_work(built),
        *_of_screens(built),
        *_of_service(built),
    )


def _of_exchange(built: "Services") -> tuple[Reading, ...]:
    ami = built.ami
    return (
        Reading("perezvon_exchange_up", "1 while the exchange is heard.", lambda: ami.connected),
        Reading(
            "perezvon_exchange_lag_seconds",
            "How late the last event of the exchange was; its clock against ours.",
            lambda: ami.lag_seconds,
        ),
        Reading("perezvon_exchange_messages", "AMI messages taken.", lambda: ami.heard, grows=True),
        Reading(
            "perezvon_exchange_links", "How often the link came up.", lambda: ami.links, grows=True
        ),
        Reading(
            "perezvon_exchange_link_ends",
            "How often the link, or the try to make one, ended.",
            lambda: {str(reason): n for reason, n in ami.ends.items()},
            "reason",
            grows=True,
        ),
    )


def _of_work(built: "Services") -> tuple[Reading, ...]:
    return (
        Reading("perezvon_waiting", "What waits to be handled.", lambda: _waiting(built), "at"),
        Reading(
            "perezvon_journal_stuck",
            "1 while the call log waits for the database.",
            lambda: built.intake.health.trouble is not None,
        ),
        Reading(
            "perezvon_catch_ups",
            "How often the exchange's own log was read for what we had missed.",
            lambda: built.catch_up.readings,
            grows=True,
        ),
        Reading(
            "perezvon_caught_up_calls",
            "Calls added or completed from it.",
            lambda: built.catch_up.brought_in,
            grows=True,
        ),
    )


def _waiting(built: "Services") -> Mapping[str, float]:
    listeners = {f"listener {name}": depth for name, depth in built.bus.depths().items()}
    own = {"link": built.ami.backlog, "journal": built.intake.health.waiting}
    return {**own, **listeners}


def _of_screens(built: "Services") -> tuple[Reading, ...]:
    hub = built.screens.hub
    return (
        Reading("perezvon_sockets", "Sockets connected.", lambda: len(hub)),
        Reading(
            "perezvon_outbox_waiting_most",
            "Messages that wait for the slowest browser.",
            lambda: hub.deepest,
        ),
        Reading(
            "perezvon_outbox_drops",
            "How often a browser lost its updates and took a snapshot instead.",
            lambda: hub.overflows,
            grows=True,
        ),
        Reading(
            "perezvon_outbox_merged",
            "Messages replaced by a newer one before they were sent.",
            lambda: hub.merged,
            grows=True,
        ),
    )


def _of_service(built: "Services") -> tuple[Reading, ...]:
    vigil = built.vigil
    return (
        Reading(
            "perezvon_part_failures",
            "How often a part had to be started again.",
            lambda: vigil.failures,
            "part",
            grows=True,
        ),
        Reading(
            "perezvon_clock_jumps", "Jumps of the wall clock.", lambda: vigil.jumps, grows=True
        ),
        Reading(
            "perezvon_loop_stalls",
            "How often the service stood still for a second or more.",
            lambda: vigil.stalls,
            grows=True,
        ),
    )


def counting(metrics: Metrics, clock: "Clock") -> Middleware:
    """The outermost middleware: every answer by method, route and status."""

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = clock.monotonic()
        status = 500
        try:
            response = await handler(request)
            status = response.status
            return response
        except web.HTTPException as error:
            status = error.status
            raise
        except asyncio.CancelledError:
            status = GONE
            raise
        finally:
            route, method = _route(request), request.method
            metrics.answers.labels(
                method if method in METHODS else "other", route, str(status)
            ).inc()
            if status != 101:  # a socket lasts as long as its page
                metrics.answer_seconds.labels(route).observe(clock.monotonic() - began)

    return count


def _route(request: web.Request) -> str:
    """The address as the map of routes has it, without anybody's id in it."""
    resource = request.match_info.route.resource
    return "other" if resource is None else resource.canonical
