"""What can stand in a field that the office has made for itself."""

from enum import StrEnum
from typing import Final


class FieldType(StrEnum):
    """What a field holds; the word is stored, and never changes for a field.

    As stored under the field's id: text and link a str, number a decimal string ("12.5"), money
    an int of the smallest unit, date "YYYY-MM-DD", choice the id of one, choices a sorted list of
    such ids, yes_no true. What is empty is not stored at all.
    """

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes_no"
    LINK = "link"


CHOOSING: Final = frozenset({FieldType.CHOICE, FieldType.CHOICES})
