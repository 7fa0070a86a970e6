"""Which of the found comes first: the closer the fit, the earlier; the newer of equal ones."""

from collections.abc import Iterable
from enum import IntEnum

from crm_core.search.question import Parts, Question


class Fit(IntEnum):
    """How well a text fits a question, best first."""

    EXACT = 0  # the number or the address itself
    NAME = 1  # the name begins with it
    WORDS = 2  # each of its words begins one
    PART = 3


def fit_of(text: str, question: Question) -> Fit:
    """How well a stored text that was found fits."""
    for fit, fits in (
        (Fit.EXACT, question.exactly),
        (Fit.NAME, question.at_name),
        (Fit.WORDS, question.at_words),
    ):
        if _holds(text, fits):
            return fit
    return Fit.PART


def _holds(text: str, fits: Iterable[Parts]) -> bool:
    return any(all(part in text for part in parts) for parts in fits)
