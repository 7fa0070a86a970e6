"""A session opens for its token alone, slides while used, and is over when it is said to be."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm_core.agents.sessions import IDLE, LONGEST, Sessions, SessionsClosed, session_id
from crm_core.agents.tables import sessions as table
from crm_core.clock import ManualClock
from crm_core.storage.engine import Storage
from tests.cast import Cast

MINUTE, HOUR = 60, 3600


@pytest.fixture
def sessions(storage: Storage, clock: ManualClock) -> Sessions:
    return Sessions(storage, clock)


async def seen(storage: Storage) -> list[object]:
    async with storage.read() as connection:
        return list((await connection.execute(select(table.c.seen_at))).scalars())


async def test_a_token_finds_its_agent_and_no_other_token_does(
    sessions: Sessions, cast: Cast
) -> None:
    anna, boris = await sessions.open(cast.anna.id), await sessions.open(cast.boris.id)
    assert await sessions.find(anna) == cast.anna
    assert await sessions.find(boris) == cast.boris
    for forged in ("", anna[:-1], anna + "=", session_id(anna), "\0", "\ud800"):
        assert await sessions.find(forged) is None


async def test_tokens_are_long_random_and_not_kept(
    sessions: Sessions, storage: Storage, cast: Cast
) -> None:
    tokens = {await sessions.open(cast.anna.id) for _ in range(20)}
    assert len(tokens) == 20
    assert min(map(len, tokens)) >= 43  # 256 bits in base64
    async with storage.read() as connection:
        stored = repr((await connection.execute(select(table))).all())
    assert not any(token in stored for token in tokens)


async def test_use_prolongs_a_session_and_idleness_ends_it(
    sessions: Sessions, clock: ManualClock, cast: Cast
) -> None:
    token = await sessions.open(cast.anna.id)
    for _ in range(4):
        await clock.advance(IDLE.total_seconds() - MINUTE)
        assert await sessions.find(token) == cast.anna
    await clock.advance(IDLE.total_seconds() + 1)
    assert await sessions.find(token) is None


async def test_no_use_keeps_a_session_for_ever(
    sessions: Sessions, clock: ManualClock, cast: Cast
) -> None:
    token = await sessions.open(cast.anna.id)
    for _ in range(int(LONGEST / timedelta(hours=6)) - 1):
        await clock.advance(6 * HOUR)
        assert await sessions.find(token) == cast.anna
    await clock.advance(6 * HOUR)
    assert await sessions.find(token) is None


async def test_a_session_in_constant_use_is_written_once_a_minute(
    sessions: Sessions, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    token = await sessions.open(cast.anna.id)
    opened = clock.now()
    await clock.advance(59)
    await sessions.find(token)
    assert await seen(storage) == [opened]
    await clock.advance(1)
    await sessions.find(token)
    assert await seen(storage) == [clock.now()]


async def test_a_closed_session_is_over_and_told(
    sessions: Sessions, storage: Storage, cast: Cast
) -> None:
    token, other = await sessions.open(cast.anna.id), await sessions.open(cast.anna.id)
    told: list[object] = []
    storage.on_commit = told.extend
    await sessions.close(token)
    await sessions.close(token)
    assert await sessions.find(token) is None
    assert await sessions.find(other) == cast.anna
    assert told == [SessionsClosed(cast.anna.id, (session_id(token),))]


async def test_all_sessions_of_one_agent_close_and_nobody_else_s(
    sessions: Sessions, storage: Storage, cast: Cast
) -> None:
    mine = [await sessions.open(cast.anna.id) for _ in range(3)]
    theirs = await sessions.open(cast.boris.id)
    told: list[object] = []
    storage.on_commit = told.extend
    await sessions.close_all(cast.anna.id, but=mine[0])
    assert [await sessions.find(token) is not None for token in mine] == [True, False, False]
    assert await sessions.find(theirs) == cast.boris
    (fact,) = told
    assert isinstance(fact, SessionsClosed)
    assert sorted(fact.session_ids) == sorted(map(session_id, mine[1:]))


async def test_expired_rows_are_swept_away_at_the_next_login(
    sessions: Sessions, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    for _ in range(3):
        await sessions.open(cast.anna.id)
    await clock.advance(IDLE.total_seconds() + 1)
    await sessions.open(cast.boris.id)
    assert len(await seen(storage)) == 1


async def test_a_hostile_user_agent_is_kept_as_a_short_plain_line(
    sessions: Sessions, storage: Storage, cast: Cast
) -> None:
    await sessions.open(cast.anna.id, "Mozilla\r\n\0\x1b[31m<b>" + "x" * 10_000)
    async with storage.read() as connection:
        kept = (await connection.execute(select(table.c.user_agent))).scalar_one()
    assert kept.startswith("Mozilla[31m<b>x")
    assert len(kept) == 300
