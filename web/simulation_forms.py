"""The form of the page “Simulation”: the few things that matter, made a scenario file."""

from collections.abc import Mapping
from typing import Any, Final

from dialer.pacing.policy import Mode
from dialer.simulation.written.operators import MOST_OPERATORS
from web.forms import Form

USUAL: Final[Mapping[str, object]] = {
    "operators": 10,
    "mode": Mode.PREDICTIVE.value,
    "chance": 25,
    "talk": 120,
    "wrap_up": 20,
    "begins": "09:00",
    "ends": "18:00",
    "days": 5,
    "size": 0,
}
MODES: Final = (Mode.PREDICTIVE, Mode.PROGRESSIVE, Mode.POWER)
_PLACES: Final = (
    ("operators.1.from", "begins"),
    ("operators.1.to", "ends"),
    ("operators", "operators"),
    ("pacing.mode", "mode"),
    ("law", "law"),
    ("answer", "chance"),
    ("clients.1.talk", "talk"),
    ("clients.1.wrap_up", "wrap_up"),
    ("days", "days"),
    ("list", "size"),
)
"""Which field of the form a key of the file is, the longest first."""


def read_values(form: Form, zone: str) -> dict[str, Any]:
    """The scenario of what was filled in, as values; what is wrong is noted in the form."""
    count = form.number("operators", least=1, most=MOST_OPERATORS)
    return {
        "seed": 1,
        "days": form.number("days", least=1, most=366),
        "zone": zone,
        "law": form.text("law", required=True, most=80),
        "pacing": {"mode": form.value("mode")},
        "answer": {"chance": form.number("chance", least=1, most=100) / 100},
        "list": {"size": form.number("size", least=0, most=500_000, default=0)},
        "operators": [
            {"count": count, "from": form.text("begins"), "to": form.text("ends")},
        ],
        "clients": [
            {
                "talk": {
                    "kind": "lognormal",
                    "mean": form.number("talk", least=1, most=7200),
                    "sigma": 0.8,
                },
                "wrap_up": {
                    "kind": "exponential",
                    "mean": form.number("wrap_up", least=0, most=3600, default=0),
                },
            }
        ],
    }


def field_of(path: str) -> str:
    """The field of the form that a refused key stands for; "" where there is none."""
    return next((name for place, name in _PLACES if path.startswith(place)), "")
