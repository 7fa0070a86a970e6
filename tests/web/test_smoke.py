"""`make smoke` says in one line what it saw, or what never came."""

import asyncio

import pytest

from web import smoke


async def test_it_goes_from_start_to_a_promised_step() -> None:
    async with asyncio.timeout(90):  # twice its own patience: the machine may be busy with tests
        laps = await smoke.smoke()
    parts = [lap.rsplit(" ", 2)[0] for lap in laps]
    assert parts == [
        "office made",
        "started",
        "logged in",
        "pop",
        "talked",
        "call logged",
        "task",
    ]


def test_a_product_that_does_not_start_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(smoke, "PEREZVON", "raise SystemExit('no such luck')")
    monkeypatch.setattr(smoke, "PATIENCE_SECONDS", 60.0)
    assert smoke.main() == 1
    assert "never saw a start: no such luck" in capsys.readouterr().err


def test_a_product_that_says_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def for_ever() -> list[str]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(smoke, "smoke", for_ever)
    monkeypatch.setattr(smoke, "PATIENCE_SECONDS", 0.05)
    assert smoke.main() == 1
    assert "not done within" in capsys.readouterr().err
