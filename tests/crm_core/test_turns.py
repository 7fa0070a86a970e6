"""One writer at a time, and the journal before the others."""

import asyncio

from crm_core.storage.turns import Turns


class Line:
    """Notes who had a turn, in which order."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.had: list[str] = []

    async def go(self, name: str, *, urgent: bool = False) -> None:
        async with self.turns.turn(urgent=urgent):
            self.had.append(name)
            await asyncio.sleep(0)

    def come(self, name: str, *, urgent: bool = False) -> "asyncio.Task[None]":
        return asyncio.ensure_future(self.go(name, urgent=urgent))


async def test_who_is_urgent_goes_before_all_who_wait() -> None:
    line = Line()
    async with line.turns.turn():
        waiting = [line.come("first"), line.come("second"), line.come("journal", urgent=True)]
        await asyncio.sleep(0)
        assert line.had == []
    await asyncio.gather(*waiting)
    assert line.had == ["journal", "first", "second"]


async def test_the_others_get_their_turn_between_two_urgent_ones() -> None:
    line = Line()

    async def journal() -> None:
        for batch in range(3):
            await line.go(f"batch {batch}", urgent=True)

    async with line.turns.turn():
        waiting = [line.come("agent"), asyncio.ensure_future(journal())]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert line.had[:2] == ["batch 0", "agent"]


async def test_whoever_gives_up_waiting_takes_no_turn_with_him() -> None:
    for given_up_before_the_call in (True, False):
        line = Line()
        async with line.turns.turn():
            impatient, patient = line.come("impatient"), line.come("patient")
            await asyncio.sleep(0)
            if given_up_before_the_call:
                impatient.cancel()
        impatient.cancel()
        await asyncio.wait([impatient])
        await asyncio.wait_for(patient, 5)
        await asyncio.wait_for(line.go("later"), 5)
        assert line.had == ["patient", "later"]
