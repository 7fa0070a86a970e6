"""The flight recorder's files: bounded, private, readable whatever happened to whoever wrote."""

import gzip
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from telephony.flight import recorder as flight
from telephony.flight.reading import read_blocks
from telephony.flight.recorder import FlightHealth, FlightRecorder
from telephony.flight.segments import Segment, gaps, list_segments, superfluous
from telephony.flight.settings import FlightSettings
from tests.lab.needs import Missing, skip_or_fail

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = "sesame-sesame"
GREETING = b"Asterisk Call Manager/11.0.0\r\n"


def event(number: int, filler: str = "") -> bytes:
    at = NOON.timestamp() + number
    text = f"Event: Hangup\r\nTimestamp: {at:.6f}\r\nUniqueid: {number}.0\r\nNote: {filler}\r\n\r\n"
    return text.encode()


class Clock:
    """Stands still while a test tells the recorder to flush; sleeps so many `rounds`."""

    class Over(Exception):
        pass

    def __init__(self) -> None:
        self.moment = NOON
        self.rounds = 0

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        if self.rounds == 0:
            raise Clock.Over
        self.rounds -= 1
        self.moment += timedelta(seconds=seconds)


def made(
    folder: Path, clock: Clock, *, hours: int = 24, megabytes: int = 200, reserve: int = 0
) -> FlightRecorder:
    return FlightRecorder(
        FlightSettings(hours, megabytes),
        folder,
        secrets=[SECRET],
        now=clock.now,
        sleep=clock.sleep,
        reserve_bytes=reserve,
    )


async def seconds(recorder: FlightRecorder, clock: Clock, count: int) -> None:
    """So many rounds of `run`."""
    clock.rounds = count
    with suppress(Clock.Over):
        await recorder.run()


def kept(folder: Path) -> list[bytes]:
    return list(read_blocks(list_segments(folder)))


def numbers(folder: Path) -> list[int]:
    found = (re.search(rb"Uniqueid: (\d+)", block) for block in kept(folder))
    return [int(each[1]) for each in found if each]


async def test_what_was_said_is_kept_as_an_ordinary_recording(tmp_path: Path) -> None:
    clock = Clock()
    recorder = made(tmp_path / "flight", clock)
    recorder.take(GREETING + event(1), NOON)
    recorder.take(event(2)[:30], NOON)
    recorder.take(event(2)[30:], NOON)
    await recorder.flush()
    await recorder.close()
    [segment] = list_segments(tmp_path / "flight")
    assert gzip.decompress(segment.path.read_bytes()) == GREETING + event(1) + event(2)
    assert kept(tmp_path / "flight") == [
        GREETING.strip(),
        event(1)[:-4],
        event(2)[:-4],
    ]


async def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        recorder = made(tmp_path / "deep" / "flight", Clock())
        recorder.take(event(1), NOON)
        await recorder.close()
    finally:
        os.umask(before)
    folder = tmp_path / "deep" / "flight"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(modes) == 2
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("cut", [3, 5, 10, 16])
async def test_the_secret_is_never_written_however_the_bytes_were_cut(
    tmp_path: Path, cut: int
) -> None:
    recorder = made(tmp_path, Clock())
    said = event(1, f"Secret={SECRET}")
    recorder.take(said[: len(said) - cut], NOON)
    await recorder.flush()
    recorder.take(said[len(said) - cut :], NOON)
    await recorder.close()
    [block] = kept(tmp_path)
    assert SECRET.encode() not in block
    assert b"Secret=********" in block


async def test_a_segment_that_is_still_written_can_be_read(tmp_path: Path) -> None:
    recorder = made(tmp_path, Clock())
    for number in range(3):
        recorder.take(event(number), NOON + timedelta(seconds=number))
        await recorder.flush()
        assert numbers(tmp_path) == list(range(number + 1))
    [segment] = list_segments(tmp_path)
    assert (segment.started_at, segment.last_at) == (NOON, NOON + timedelta(seconds=2))
    await recorder.close()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
async def test_a_segment_cut_in_its_middle_is_read_up_to_the_cut(
    tmp_path: Path, share: float
) -> None:
    recorder = made(tmp_path, Clock())
    for number in range(300):
        recorder.take(event(number, os.urandom(40).hex()), NOON)
        await recorder.flush()
    await recorder.close()
    [segment] = list_segments(tmp_path)
    whole = segment.path.read_bytes()
    segment.path.write_bytes(whole[: int(len(whole) * share)])
    found = numbers(tmp_path)
    assert found == list(range(len(found)))
    assert len(found) >= 300 * share - 5


