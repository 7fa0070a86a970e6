"""What was typed and is no command of ours. Typer complains in English only: its complaints are
known by their shape and said anew, and one that is not known is shown as it is."""

import re
from typing import Any

from typer.exceptions import TyperException

from web.i18n import N_, Reader

_NAME = r"'?(?P<name>[^']*?)'?"
_SHAPES: tuple[tuple[str, str], ...] = (
    (
        rf"No such command {_NAME}\. Did you mean (?P<near>.+)\?",
        N_("There is no command %(name)s; did you mean %(near)s?"),
    ),
    (rf"No such command {_NAME}\.", N_("There is no command %(name)s.")),
    (
        rf"No such option: {_NAME} \(Possible options: (?P<near>.+)\)",
        N_("There is no option %(name)s; did you mean %(near)s?"),
    ),
    (rf"No such option: {_NAME}", N_("There is no option %(name)s.")),
    (rf"Missing \w+ {_NAME}\.", N_("Something is missing: %(name)s.")),
    (r"Missing command\.", N_("A command is missing.")),
    (rf"Option {_NAME} requires .*", N_("Write a value after %(name)s.")),
    (rf"Option {_NAME} does not take a value\.", N_("%(name)s takes no value.")),
    (
        r"Got unexpected extra argument\(s\) \((?P<name>.*)\)",
        N_("This is too much: %(name)s."),
    ),
)
_BOTH_ENDS = N_("%(name)s must be a number from %(least)s to %(most)s.")
_LOWER_END = N_("%(name)s must be a number, %(least)s or more.")


def misread(error: TyperException, reader: Reader) -> str:
    """One sentence about what was typed, and where help is."""
    path = getattr(getattr(error, "ctx", None), "command_path", "perezvon")
    help_is = reader.gettext(N_("Help: %(command)s"), command=f"{path} --help")
    return f"{_told(error, reader)} {help_is}"


def _told(error: TyperException, reader: Reader) -> str:
    words = error.format_message()
    if words.startswith("Invalid value"):
        return _no_value(getattr(error, "param", None), words, reader)
    for shape, text in _SHAPES:
        if found := re.fullmatch(shape, words, re.DOTALL):
            values = {name: _readable(value, reader) for name, value in found.groupdict().items()}
            return reader.gettext(text, **values)
    return reader.gettext(N_("This was not understood: %(words)s"), words=words)


def _readable(written: str, reader: Reader) -> str:
    """Without quotes; the name of an argument in the reader's language."""
    plain = written.replace("'", "")
    return reader.gettext(plain)


def _no_value(param: Any, words: str, reader: Reader) -> str:
    least, most = getattr(param, "min", None), getattr(param, "max", None)
    if param is None or least is None:
        return reader.gettext(N_("This was not understood: %(words)s"), words=words)
    text = _LOWER_END if most is None else _BOTH_ENDS
    return reader.gettext(text, name=param.opts[0], least=least, most=most)
