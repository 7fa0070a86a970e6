"""A task that is cancelled at the worst moment."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncTransaction


def cancel_at_commit(monkeypatch: pytest.MonkeyPatch, task: "asyncio.Future[Any]") -> None:
    """Cancel `task` at the moment when its transaction begins to commit."""
    genuine: Callable[[AsyncTransaction], Awaitable[None]] = AsyncTransaction.commit

    async def commit(transaction: AsyncTransaction) -> None:
        task.cancel()
        await asyncio.sleep(0)
        await genuine(transaction)

    monkeypatch.setattr(AsyncTransaction, "commit", commit)
