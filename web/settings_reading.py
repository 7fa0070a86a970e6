"""Settings out of a file and the environment; what is not understood is refused in one sentence."""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from web.i18n import LANGUAGE_VARIABLE, N_
from web.refusals import SettingsRefused
from web.settings import ENVIRONMENT, SECTIONS, Settings, variable
from web.settings_checks import check

CONFIG_VARIABLE = "PEREZVON_CONFIG"
NOT_SETTINGS = frozenset({CONFIG_VARIABLE, LANGUAGE_VARIABLE, "PEREZVON_PASSWORD"})
"""Variables that commands read for themselves."""
DEFAULT_FILE = "perezvon.toml"


def read_settings(path: Path | None, environ: Mapping[str, str], *, simulated: bool) -> Settings:
    """Settings from `path` (or none), overlaid by the environment. Raises SettingsRefused."""
    given = _from_file(path) if path else {}
    for section, values in _from_environment(environ).items():
        given.setdefault(section, {}).update(values)
    made = {name: kind(**given.get(name, {})) for name, kind in SECTIONS.items()}
    settings = Settings(**made, simulated=simulated)
    check(settings)
    return settings


def find_file(named: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The file to read: `named`, PEREZVON_CONFIG, ./perezvon.toml if there is one, or None."""
    wanted = named or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    if wanted is None:
        return Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None
    if not wanted.is_file():
        raise SettingsRefused(N_("There is no settings file %(file)s."), file=wanted)
    return wanted


def _from_file(path: Path) -> dict[str, dict[str, Any]]:
    document = _document(path)
    read: dict[str, dict[str, Any]] = {}
    for section, values in document.items():
        _known(section, SECTIONS, _STRANGE_SECTION, file=path)
        if not isinstance(values, dict):
            raise SettingsRefused(
                N_("%(file)s: %(section)s must be a section, written as [%(section)s]."),
                file=path,
                section=section,
            )
        known = {one.name: one for one in fields(SECTIONS[section])}
        for key, value in values.items():
            _known(key, known, _STRANGE_KEY, file=path, section=section)
            read.setdefault(section, {})[key] = _typed(
                value, known[key], f"{path}: [{section}] {key}"
            )
    return read


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except PermissionError as error:
        raise SettingsRefused(
            N_("%(file)s cannot be read: this user has no right to."), file=path
        ) from error
    except OSError as error:
        raise SettingsRefused(
            N_("%(file)s cannot be read: %(reason)s."), file=path, reason=error.strerror
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsRefused(
            N_("%(file)s is not UTF-8 text. Save it again as UTF-8."), file=path
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, str(error)) from error


def _not_toml(path: Path, complaint: str) -> SettingsRefused:
    """The parser's own English words only tell the place: most often quotes are missing there."""
    found = re.search(r"at line (\d+)", complaint)
    last = len(path.read_text(encoding="utf-8-sig").splitlines())
    line = int(found[1]) if found else last
    if "overwrite" in complaint or "twice" in complaint:
        text = N_("%(file)s: line %(line)s sets again what is set above it. Keep one of the two.")
    else:
        text = N_(
            "%(file)s is not TOML: look at line %(line)s. "
            'A section is [office], a setting is name = "text", with quotes.'
        )
    return SettingsRefused(text, file=path, line=line)


def _from_environment(environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    known = {
        variable(section, one.name): (section, one)
        for section, kind in SECTIONS.items()
        for one in fields(kind)
    }
    read: dict[str, dict[str, Any]] = {}
    for name, value in environ.items():
        if not name.startswith(ENVIRONMENT) or name in NOT_SETTINGS:
            continue
        _known(name, known, _STRANGE_VARIABLE)
        section, one = known[name]
        read.setdefault(section, {})[one.name] = _typed(value, one, name, written=True)
    return read


_STRANGE_SECTION = (
    N_("%(file)s: there is no section [%(name)s]; did you mean [%(near)s]?"),
    N_("%(file)s: there is no section [%(name)s]; known are %(known)s."),
)
_STRANGE_KEY = (
    N_("%(file)s: there is no setting %(name)s in [%(section)s]; did you mean %(near)s?"),
    N_("%(file)s: there is no setting %(name)s in [%(section)s]; known are %(known)s."),
)
_STRANGE_VARIABLE = (
    N_("The environment: there is no setting %(name)s; did you mean %(near)s?"),
    N_("The environment: there is no setting %(name)s; known are %(known)s."),
)


def _known(
    name: str, known: Mapping[str, object], texts: tuple[str, str], **values: object
) -> None:
    """`texts`: what is said when something like `name` is known, and when nothing is."""
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        raise SettingsRefused(texts[0], name=name, near=near[0], **values)
    raise SettingsRefused(texts[1], name=name, known=", ".join(known), **values)


def _typed(value: Any, one: Field[Any], where: str, *, written: bool = False) -> Any:
    """`value` as the field's type; from the environment everything comes as text."""
    if one.type == tuple[str, ...]:
        return _several(value, where, one.name)
    kind = one.type if isinstance(one.type, type) else {"str": str, "int": int}.get(str(one.type))
    if kind is bool:
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if written:
            value = words.get(value.strip().lower())
        if not isinstance(value, bool):
            raise SettingsRefused(N_("%(setting)s must be true or false."), setting=where)
        return value
    if kind in (int, float):
        try:
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise ValueError
            if isinstance(value, str) and not written:
                raise ValueError
            number = float(value)
            if kind is int and number != int(number):
                raise ValueError
        except (ValueError, OverflowError) as error:
            text = N_("%(setting)s must be a number, not %(value)s.")
            if kind is int:
                text = N_("%(setting)s must be a whole number, not %(value)s.")
            raise SettingsRefused(text, setting=where, value=repr(value)) from error
        return kind(number)
    if not isinstance(value, str):  # what was written is not shown: it may be a secret
        raise SettingsRefused(
            N_('%(setting)s must be text in quotes: %(key)s = "…".'), setting=where, key=one.name
        )
    return value


def _several(value: Any, where: str, key: str) -> tuple[str, ...]:
    """A list of texts, or one text with commas between them."""
    if isinstance(value, str):
        value = [part.strip() for part in re.split(r"[,;\n]", value) if part.strip()]
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise SettingsRefused(
            N_('%(setting)s must be a list of texts in quotes: %(key)s = ["…", "…"].'),
            setting=where,
            key=key,
        )
    return tuple(value)


def environment() -> Mapping[str, str]:
    """The process's own environment: read here and nowhere else."""
    return os.environ
