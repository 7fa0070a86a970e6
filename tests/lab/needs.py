"""What a test needs from the machine: had, or the test is skipped by name with the reason."""

import os
from typing import NoReturn

import pytest


class Missing(Exception):
    """A part of the laboratory cannot be had here; the text says which and why."""


def skip_or_fail(reason: str, *, ci: bool | None = None) -> NoReturn:
    """Skip the running test for `reason`; where `CI=true` nothing may be missing, so fail it."""
    strict = os.environ.get("CI", "").lower() == "true" if ci is None else ci
    if strict:
        pytest.fail(f"CI=true and the laboratory is incomplete: {reason}", pytrace=False)
    pytest.skip(reason)
