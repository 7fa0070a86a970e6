"""The dice of a simulation: what happens to a person is drawn from who he is, not from when he is
called, so every way of pacing meets the same people (common random numbers).

The mixing function is SplitMix64's (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
Generators, 2014).
"""

from typing import Final

_WORD: Final = (1 << 64) - 1
_STEP: Final = 0x9E3779B97F4A7C15
_UNIT: Final = 1.0 / (1 << 53)


def _mixed(word: int) -> int:
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 & _WORD
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB & _WORD
    return word ^ (word >> 31)


class Draws:
    """Numbers evenly between 0 and 1, both excluded: the same for the same seed, thing and turn."""

    __slots__ = ("_word",)

    def __init__(self, seed: int, thing: int, turn: int = 0) -> None:
        self._word = _mixed(
            (seed * _STEP + thing * 0xD1B54A32D192ED03 + turn * 0x8CB92BA72F3D8DD7 + 1) & _WORD
        )

    def next(self) -> float:
        """The next one."""
        self._word = (self._word + _STEP) & _WORD
        return ((_mixed(self._word) >> 11) + 0.5) * _UNIT
