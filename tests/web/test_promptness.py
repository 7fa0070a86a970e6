"""A started product is set for short pauses."""

import gc
import sys
from collections.abc import Iterator

import pytest

from web.promptness import be_prompt


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_what_there_is_at_the_start_is_left_out_of_later_collections() -> None:
    kept = [[] for _ in range(1000)]  # type: list[list[int]]
    be_prompt()
    assert gc.get_freeze_count() > len(kept)


def test_a_statement_does_not_wait_long_for_the_interpreter() -> None:
    be_prompt()
    assert sys.getswitchinterval() <= 0.001
