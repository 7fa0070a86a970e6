"""`perezvon run` in a process of its own, as an office has it.

The processes are forked from one that has imported the product already: three seconds of imports
each time would make twenty restarts a minute's wait.
"""

import asyncio
import multiprocessing
import os
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import insert

from crm_core.agents.tables import agent_states
from crm_core.clock import SystemClock
from crm_core.storage.engine import Storage
from tests.journeys.office import until
from tests.lab.asterisk import LabAsterisk
from tests.lab.asterisk import asterisk as start_asterisk
from tests.lab.needs import had

_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload(["web.cli.serving", "web.wiring", "uvloop", __name__])


@contextmanager
def own_exchange() -> Iterator[LabAsterisk]:
    """An Asterisk of the test's own, with no phone signed in; the test is skipped (fails under CI)
    where there is none."""
    with had(start_asterisk()) as found:
        yield found


async def seat(storage: Storage, agent_id: int, extension_id: int) -> None:
    """The agent sat down, ready, before the service began."""
    row = {"agent_id": agent_id, "extension_id": extension_id, "state": "ready"}
    async with storage.write() as tx:
        await tx.execute(insert(agent_states).values(**row, since=SystemClock().now()))


@dataclass
class Service:
    """The running process."""

    process: Any

    def is_alive(self) -> bool:
        return bool(self.process.is_alive())

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    async def wait(self, patience_seconds: float = 20) -> int:
        """Its exit code; TimeoutError, and it is killed, when it does not end."""
        await asyncio.to_thread(self.process.join, patience_seconds)
        if self.is_alive():
            self.process.kill()
            raise TimeoutError(f"the service did not end within {patience_seconds} s")
        return int(self.process.exitcode)


def service_environment(exchange: LabAsterisk, database: str, port: int) -> dict[str, str]:
    """The settings of an office beside the lab's exchange, which reads the exchange's own log."""
    return {
        "PEREZVON_EXCHANGE_PORT": str(exchange.ami_port),
        "PEREZVON_EXCHANGE_SECRET": exchange.ami_secret,
        "PEREZVON_EXCHANGE_CEL": f"csv://{exchange.home / 'log/cel-custom/Master.csv'}",
        "PEREZVON_DATABASE_URL": database,
        "PEREZVON_HTTP_PORT": str(port),
    }


@asynccontextmanager
async def perezvon_run(
    exchange: LabAsterisk,
    database: str,
    port: int,
    log: Path,
    *,
    become: Callable[[], None] | None = None,
    hears: bool = True,
    **settings: str,
) -> AsyncIterator[Service]:
    """The service, answering and (unless not `hears`) hearing the exchange. `settings` are further
    variables of its environment, `become` is called in its process before it begins; what it prints
    is in `log`."""
    told = {**service_environment(exchange, database, port), **settings}
    process = _FORKED.Process(target=_run, args=(told, str(log), become), daemon=True)
    process.start()
    service = Service(process)
    try:
        await until(lambda: _answers(service, port, log, hears), "it answers", patience_seconds=40)
        yield service
    finally:
        if service.is_alive():
            service.send_signal(signal.SIGTERM)
            await service.wait()
        process.close()


def command(folder: Path, *words: str, **settings: str) -> tuple[int, str]:
    """Exit code and words of `perezvon …`, run in `folder` to its end; for another thread."""
    log = folder / f"{words[0]}-{secrets.token_hex(4)}.log"
    told = {"PEREZVON_LANGUAGE": "en", **settings}
    process = _FORKED.Process(target=_run, args=(told, str(log), None, words), daemon=True)
    process.start()
    process.join(60)
    if process.is_alive():
        process.kill()
        raise TimeoutError(f"perezvon {' '.join(words)} did not end")
    return int(process.exitcode or 0), log.read_text("utf-8", "replace")


def _run(
    environment: dict[str, str],
    log: str,
    become: Callable[[], None] | None,
    words: Sequence[str] = ("run",),
) -> None:
    """In the child: become `perezvon run`, or another command."""
    os.environ.update(environment)
    os.chdir(Path(log).parent)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    if become is not None:
        become()
    from web.cli import main

    main(list(words))


async def _answers(service: Service, port: int, log: Path, hears: bool) -> bool:
    """Whether it is there and hears the exchange, if it has to."""
    assert service.is_alive(), f"it ended: see {log}"
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}/healthz") as answer,
        ):
            told = await answer.json()
            heard: bool = told["parts"]["exchange"]["code"] == "connected"
            return (answer.status == 200 and heard) or not hears
    except aiohttp.ClientError:
        return False