async def test_a_segment_full_of_rubbish_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "00000001-20261122T110000Z.ami.gz").write_bytes(b"\x1f\x8b" + os.urandom(500))
    (tmp_path / "00000002-20261199T110000Z.ami.gz").write_bytes(b"no such day")
    (tmp_path / "notes.txt").write_text("somebody's own")
    recorder = made(tmp_path, Clock())
    recorder.take(event(1), NOON)
    await recorder.close()
    assert numbers(tmp_path) == [1]
    assert (tmp_path / "notes.txt").exists()


async def test_a_new_segment_begins_every_ten_minutes_and_when_the_clock_is_put_back(
    tmp_path: Path,
) -> None:
    recorder = made(tmp_path, Clock())
    for number, minutes in enumerate([0, 5, 10, 14, -60]):
        recorder.take(event(number), NOON + timedelta(minutes=minutes))
        await recorder.flush()
    await recorder.close()
    starts = [segment.started_at - NOON for segment in list_segments(tmp_path)]
    assert starts == [timedelta(), timedelta(minutes=10), timedelta(minutes=-60)]
    assert numbers(tmp_path) == [0, 1, 2, 3, 4]


async def test_it_takes_no_more_room_than_it_may(tmp_path: Path) -> None:
    clock = Clock()
    recorder = made(tmp_path, clock, megabytes=1)
    for number in range(40):
        for part in range(10):
            recorder.take(event(number * 10 + part, os.urandom(4000).hex()), NOON)
        await recorder.flush()
    await recorder.close()
    segments = list_segments(tmp_path)
    total = sum(segment.size for segment in segments)
    assert 700_000 < total <= 1_050_000
    assert len(segments) > 3
    assert numbers(tmp_path)[-1] == 399


async def test_what_is_older_than_the_hours_goes_even_while_nothing_is_said(
    tmp_path: Path,
) -> None:
    clock = Clock()
    recorder = made(tmp_path, clock, hours=2)
    for hour in range(4):
        clock.moment = NOON + timedelta(hours=hour)
        recorder.take(event(hour), clock.moment)
        await recorder.flush()
    assert numbers(tmp_path) == [1, 2, 3]
    clock.moment = NOON + timedelta(hours=4, minutes=30)
    await seconds(recorder, clock, flight.CLEAN_FLUSHES)
    assert numbers(tmp_path) == [3]
    await recorder.close()


@pytest.mark.parametrize(("hours", "megabytes"), [(0, 200), (24, 0)])
async def test_switched_off_it_touches_nothing(tmp_path: Path, hours: int, megabytes: int) -> None:
    recorder = made(tmp_path / "flight", Clock(), hours=hours, megabytes=megabytes)
    recorder.take(event(1), NOON)
    await recorder.flush()
    await recorder.close()
    assert recorder.health is FlightHealth.OFF
    assert not (tmp_path / "flight").exists()


async def test_two_recorders_never_write_into_one_folder(tmp_path: Path) -> None:
    one, two = made(tmp_path, Clock()), made(tmp_path, Clock())
    one.take(event(1), NOON)
    await one.flush()
    two.take(event(2), NOON)
    await two.flush()
    assert (one.health, two.health) == (FlightHealth.OK, FlightHealth.FOLDER_TAKEN)
    one.take(event(3), NOON)
    await one.flush()
    assert numbers(tmp_path) == [1, 3]
    await one.close()
    for _ in range(flight.RETRY_FLUSHES):
        two.take(event(4), NOON)
        await two.flush()
    two.take(event(5), NOON)
    await two.flush()
    assert two.health is FlightHealth.OK
    await two.close()
    assert numbers(tmp_path) == [1, 3, 5]
    assert [segment.number for segment in list_segments(tmp_path)] == [1, 2]


