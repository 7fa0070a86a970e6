"""What each part of the product is asked, and from where on its light changes."""

import asyncio
import shutil
from pathlib import Path
from typing import Final

from crm_core.bus import Bus
from crm_core.catchup.catching_up import CatchUp
from crm_core.clock import Clock
from crm_core.intake import Intake
from crm_core.storage.engine import Storage
from crm_core.storage.sole import SoleService
from screenpop.hub import Hub
from telephony.ami import AmiClient
from telephony.ear import Deafness
from web.exchange import ExchangeStatus
from web.health import Finding, green, red, yellow
from web.vigil import Vigil

SLOW_ANSWER_SECONDS: Final = 1.0  # a page needs several answers
LATE_SECONDS: Final = 5.0  # the card would come when the phone has stopped ringing
BACKLOG: Final = 5_000  # messages; at ten times as many the link is made anew
BEHIND: Final = 1_000  # facts: seconds of a busy exchange
MEGABYTE: Final = 1_000_000
LOW_MEGABYTES, LOW_SHARE = 1_000, 0.10  # yellow below the smaller of the two
FULL_MEGABYTES, FULL_SHARE = 100, 0.02  # red


async def of_database(storage: Storage, clock: Clock) -> Finding:
    """Whether it answers, and how fast."""
    before = clock.monotonic()
    try:
        await storage.answers()
    except TimeoutError:
        raise
    except Exception:
        return red("database_away")
    took = clock.monotonic() - before
    return yellow("database_slow", seconds=took) if took > SLOW_ANSWER_SECONDS else green()


async def of_exchange(exchange: ExchangeStatus, ami: AmiClient) -> Finding:
    """Whether the exchange is heard, and in time."""
    if exchange.is_down:
        return red("exchange_away", reason=exchange.reason, since=exchange.since)
    if not exchange.connected:
        return yellow("connecting")
    if ami.deafness is Deafness.CALLS_UNTOLD:
        return red(ami.deafness, since=exchange.since)
    if ami.deafness is Deafness.NOTHING_TOLD:
        return yellow(ami.deafness, since=exchange.since)
    if ami.backlog > BACKLOG:
        return yellow("link_backlog", waiting=ami.backlog)
    if ami.lag_seconds > LATE_SECONDS:
        return yellow("link_lags", seconds=ami.lag_seconds)
    if ami.lag_seconds < -LATE_SECONDS:
        return yellow("link_ahead", seconds=-ami.lag_seconds)
    return green("connected", since=exchange.since, version=exchange.version)


async def of_journal(intake: Intake) -> Finding:
    """Whether facts are written down as they come."""
    now = intake.health
    if now.trouble:
        return red("journal_waits", since=now.trouble_since, waiting=now.waiting)
    return yellow("journal_behind", waiting=now.waiting) if now.waiting > BEHIND else green()


async def of_catch_up(catch_up: CatchUp, *, simulated: bool) -> Finding:
    """Whether what happened without us can be read from the exchange's own log."""
    last = catch_up.last
    if not catch_up.has_logs:
        return green("made_up_log") if simulated else yellow("no_log")
    if last is None or last.reached is None:
        return green("nothing_missed")
    if last.trouble is not None:
        return yellow("log_unread", since=last.since, until=last.until)
    return green("caught_up", since=last.since, until=last.until, calls=last.calls)


async def of_listeners(bus: Bus) -> Finding:
    """Whether everybody who hears of calls keeps up; the slowest is named."""
    depths = bus.depths()
    slowest = max(depths, key=lambda name: depths[name], default="")
    if depths.get(slowest, 0) > BEHIND:
        return yellow("listener_behind", part=slowest, waiting=depths[slowest])
    return green()


async def of_screens(hub: Hub, vigil: Vigil) -> Finding:
    """Whether the browsers keep up."""
    drops = vigil.drops_of_late
    return yellow("screens_slow", drops=drops) if drops else green("screens_open", open=len(hub))


async def of_disk(folder: Path) -> Finding:
    """How much room the disk under `folder` has; a share counts where the disk is small."""
    disk = await asyncio.to_thread(shutil.disk_usage, folder)
    free = disk.free // MEGABYTE
    if disk.free < min(FULL_MEGABYTES * MEGABYTE, disk.total * FULL_SHARE):
        return red("disk_full", free=free)
    if disk.free < min(LOW_MEGABYTES * MEGABYTE, disk.total * LOW_SHARE):
        return yellow("disk_low", free=free)
    return green("disk_room", free=free)


async def of_clock(vigil: Vigil) -> Finding:
    """Whether the machine's time can be believed; a jump is told for an hour."""
    jump = vigil.jump_of_late
    if jump is not None:
        return yellow("clock_jumped", seconds=jump.seconds, at=jump.at)
    return green("clock_steady")


async def of_service(vigil: Vigil, sole: SoleService) -> Finding:
    """Whether all parts run without having to be started again; five minutes are remembered."""
    if sole.lost_since is not None:
        return yellow("place_lost", since=sole.lost_since)
    failure = vigil.failure_of_late
    if failure is not None:
        return yellow("part_failed", part=failure.part, at=failure.at, times=failure.times)
    stall = vigil.stall_of_late
    if stall is not None:
        return yellow("loop_stalled", seconds=stall.seconds, at=stall.at)
    return green("serving", since=vigil.began_at)
