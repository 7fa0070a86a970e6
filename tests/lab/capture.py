"""Play scenes on a real Asterisk and keep their streams: `python -m tests.lab.capture [name ...]`.

Each scene gives `tests/streams/NAME.ami` (the bytes as they came) and `NAME.json` (the truth).
With `--logs` first it gives `tests/streams/logged/NAME.json` instead: what Asterisk's own CEL and
CDR say of the scene, its truth, and the calls as they were told from the events of the same run.
"""

import asyncio
import importlib
import io
import json
import pkgutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from telephony.recorder import Recorder
from telephony.replay import as_json, read_stream, replay
from tests.lab import scenes
from tests.lab.ami_link import AmiLink
from tests.lab.asterisk import LabAsterisk, asterisk
from tests.lab.logs import ExchangeLogs
from tests.lab.scenes import PHONES, SCENES, Entry
from tests.lab.stage import Stage, stage

STREAMS = Path(__file__).parents[1] / "streams"
LOGGED = STREAMS / "logged"
_LIMIT_SECONDS = 60
TOLERANCE_SECONDS = 0.5


def load_scenes() -> dict[str, Entry]:
    """Import every module of scenes; all scenes by name."""
    for module in pkgutil.iter_modules(scenes.__path__):
        importlib.import_module(f"{scenes.__name__}.{module.name}")
    return SCENES


async def play(stage: Stage, entry: Entry) -> bytes:
    """Play one scene with a recording AMI connection beside it; the stream."""
    stream = io.BytesIO()
    recorder = Recorder(stream, secrets=[stage.exchange.ami_secret])
    late: list[AmiLink] = []

    async def join() -> None:
        link = AmiLink(stage.exchange.ami_port, stage.exchange.ami_secret, raw=recorder.write)
        late.append(await link.__aenter__())

    async def leave() -> None:
        await late.pop().close()

    async def listing() -> None:
        await ask_for_everything(late[-1])

    stage.join, stage.leave, stage.listing = join, leave, listing
    try:
        if not entry.joins_late:
            await join()
        async with asyncio.timeout(_LIMIT_SECONDS):
            await entry.play(stage)
            await stage.quiet()
        await asyncio.sleep(0.2)
    finally:
        for link in late:
            await link.__aexit__(None, None, None)
    return stream.getvalue()


async def ask_for_everything(link: AmiLink) -> None:
    """The lists of living channels, bridges and queues, as a product asks when it connects."""
    await _list(link, "CoreShowChannels", "CoreShowChannelsComplete")
    variables = "CDR(start,u),CDR(answer,u),BRIDGEPEER"
    await _list(link, "Status", "StatusComplete", Variables=variables)
    since = len(link.events)
    await _list(link, "BridgeList", "BridgeListComplete")
    for event in link.events[since:]:
        if event["event"] == "BridgeListItem":
            unique = event["bridgeuniqueid"]
            await _list(link, "BridgeInfo", "BridgeInfoComplete", BridgeUniqueid=unique)
    await _list(link, "QueueStatus", "QueueStatusComplete")


async def _list(link: AmiLink, action: str, end: str, **headers: str) -> None:
    since = len(link.events)
    await link.do(action, **headers)
    await link.until(lambda event: event["event"] == end, since=since)


async def _capture(exchange: LabAsterisk, names: list[str], *, logs: bool) -> int:
    failed = 0
    written = ExchangeLogs(exchange.home / "log/master.db")
    async with stage(exchange) as scene_stage:
        for name in names:
            began = time.monotonic()
            try:
                stream = await play(scene_stage, SCENES[name])
                if logs:
                    rows = await asyncio.to_thread(written.taken)
                    _keep_logs(name, rows, stream, scene_stage)
                else:
                    _keep(name, stream, scene_stage)
                size = f"{len(stream) / 1024:.0f} KB"
            except Exception as error:  # one scene that fails must not cost the others
                failed += 1
                size = f"FAILED: {error!r}"
                exchange.cli("channel request hangup all")
                await asyncio.sleep(0.5)
                await asyncio.to_thread(written.taken)
            await scene_stage.clear()
            print(f"{name:44} {time.monotonic() - began:5.1f} s  {size}", flush=True)
    return failed


def _keep(name: str, stream: bytes, stage: Stage) -> None:
    STREAMS.mkdir(exist_ok=True)
    (STREAMS / f"{name}.ami").write_bytes(stream)
    text = json.dumps(_truth(name, stage), ensure_ascii=False, indent=1)
    (STREAMS / f"{name}.json").write_text(text + "\n")


def _keep_logs(name: str, rows: dict[str, Any], stream: bytes, stage: Stage) -> None:
    LOGGED.mkdir(parents=True, exist_ok=True)
    truth = _truth(name, stage)
    watched = replay(read_stream(stream), truth.get("phones", PHONES))
    lines = {
        **{key: json.dumps(value, ensure_ascii=False) for key, value in truth.items()},
        "watched": _lines(as_json(record).decode() for record in watched),
    }
    for table, found in rows.items():
        told = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in found["rows"])
        lines[f"{table}_columns"] = json.dumps(found["columns"])
        lines[table] = _lines(told)
    text = ",\n".join(f"{json.dumps(key)}: {value}" for key, value in lines.items())
    (LOGGED / f"{name}.json").write_text(f"{{\n{text}\n}}\n")


def _lines(told: Iterable[str]) -> str:
    return "[\n" + ",\n".join(told) + "\n]"


def _truth(name: str, stage: Stage) -> dict[str, Any]:
    entry = SCENES[name]
    return {
        "about": entry.about,
        **({"phones": entry.phones} if entry.phones != PHONES else {}),
        "tolerance_seconds": TOLERANCE_SECONDS,
        "calls": stage.truth,
    }


def main(wanted: list[str]) -> int:
    """Capture the scenes whose names begin with one of `wanted` (none: all)."""
    logs = "--logs" in wanted
    wanted = [name for name in wanted if name != "--logs"]
    names = [name for name in load_scenes() if not wanted or name.startswith(tuple(wanted))]
    if not names:
        print("no such scene; there are:", *load_scenes(), sep="\n  ")
        return 2
    with asterisk() as exchange:
        return 1 if asyncio.run(_capture(exchange, names, logs=logs)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
