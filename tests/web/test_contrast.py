"""Text is readable on every surface it stands on, by day and by night (WCAG AA)."""

import re
from itertools import product
from pathlib import Path

import pytest

SHEET = (Path(__file__).parents[2] / "web/static/css/tokens.css").read_text()
_RULE = re.compile(r'(:root(?:\[data-theme="\w+"\])?)\s*\{([^}]*)\}')
_COLOUR = re.compile(r"--([\w-]+):\s*(#[0-9a-f]{6})")
PAIRS = [
    *product(("text", "text-2", "text-3"), ("bg", "rail", "surface", "inset", "hover")),
    *product(("accent", "good", "warn", "bad", "talk"), ("surface", "bg")),
    *((name, f"{name}-soft") for name in ("accent", "good", "warn", "bad", "talk")),
    ("text", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
]


def _themes() -> dict[str, dict[str, str]]:
    found = {selector: dict(_COLOUR.findall(body)) for selector, body in _RULE.findall(SHEET)}
    light = found[":root"]
    return {
        "light": light,
        "dark": {**light, **found[':root[data-theme="dark"]']},
        "auto": {**light, **found[':root[data-theme="auto"]']},
    }


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_has_enough_contrast(theme: str) -> None:
    colours = _themes()[theme]
    weak = {
        f"{text} on {surface}": round(_contrast(colours[text], colours[surface]), 2)
        for text, surface in PAIRS
        if _contrast(colours[text], colours[surface]) < 4.5
    }
    assert weak == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_edges_of_fields_can_be_seen(theme: str) -> None:
    colours = _themes()[theme]
    assert _contrast(colours["line-strong"], colours["surface"]) >= 3


def test_the_computers_own_dark_theme_is_the_dark_theme() -> None:
    themes = _themes()
    assert themes["auto"] == themes["dark"]
