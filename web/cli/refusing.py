"""What a command says when it cannot do what was asked."""

from pathlib import Path

from web.refusals import Refusal
from web.settings import Settings
from web.settings_reading import environment, find_file, read_settings


class Refused(Refusal):
    """The command stops; the text is the sentence to show."""


def settings_of(config: Path | None, *, simulated: bool = False) -> Settings:
    """The settings a command works with. Raises SettingsRefused."""
    given = environment()
    return read_settings(find_file(config, given), given, simulated=simulated)
