"""Play scenes on a real Asterisk and keep their streams: `python -m tests.lab.capture [name ...]`.

Each scene gives `tests/streams/NAME.ami` (the bytes as they came) and `NAME.json` (the truth).
"""

import asyncio
import importlib
import io
import json
import pkgutil
import sys
import time
from pathlib import Path

from telephony.recorder import Recorder
from tests.lab import scenes
from tests.lab.ami_link import AmiLink
from tests.lab.asterisk import LabAsterisk, asterisk
from tests.lab.scenes import PHONES, SCENES, Entry
from tests.lab.stage import Stage, stage

STREAMS = Path(__file__).parents[1] / "streams"
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


async def _capture(exchange: LabAsterisk, names: list[str]) -> int:
    failed = 0
    async with stage(exchange) as scene_stage:
        for name in names:
            began = time.monotonic()
            try:
                stream = await play(scene_stage, SCENES[name])
                _keep(name, stream, scene_stage)
                size = f"{len(stream) / 1024:.0f} KB"
            except Exception as error:  # one scene that fails must not cost the others
                failed += 1
                size = f"FAILED: {error!r}"
                exchange.cli("channel request hangup all")
                await asyncio.sleep(0.5)
            await scene_stage.clear()
            print(f"{name:44} {time.monotonic() - began:5.1f} s  {size}", flush=True)
    return failed


def _keep(name: str, stream: bytes, stage: Stage) -> None:
    STREAMS.mkdir(exist_ok=True)
    entry = SCENES[name]
    truth = {
        "about": entry.about,
        **({"phones": entry.phones} if entry.phones != PHONES else {}),
        "tolerance_seconds": TOLERANCE_SECONDS,
        "calls": stage.truth,
    }
    (STREAMS / f"{name}.ami").write_bytes(stream)
    text = json.dumps(truth, ensure_ascii=False, indent=1)
    (STREAMS / f"{name}.json").write_text(text + "\n")


def main(wanted: list[str]) -> int:
    """Capture the scenes whose names begin with one of `wanted` (none: all)."""
    names = [name for name in load_scenes() if not wanted or name.startswith(tuple(wanted))]
    if not names:
        print("no such scene; there are:", *load_scenes(), sep="\n  ")
        return 2
    with asterisk() as exchange:
        return 1 if asyncio.run(_capture(exchange, names)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
