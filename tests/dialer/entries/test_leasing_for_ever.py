"""Whatever happens to leases, in whatever order: nobody is on two lines at once, nothing is lost,
no rule is broken."""

import asyncio
import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from crm_core.clock import ManualClock
from crm_core.storage.engine import Storage
from dialer.campaigns.queries import filled_of
from dialer.campaigns.states import CampaignState
from dialer.entries.loaded import Wanted
from dialer.entries.releasing import Ended
from dialer.order.outcomes import NETWORK, Verdict
from dialer.order.retry import RetryRules
from telephony.events import Outcome
from tests.cast import settle_in
from tests.dialer.entries.office import Office, moscow, open_office

QUOTA = 2
RULES = RetryRules(most_attempts=4, most_per_number=3, most_per_day=3)
PEOPLE = 8
endings = st.one_of(
    st.sampled_from([Ended(each) for each in Outcome]),
    st.sampled_from([Ended(Outcome.ANSWERED, each) for each in Verdict if each != "callback"]),
    st.just(Ended(Outcome.FAILED, Verdict.WRONG_NUMBER)),
    st.none(),  # a promised callback
)


class Leasing(RuleBasedStateMachine):
    """One campaign, two processes; the database is SQLite's, from the session's template."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "perezvon.db"
        shutil.copy(self.template, path)
        self.storage = Storage.open(f"sqlite:///{path}")
        self.clock = ManualClock()
        self.office = self.run(self.begin())
        self.processes = [self.office, self.office.in_process("there")]
        self.known = self.crashes = 0

    def run(self, awaited: Any) -> Any:
        return self.loop.run_until_complete(awaited)

    async def begin(self) -> Office:
        office = await open_office(
            self.storage, self.clock, await settle_in(self.storage, self.clock)
        )
        retry = {"most_attempts": 4, "most_per_number": 3, "most_per_day": 3}
        await office.set(retry=retry, quotas={"b": QUOTA})
        for n in range(PEOPLE):
            person = await office.person(moscow(2 * n), moscow(2 * n + 1))
            await office.load([person], Wanted(segment="ab"[n % 2], priority=n % 3))
        return office

    def teardown(self) -> None:
        self.run(self.storage.close())
        self.loop.close()
        self.folder.cleanup()

    async def attempts(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = await self.office.attempts()
        return rows

    @rule(count=st.integers(0, 5), process=st.integers(0, 1), sure=st.none() | st.integers(0, 3))
    def lease(self, count: int, process: int, sure: int | None) -> None:
        present = [self.office.cast.anna.id]
        lease = self.run(self.processes[process].lease(count, sure=sure, present=present))
        assert len(lease.leased) <= count

    @rule(ended=endings, which=st.integers(0, 50), process=st.integers(0, 1))
    def release(self, ended: Ended | None, which: int, process: int) -> None:
        rows = self.run(self.attempts())
        if not rows:
            return
        row = rows[which % len(rows)]
        if ended is None:
            at = self.clock.now() + timedelta(minutes=which)
            anna = self.office.cast.anna.id if which % 2 else None
            ended = Ended(
                Outcome.ANSWERED, Verdict.CALLBACK, callback_at=at, callback_agent_id=anna
            )
        done = self.run(self.processes[process].leases.release(row["channel_id"], ended))
        assert done == (row["ended_at"] is None)

    @rule(minutes=st.sampled_from([1, 5, 30, 240, 1440]))
    def wait(self, minutes: int) -> None:
        self.clock.step(minutes * 60)

    @rule(process=st.integers(0, 1), alive=st.integers(0, 3))
    def crash(self, process: int, alive: int) -> None:
        """A process dies; the one that follows finds some of its channels still there."""
        going = [each for each in self.run(self.attempts()) if each["ended_at"] is None]
        kept = [each["channel_id"] for each in going[:alive]]
        self.crashes += 1
        after = self.office.in_process(f"after crash {self.crashes}")
        self.processes[process] = after
        self.run(after.leases.reclaim(alive=kept))
        left = {each["channel_id"] for each in self.run(self.attempts()) if not each["ended_at"]}
        assert left == set(kept)

    @rule(state=st.sampled_from([CampaignState.RUNNING, CampaignState.PAUSED]))
    def move(self, state: CampaignState) -> None:
        self.run(self.office.campaigns.move(None, self.office.campaign_id, state))

    @invariant()
    def nothing_is_broken(self) -> None:
        rows = self.run(self.attempts())
        assert len(rows) >= self.known
        self.known = len(rows)
        going = [each for each in rows if each["ended_at"] is None]
        for name in ("entry_id", "number", "client_id"):
            assert max(Counter(each[name] for each in going).values(), default=0) <= 1
        entries = [self.run(self.office.entry(n + 1)) for n in range(PEOPLE)]
        leased = {each["id"] for each in entries if each["state"] == "leased"}
        assert leased == {each["entry_id"] for each in going}
        self.check_segments(rows)
        for entry in entries:
            self.check_entry(entry, [each for each in rows if each["entry_id"] == entry["id"]])

    def check_segments(self, rows: list[dict[str, Any]]) -> None:
        async def filled() -> Any:
            async with self.storage.read() as connection:
                return await filled_of(connection, self.office.campaign_id)

        for segment, counted in self.run(filled()).items():
            mine = [each for each in rows if "ab"[(each["entry_id"] - 1) % 2] == segment]
            assert counted.dialled == len(mine)
            assert counted.leased == sum(each["ended_at"] is None for each in mine)
            assert counted.completed == sum(each["verdict"] == "completed" for each in mine)
            if segment == "b":
                assert counted.completed + counted.leased <= QUOTA

    def check_entry(self, entry: dict[str, Any], tried: list[dict[str, Any]]) -> None:
        rang = [each for each in tried if each["outcome"] not in NETWORK]
        promised = sum(each["verdict"] == "callback" for each in tried)
        assert len(rang) <= RULES.most_attempts + promised
        wrong = [each for each in tried if each["verdict"] == "wrong_number"]
        for each in wrong:
            after = [one for one in tried if one["id"] > each["id"]]
            assert each["number"] not in {one["number"] for one in after}
        over = [each for each in tried if each["verdict"] in ("completed", "done", "refused")]
        assert all(each is tried[-1] for each in over)
        assert (entry["state"] in ("done", "never")) == (entry["due_at"] is None) or entry[
            "state"
        ] in ("ready", "certain", "leased")


def test_whatever_happens_nobody_is_dialled_twice_and_no_rule_is_broken(
    sqlite_template: Path,
) -> None:
    Leasing.template = sqlite_template
    run_state_machine_as_test(
        Leasing,
        settings=settings(max_examples=15, stateful_step_count=30, deadline=None, database=None),
    )
