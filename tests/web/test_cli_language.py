"""In which language the command line speaks, and that it says everything in it."""

import pytest

from web.i18n import language_of_shell


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "ru"}, "ru"),
        ({"LANG": "ru_UA.KOI8-U@euro"}, "ru"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": ""}, "ru"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "de:ru:en"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "LANGUAGE": "en"}, "en"),
        ({"LANG": "C", "LANGUAGE": "ru"}, "en"),
        ({"LANG": "ru_RU.UTF-8", "PEREZVON_LANGUAGE": "en"}, "en"),
        ({"LANG": "C", "PEREZVON_LANGUAGE": "ru"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "PEREZVON_LANGUAGE": "tlh"}, "ru"),
        ({"LANG": "russian nonsense"}, "en"),
    ],
)
def test_the_shell_says_which_language(environ: dict[str, str], language: str) -> None:
    assert language_of_shell(environ) == language
