"""Every finding has its words, and every word that they need."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from telephony.inspection.finding import Finding, Level, bad, ok
from telephony.inspection.reached import _CODES as LINK_CODES
from telephony.inspection.rights import ASKED, HEARD
from telephony.settings import TelephonySettings
from web.check_lines import MOST_NAMES, LineWriter
from web.check_texts import PARTS, TEXTS
from web.i18n import LANGUAGES, Reader

ROOT = Path(__file__).parents[2]
FOLDERS = ("telephony/inspection", "crm_core/inspection", "web/check.py")
CODE = re.compile(rf"(?:{'|'.join(PARTS)})\.[a-z0-9_]+")
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
OWN = {"username", "host", "port", "code"}
OF_LOGS = ("scheme", "no_file", "no_table", "columns", "unreadable", "unreachable")
"""The codes of crm_core.catchup.shelf.SourceRefused."""


def trees() -> Iterator[ast.Module]:
    for place in FOLDERS:
        path = ROOT / place
        for file in [path] if path.is_file() else sorted(path.glob("*.py")):
            yield ast.parse(file.read_text())


def told_codes() -> set[str]:
    written = {
        node.value
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    made = {f"rights.hear_{name}_missing" for name in HEARD}
    made |= {f"rights.ask_{name}_missing" for name in ASKED}
    made |= {f"logs.{code}" for code in OF_LOGS}
    written = {text for text in written if not text.endswith(("_", ".conf"))}
    return {text for text in written if CODE.fullmatch(text)} | made


def test_every_finding_has_a_text_and_every_text_a_finding() -> None:
    assert told_codes() == set(TEXTS)


def test_the_refusals_of_a_log_are_all_known() -> None:
    reading = ("sources.py", "files.py", "servers.py", "shelf.py")
    sources = [ROOT / "crm_core" / "catchup" / name for name in reading]
    raised = {
        node.args[0].value
        for path in sources
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "SourceRefused"
        and isinstance(node.args[0], ast.Constant)
    }
    assert raised == set(OF_LOGS)


def given() -> dict[str, set[str]]:
    """The names of the values that each code is told with, where that stands in the source."""
    names: dict[str, set[str]] = {}
    for tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            if getattr(node.func, "id", "") not in ("ok", "warn", "bad"):
                continue
            code = node.args[0]
            if isinstance(code, ast.Constant) and all(word.arg for word in node.keywords):
                names.setdefault(str(code.value), set()).update(str(w.arg) for w in node.keywords)
    link = {"host", "port", "username", "tls", "details"}
    names |= dict.fromkeys((*LINK_CODES.values(), "link.failed", "link.tls_failed"), link)
    names["endpoints.listed"] |= {"phones", "trunks"}
    return names


def test_every_value_that_a_text_shows_is_told() -> None:
    known = given()
    assert len(known) > 50
    lacking = {
        code: missing
        for code, names in known.items()
        for part in (TEXTS[code].said, TEXTS[code].fix, TEXTS[code].write, TEXTS[code].freepbx)
        if (missing := set(PLACEHOLDER.findall(part)) - names - OWN)
    }
    assert lacking == {}


def test_what_is_wrong_says_what_to_do() -> None:
    silent = {
        node.args[0].value
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in ("warn", "bad")
        and isinstance(node.args[0], ast.Constant)
        and not TEXTS[str(node.args[0].value)].fix
    }
    assert silent == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(TEXTS))
def test_a_text_can_be_said_in_every_language(code: str, language: str) -> None:
    text = TEXTS[code]
    names = PLACEHOLDER.findall("".join((text.said, text.fix, text.write, text.freepbx)))
    values = {name: "2026-03-02T09:00:00+00:00" if name == "at" else "x" for name in names}
    line = LineWriter(Reader(language), TelephonySettings()).line(Finding(code, Level.BAD, values))
    assert line.said
    assert "%(" not in line.said + line.fix + line.write


def writer(language: str = "en") -> LineWriter:
    return LineWriter(Reader(language), TelephonySettings(username="crm"))


def test_freepbx_is_told_where_to_click_and_others_what_to_write() -> None:
    lacking = bad("rights.ask_call_missing")
    plain = writer().line(lacking)
    assert "manager.conf" in plain.fix
    assert plain.write == "[crm]\nwrite = system,call,agent,originate,reporting"
    on_freepbx = writer()
    on_freepbx.line(ok("dialplan.freepbx"))
    told = on_freepbx.line(lacking)
    assert "Asterisk Manager Users → crm" in told.fix
    assert told.write == ""


def test_what_mends_several_lines_is_said_once() -> None:
    one = writer()
    first = one.line(bad("rights.ask_call_missing"))
    second = one.line(bad("rights.ask_agent_missing"))
    assert first.write
    assert (second.fix, second.write) == ("The same mends this too.", "")


def test_many_names_are_counted_rather_than_listed() -> None:
    names = [str(number) for number in range(100, 100 + MOST_NAMES + 3)]
    said = writer().line(bad("endpoints.extension_missing", names=names)).said
    assert "111 and 3 more" in said
    assert "112" not in said
    assert "и ещё 3" in writer("ru").line(bad("endpoints.extension_missing", names=names)).said


def test_a_code_without_words_is_still_told() -> None:
    assert writer().line(bad("link.quantum")).said == "link.quantum: see the log."
