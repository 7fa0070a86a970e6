"""A started product is set for short pauses."""

import gc
import sys
from collections.abc import Iterator

import pytest

from web.promptness import be_prompt, new_loop


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


@pytest.mark.skipif(sys.platform == "win32", reason="uvloop knows no Windows")
def test_the_product_serves_on_the_faster_loop() -> None:
    loop = new_loop()
    loop.close()
    assert type(loop).__module__ == "uvloop"
