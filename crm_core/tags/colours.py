"""The colours that a tag may have: words, which the screen turns into colours that can be read."""

from enum import StrEnum


class Colour(StrEnum):
    """Stored words."""

    NONE = ""
    BLUE = "blue"
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    VIOLET = "violet"
