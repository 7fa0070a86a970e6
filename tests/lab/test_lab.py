"""The laboratory proves itself: the exchange is up, phones ring, queues offer, streams are kept."""

import asyncio
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.lab.ami_link import AmiLink
from tests.lab.asterisk import LabAsterisk
from tests.lab.capture import load_scenes, play
from tests.lab.phones import answering_phone, callers, refusing_phone
from tests.lab.processes import wait_until
from tests.lab.sip_phone import Refused
from tests.lab.stage import Stage
from tests.streams.truth import names

pytestmark = pytest.mark.lab


def test_asterisk_is_up_and_listens_on_the_loopback_alone(exchange: LabAsterisk) -> None:
    assert "Asterisk 2" in exchange.cli("core show version")
    assert f"127.0.0.1:{exchange.sip_port}" in exchange.cli("pjsip show transports")


async def test_a_phone_rings_answers_and_hears(lab_stage: Stage) -> None:
    client = lab_stage.from_city("101", name="Иван")
    ring = await lab_stage.phones["101"].incoming()
    await ring.answer()
    await client.answered()
    async with asyncio.timeout(5):
        await ring.media.hears.wait()
        await client.media.hears.wait()
    await client.hang_up()
    await ring.over()


async def test_a_refusal_reaches_the_caller(lab_stage: Stage) -> None:
    client = lab_stage.from_city("101")
    (await lab_stage.phones["101"].incoming()).refuse(486)
    with pytest.raises(Refused, match="486"):
        await client.answered()


async def test_a_queue_offers_its_call_to_every_member(lab_stage: Stage) -> None:
    await lab_stage.seat("sales", "101", "102")
    client = lab_stage.from_city("201")
    for number in ("101", "102"):
        ring = await lab_stage.phones[number].incoming()
        assert ring.caller == "79161234567"
    await client.hang_up()


async def test_the_exchange_keeps_cel_and_cdr_of_a_call(lab_stage: Stage) -> None:
    client = lab_stage.from_city("102", caller="79160009988")
    (await lab_stage.phones["102"].incoming()).refuse(486)
    await client.refused()
    log = lab_stage.exchange.home / "log"
    csv = log / "cdr-csv/Master.csv"
    # the plain file first: who reads the database too early keeps the exchange from writing it
    await asyncio.to_thread(
        wait_until, lambda: csv.exists() and "79160009988" in csv.read_text(), "CDR is written"
    )
    for table, column in (("cel", "cid_num"), ("cdr", "src")):
        await asyncio.to_thread(
            wait_until, partial(_has, log / "master.db", table, column), f"{table} is written"
        )


def _has(database: Path, table: str, column: str) -> bool:
    query = f"SELECT count(*) FROM {table} WHERE {column} = '79160009988'"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        try:
            return int(connection.execute(query).fetchone()[0]) > 0
        except sqlite3.OperationalError:
            return False


async def test_an_account_without_rights_may_do_nothing(exchange: LabAsterisk) -> None:
    async with AmiLink(exchange.ami_port, exchange.ami_secret, user="powerless") as link:
        assert (await link.act("CoreShowChannels"))["response"] == "Error"


async def test_a_wrong_secret_is_refused(exchange: LabAsterisk) -> None:
    with pytest.raises(RuntimeError, match="Authentication failed"):
        await AmiLink(exchange.ami_port, "wrong").__aenter__()


async def test_a_scene_gives_its_stream_and_its_truth(lab_stage: Stage) -> None:
    stream = await play(lab_stage, load_scenes()["inbound_answered"])
    assert stream.startswith(b"Asterisk Call Manager/")
    assert b"Event: Hangup\r\n" in stream
    assert lab_stage.exchange.ami_secret.encode() not in stream
    assert [call["outcome"] for call in lab_stage.truth] == ["answered"]


def test_every_scene_has_been_captured() -> None:
    assert set(load_scenes()) == set(names())


async def test_sipp_callers_are_answered_by_a_sipp_phone(lab_stage: Stage) -> None:
    exchange = lab_stage.exchange
    await lab_stage.seat("sales", "105")
    people = [("79161112233", "Иван"), ("79162223344", 'ООО "Ромашка"')]
    with answering_phone(exchange, "105", ring_ms=200):
        with callers(exchange, "201", people, talk_ms=1200, calls=2, a_second=0.5) as crowd:
            ended = await asyncio.to_thread(crowd.wait)
            assert ended == 0, crowd.complaints()
    assert lab_stage.ami.events, "the helping link sees the calls"
    heard = [e["calleridnum"] for e in lab_stage.ami.events if e["event"] == "AgentConnect"]
    assert heard == ["79161112233", "79162223344"]


async def test_a_sipp_phone_refuses_and_a_sipp_caller_gives_up(lab_stage: Stage) -> None:
    exchange = lab_stage.exchange
    with refusing_phone(exchange, "105", status=486):
        client = lab_stage.from_city("105")
        assert await client.refused() == 486
    with callers(exchange, "101", [("79161112233", "")], calls=1, gives_up_after_ms=400) as crowd:
        ring = await lab_stage.phones["101"].incoming()
        await ring.over()
        ended = await asyncio.to_thread(crowd.wait)
        assert ended == 0, crowd.complaints()
