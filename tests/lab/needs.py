"""What a test needs from the machine: had, or the test is skipped by name with the reason."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import NoReturn, TypeVar

import pytest

T = TypeVar("T")


class Missing(Exception):
    """A part of the laboratory cannot be had here; the text says which and why."""


def skip_or_fail(reason: str, *, ci: bool | None = None) -> NoReturn:
    """Skip the running test for `reason`; where `CI=true` nothing may be missing, so fail it."""
    strict = os.environ.get("CI", "").lower() == "true" if ci is None else ci
    if strict:
        pytest.fail(f"CI=true and the laboratory is incomplete: {reason}", pytrace=False)
    pytest.skip(reason)


@contextmanager
def had(part: AbstractContextManager[T]) -> Iterator[T]:
    """The part of the laboratory for as long as the block lasts; `skip_or_fail` where it cannot be
    had."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(part)
        except Missing as missing:
            skip_or_fail(str(missing))
        yield found
