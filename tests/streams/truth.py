"""The truth beside a stream, and how what somebody tells of the stream differs from it.

The truth was written by the scene that was played, from the phones' point of view. Where the trade
itself leaves something open, the truth leaves it open too (README.md says how).
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PHONES = r"\d{2,5}"
Told = Mapping[str, Any]
"""One call as `perezvon replay --json` prints it, as a dictionary."""


def names() -> list[str]:
    """Every captured scene, by the stem of its files."""
    return sorted(path.stem for path in HERE.glob("*.ami"))


def stream_of(name: str) -> bytes:
    return (HERE / f"{name}.ami").read_bytes()


def truth_of(name: str) -> dict[str, Any]:
    """`about`, `tolerance_seconds` and `calls`; `phones` where they have names of another shape."""
    loaded: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text())
    return loaded


def phones_of(name: str) -> str:
    """Which endpoints of a scene are phones, as a regular expression."""
    return str(truth_of(name).get("phones", PHONES))


def differences(name: str, told: Sequence[Told]) -> list[str]:
    """One sentence for each thing told otherwise than it was; none when all is right."""
    truth = truth_of(name)
    remaining = list(told)
    found: list[str] = []
    for call in truth["calls"]:
        best = min(remaining, key=lambda one: len(_call(call, one, truth)), default=None)
        if best is None:
            if not call.get("maybe_absent"):
                found.append(f"nobody tells of the call {call}")
            continue
        wrong = _call(call, best, truth)
        if wrong and call.get("maybe_absent"):
            continue
        found += wrong
        remaining.remove(best)
    return found + [f"told, but never happened: {dict(one)}" for one in remaining]


def _call(truth: Told, told: Told, scene: Told) -> list[str]:
    tolerance = truth.get("tolerance_seconds", scene["tolerance_seconds"])
    wrong = []
    for key, true in truth.items():
        if key in ("maybe_absent", "tolerance_seconds"):
            continue
        said = told.get(key)
        if not _agrees(key, true, said, tolerance):
            wrong.append(f"{key}: told {said!r}, true is {true!r}")
    return wrong


def _agrees(key: str, true: Any, said: Any, tolerance: float) -> bool:
    if key.endswith("_seconds"):
        low, high = true if isinstance(true, list) else (true, true)
        return said is not None and low - tolerance <= said <= high + tolerance
    if key in ("answered_by", "offered", "transfers", "linkedids") and said is None:
        return False
    if key == "answered_by":
        return _answered_by(true, said)
    if key == "offered":
        return _offered(true, said)
    if key == "transfers":
        return len(true) == len(said) and all(map(_same_transfer, true, said))
    if key == "linkedids":
        return all(one in said for one in true)
    return _one_of(true, said)


def _one_of(true: Any, said: Any) -> bool:
    options: list[Any] = true if isinstance(true, list) else [true]
    return said in options


def _answered_by(true: Any, said: Sequence[str]) -> bool:
    if isinstance(true, dict):
        return list(said) in true["any_of"]
    return bool(list(said) == true)


def _offered(true: Any, said: Iterable[Told]) -> bool:
    """Which phone was rung with what result; the order of phones rung at once is chance."""
    results = [(one["interface"], one["result"]) for one in said]
    if isinstance(true, dict):
        return all(pair in results for pair in true["includes"].items())
    left = Counter(results)
    for one in true:
        options = one["result"] if isinstance(one["result"], list) else [one["result"]]
        hit = next((o for o in options if left[(one["interface"], o)] > 0), None)
        if hit is None:
            return False
        left[(one["interface"], hit)] -= 1
    return not any(left.values())


def _same_transfer(true: Told, said: Told) -> bool:
    return all(_one_of(true[key], said[key]) for key in ("kind", "from", "to"))