async def test_a_folder_that_cannot_be_written_is_said_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "flight").write_text("a file stands in the way")
    recorder = made(tmp_path / "flight", Clock())
    for number in range(3):
        recorder.take(event(number), NOON)
        await recorder.flush()
    assert recorder.health is FlightHealth.UNWRITABLE
    assert caplog.text.count("the flight recorder keeps nothing") == 1
    await recorder.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    done = subprocess.run(mounting, capture_output=True, check=False)
    if done.returncode:
        skip_or_fail(str(Missing(f"a small disk cannot be mounted: {done.stderr.decode()}")))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_a_full_disk_stops_it_and_room_on_the_disk_lets_it_go_on(
    small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    ballast = small_disk / "ballast"
    ballast.write_bytes(os.urandom(900_000))
    recorder = made(small_disk / "flight", Clock())
    for number in range(200):
        recorder.take(event(number, os.urandom(4000).hex()), NOON)
        await recorder.flush()
        if recorder.health is FlightHealth.DISK_FULL:
            break
    before = numbers(small_disk / "flight")
    assert before == list(range(len(before)))
    assert len(before) == number
    ballast.unlink()
    for later in range(1000, 1000 + flight.RETRY_FLUSHES + 2):
        recorder.take(event(later), NOON)
        await recorder.flush()
    assert recorder.health is FlightHealth.OK
    assert numbers(small_disk / "flight")[len(before) :][-2:] == [1015, 1016]
    assert caplog.text.count("the flight recorder keeps nothing") == 1
    assert caplog.text.count("the flight recorder goes on") == 1
    await recorder.close()


async def test_it_leaves_room_on_the_disk_for_others(tmp_path: Path) -> None:
    recorder = made(tmp_path, Clock(), reserve=1 << 60)
    recorder.take(event(1), NOON)
    await recorder.flush()
    assert recorder.health is FlightHealth.DISK_FULL
    assert list_segments(tmp_path) == []
    await recorder.close()


async def test_a_disk_that_hangs_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flight, "MOST_WAITING_BYTES", 10_000)
    recorder = made(tmp_path, Clock())
    for number in range(1000):
        recorder.take(event(number), NOON)
    await recorder.close()
    assert numbers(tmp_path)[-1] == 999
    assert len(numbers(tmp_path)) * len(event(100)) <= 10_000


TALKER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from telephony.flight.recorder import FlightRecorder
from telephony.flight.settings import FlightSettings
from tests.telephony.test_flight_recorder import event

async def main():
    recorder = FlightRecorder(
        FlightSettings(), Path(sys.argv[1]), secrets=[],
        now=lambda: datetime.now(UTC), sleep=lambda seconds: asyncio.sleep(seconds / 10),
    )
    asyncio.ensure_future(recorder.run())
    for number in range(1_000_000):
        recorder.take(event(number), datetime.now(UTC))
        print(number, flush=True)
        await asyncio.sleep(0.002)

asyncio.run(main())
"""


def test_killed_it_loses_no_more_than_the_last_second(tmp_path: Path) -> None:
    """The talker's seconds are a tenth of ours: a flush each 100 ms."""
    with subprocess.Popen(
        [sys.executable, "-c", TALKER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as talker:
        assert talker.stdout is not None
        said = [int(line) for line, _ in zip(talker.stdout, range(400), strict=False)]
        talker.kill()
    found = numbers(tmp_path)
    assert found == list(range(len(found)))
    in_a_second = 0.1 / 0.002
    assert len(found) >= said[-1] - 2 * in_a_second


def segment(number: int, start: float, end: float, size: int = 100) -> Segment:
    """Minutes after noon."""
    return Segment(
        Path(f"{number}"),
        number,
        NOON + timedelta(minutes=start),
        NOON + timedelta(minutes=end),
        size,
    )


def test_the_oldest_are_removed_first() -> None:
    three = [segment(1, 0, 10), segment(2, 10, 20), segment(3, 20, 30)]
    old = superfluous(three, before=NOON + timedelta(minutes=5), most_bytes=250)
    assert [one.number for one in old] == [1]
    old = superfluous(three, before=NOON + timedelta(minutes=15), most_bytes=100)
    assert [one.number for one in old] == [1, 2]


@pytest.mark.parametrize(
    ("since", "until", "missing"),
    [
        (1, 9, []),
        (1, 19, [(10, 15)]),
        (-5, 9, [(-5, 0)]),
        (18, 25, [(20, 25)]),
        (-10, -5, [(-10, -5)]),
        (30, 40, [(30, 40)]),
        (-0.02, 10.02, []),
        (-0.5, 10.5, [(-0.5, 0), (10, 10.5)]),
        (20.5, 21, [(20.5, 21)]),
        (40, 40.01, [(40, 40.01)]),
    ],
)
def test_the_stretches_of_which_nothing_was_kept(
    since: float, until: float, missing: list[tuple[float, float]]
) -> None:
    def at(minutes: float) -> datetime:
        return NOON + timedelta(minutes=minutes)

    three = [segment(1, 0, 9.5), segment(2, 10, 10), segment(3, 15, 20)]
    found = gaps(three, at(since), at(until), timedelta(minutes=1))
    assert found == [(at(one), at(two)) for one, two in missing]
