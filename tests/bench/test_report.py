"""The table of `make bench` tells hits and misses apart."""

import json

import pytest

from tests.bench.__main__ import main
from tests.bench.report import Aim, Measured, percentile

MEASURED = Measured(
    "pop",
    {"p99_ms": 60.0},
    (Aim("p99 in milliseconds", 60.0, 50.0), Aim("speed", 0.5, 0.4, least=True)),
    ("on this machine",),
)


def test_a_missed_aim_is_called_missed() -> None:
    table = MEASURED.as_table()
    assert "p99 in milliseconds: 60.00 (aim ≤ 50): MISSED" in table
    assert "speed: 0.50 (aim ≥ 0.4): hit" in table


def test_json_is_one_object_on_one_line() -> None:
    line = MEASURED.as_json()
    assert "\n" not in line
    told = json.loads(line)
    assert told["bench"] == "pop"
    assert [aim["hit"] for aim in told["aims"]] == [False, True]


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 51), (0.99, 100), (1.0, 101)])
def test_percentiles_are_values_that_were_measured(share: float, value: float) -> None:
    assert percentile(list(range(101, 0, -1)), share) == value


@pytest.mark.parametrize("asked", ["nonsense", "--jsn", "--calls=few"])
def test_what_is_not_understood_starts_no_bench_and_is_a_sentence(
    asked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["pop", asked])
    assert asked.strip("-").split("=")[0] in capsys.readouterr().err
