"""Which part of a text fits the question: for the eye, in the text as it was written."""

from crm_core.search.folding import folded_with_places, packed
from crm_core.search.question import SHORTEST_DIGITS, Question

Span = tuple[int, int]
"""From the first character to before which."""


def marks(text: str, question: Question) -> list[Span]:
    """The spans of `text` that fit, in order, none touching another."""
    whole, places = folded_with_places(text)
    stored = packed(whole)
    found = _digits_marked(text, question)
    return _joined(
        found or [span for word in question.words for span in _spans(stored, places, word)]
    )


def _spans(stored: str, places: list[int], part: str) -> list[Span]:
    """Everywhere; a short one only where a word begins."""
    spans = []
    start = stored.find(part)
    while start >= 0:
        if len(part) > 2 or start == 0 or stored[start - 1] == " ":
            spans.append((places[start], places[start + len(part) - 1] + 1))
        start = stored.find(part, start + len(part))
    return spans


def _digits_marked(text: str, question: Question) -> list[Span]:
    """A number is kept without its spaces and dashes, and may begin another way."""
    places = [place for place, character in enumerate(text) if character in "0123456789"]
    digits = "".join(text[place] for place in places)
    if question.number is not None:
        asked = [question.number[start:] for start in range(1, 5)]
    else:
        asked = [part for part in question.digits if len(part) >= SHORTEST_DIGITS]
    for part in asked:
        start = digits.find(part)
        if start >= 0:
            return [(places[start], places[start + len(part) - 1] + 1)]
    return []


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
