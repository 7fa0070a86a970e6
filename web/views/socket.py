"""The socket of the live screens: a snapshot first, then updates; see docs/socket.md.

One writer task for each connection takes from its outbox; nobody ever waits for a browser.
"""

import asyncio

import structlog
from aiohttp import WSMsgType, web

from crm_core.agents.roles import Role
from crm_core.agents.sessions import session_id
from screenpop.hub import EVERYONE, FLOOR, workplace_of
from screenpop.messages import Snapshot
from screenpop.outbox import Closing, Delivery, Outbox
from web.boards_live import BOARD_TOPICS
from web.frames import Format
from web.i18n import Reader
from web.lists_live import LIST_TOPICS
from web.screens import DAY_TOPIC, Screens
from web.turnstile import TURN
from web.visits import person, services, visit
from web.watching import Watching

log = structlog.get_logger(__name__)

FRESH = "fresh"
"""What a page says when it may be behind: show me all of it again. It also says what it watches."""
MOST_BYTES = 4096  # of anything a page may say
SESSION_CHECK_SECONDS = 60.0
WATCH_FLOOR = frozenset({Role.SUPERVISOR, Role.HEAD_OF_SALES, Role.ADMINISTRATOR})


async def show(request: web.Request) -> web.WebSocketResponse:
    """Serve one tab until it goes, its session ends, or it takes nothing for too long."""
    agent, secret = person(request), visit(request).secret
    screens = services(request).screens
    socket = web.WebSocketResponse(
        heartbeat=screens.settings.beat_seconds, compress=False, max_msg_size=MOST_BYTES
    )
    await socket.prepare(request)
    outbox = Outbox(agent.id, session_id(secret), screens.settings.outbox_limit)
    watches_floor = agent.role in WATCH_FLOOR and "floor" in request.query.get("topics", "")
    topics = [EVERYONE, workplace_of(agent.id), *([FLOOR] if watches_floor else [])]
    if DAY_TOPIC in request.query.get("topics", ""):
        topics.append(DAY_TOPIC)
    asked = request.query.get("topics", "").split(",")
    topics += [topic for topic in (*BOARD_TOPICS, *LIST_TOPICS) if topic in asked]
    screens.hub.join(outbox, topics)
    watching = Watching(request, screens, outbox)
    writer = asyncio.create_task(_write(request, socket, outbox, watches_floor, watching))
    watcher = asyncio.create_task(_watch_session(request, outbox))
    try:
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            if message.data == FRESH:
                outbox.renew()
            else:
                await watching.take(message.data)
    finally:
        watching.close()
        screens.hub.leave(outbox)
        for task in (writer, watcher):
            task.cancel()
        await asyncio.gather(writer, watcher, return_exceptions=True)
    return socket


async def _write(
    request: web.Request,
    socket: web.WebSocketResponse,
    outbox: Outbox,
    watches_floor: bool,
    watching: Watching,
) -> None:
    screens, reader = services(request).screens, visit(request).reader
    form = Format.JSON if request.query.get("format") == "json" else Format.HTML
    while True:
        delivery = await outbox.take()
        try:
            async with asyncio.timeout(screens.settings.stall_seconds):
                frames = _frames(
                    screens, outbox.agent_id, delivery, reader, form, watches_floor, watching
                )
                request[TURN].over()
                for frame in frames:
                    await socket.send_frame(frame, WSMsgType.TEXT)
                if delivery.heard_at is not None:
                    late = services(request).clock.now() - delivery.heard_at
                    services(request).metrics.screen_lag.observe(max(0.0, late.total_seconds()))
                if delivery.closing is not None:
                    reason = delivery.closing.name.lower().encode()
                    await socket.close(code=delivery.closing, message=reason)
                    return
        except TimeoutError:
            log.warning("socket_stalled", agent_id=outbox.agent_id, waiting=outbox.depth)
            _drop(request)
            return
        except ConnectionError:
            return


def _frames(
    screens: Screens,
    agent_id: int,
    delivery: Delivery,
    reader: Reader,
    form: Format,
    watches_floor: bool,
    watching: Watching,
) -> list[bytes]:
    """What one delivery is on the wire. The snapshot is taken here, at the moment of sending."""
    frames = []
    if delivery.stale:
        whole = screens.presenter.snapshot(agent_id)
        if watches_floor:
            floor = screens.floor.snapshot()
            whole = Snapshot(whole.areas + floor.areas, whole.elements + floor.elements)
        whole = Snapshot(whole.areas, whole.elements + watching.elements())
        frames.append(screens.frames.snapshot(whole, reader, form))
    if delivery.messages:
        frames.append(screens.frames.updates(delivery.messages, reader, form))
    return frames


async def _watch_session(request: web.Request, outbox: Outbox) -> None:
    """A session that ran out by itself ends its sockets too; an open workplace prolongs it."""
    built, secret = services(request), visit(request).secret
    while True:
        await built.clock.sleep(SESSION_CHECK_SECONDS)
        try:
            found = await built.sessions.find(secret)
        except Exception as error:  # a database in trouble: who it was is asked again next time
            log.warning("session_not_checked", agent_id=outbox.agent_id, error=str(error))
            continue
        if found is None:
            outbox.close(Closing.SESSION_OVER)
            return


def _drop(request: web.Request) -> None:
    """Cut the connection without the closing handshake: nobody reads it."""
    transport = request.transport
    if transport is not None:
        transport.abort()
