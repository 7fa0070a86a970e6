"""Scenes as Asterisk's own logs tell them, beside the same scenes as they were watched."""

import json
from datetime import UTC
from pathlib import Path
from typing import Any

from telephony.catchup.rows import CDR_NAMES, CEL_NAMES, CdrRow, CelRow, cdr_row, cel_row
from tests.streams.truth import PHONES

HERE = Path(__file__).parent


def names() -> list[str]:
    """Every logged scene, by the stem of its file."""
    return sorted(path.stem for path in HERE.glob("*.json"))


def scene(name: str) -> dict[str, Any]:
    """`about`, `calls` (the truth), `watched`, `cel`, `cdr` and their columns, and `phones`."""
    loaded: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text())
    return {"phones": PHONES, **loaded}


def cel_of(name: str) -> list[CelRow]:
    """The scene's channel events, in the order of the log."""
    return [cel_row(values, UTC) for values in _values(scene(name), "cel", CEL_NAMES)]


def cdr_of(name: str) -> list[CdrRow]:
    """The scene's bills, in the order of the log."""
    return [cdr_row(values, UTC) for values in _values(scene(name), "cdr", CDR_NAMES)]


def _values(logged: dict[str, Any], table: str, called: Any) -> list[dict[str, Any]]:
    columns = logged[f"{table}_columns"]
    told = [dict(zip(columns, row, strict=True)) for row in logged[table]]
    return [
        {key: next((row[n] for n in names if n in row), None) for key, names in called.items()}
        for row in told
    ]
