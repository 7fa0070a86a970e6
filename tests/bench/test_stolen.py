"""A measurement says what the machine's host took from it."""

from pathlib import Path

from tests.bench.stolen import processor_times, stolen_share


def test_what_the_host_took_is_told_beside_what_was_worked(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu  100 10 50 9000 7 1 2 40 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n")
    before = processor_times(stat)
    stat.write_text("cpu  400 10 50 9999 8 1 2 140 0 0\n")
    assert stolen_share(before, processor_times(stat)) == 0.25


def test_where_nobody_counts_nothing_is_taken(tmp_path: Path) -> None:
    nowhere = processor_times(tmp_path / "stat")
    assert stolen_share(nowhere, nowhere) == 0.0
