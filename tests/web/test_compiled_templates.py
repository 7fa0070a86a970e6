"""Compiled templates outlive the process that compiled them, and never their source."""

import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from web.assets import Assets
from web.compiled_templates import CompiledTemplates, kept_beside
from web.rendering import FILTERS, _environment, _when_drawn


class Counting(Environment):
    """Counts what it compiles."""

    compiled = 0

    def compile(self, *given: object, **named: object) -> object:  # type: ignore[override]
        self.compiled += 1
        return super().compile(*given, **named)  # type: ignore[call-overload]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where compiled templates are kept; Python may write there."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path / "kept"


def _start(folder: Path, source: str) -> tuple[str, int]:
    """What a fresh process draws from a template, and how many it had to compile."""
    environment = Counting(
        loader=DictLoader({"t.html": source}), bytecode_cache=CompiledTemplates(folder)
    )
    return environment.get_template("t.html").render(), environment.compiled


def test_the_next_start_compiles_nothing(folder: Path) -> None:
    assert _start(folder, "a{{ 1 + 1 }}") == ("a2", 1)
    assert _start(folder, "a{{ 1 + 1 }}") == ("a2", 0)


def test_a_template_that_was_changed_is_compiled_anew(folder: Path) -> None:
    _start(folder, "before")
    assert _start(folder, "after") == ("after", 1)
    assert _start(folder, "after") == ("after", 0)


@pytest.mark.parametrize("left", [0, 1, 20, -1])
def test_half_a_file_is_compiled_anew(folder: Path, left: int) -> None:
    _start(folder, "whole")
    (kept,) = folder.iterdir()
    kept.write_bytes(kept.read_bytes()[:left])
    assert _start(folder, "whole") == ("whole", 1)
    assert _start(folder, "whole") == ("whole", 0)


def test_where_nothing_can_be_written_pages_are_drawn_all_the_same(folder: Path) -> None:
    folder.write_text("a file stands in the folder's place")
    assert _start(folder, "page") == ("page", 1)
    assert _start(folder, "page") == ("page", 1)


def test_nothing_is_written_where_python_may_not_write_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert _start(folder, "page") == ("page", 1)
    assert not folder.exists()


def test_another_text_of_the_module_that_compiles_keeps_its_own(tmp_path: Path) -> None:
    module = tmp_path / "rendering.py"
    module.write_text("TRIM = True")
    before = kept_beside(str(module))
    module.write_text("TRIM = False")
    assert kept_beside(str(module)) != before
    assert before.parent == tmp_path / "__pycache__"


def test_no_filter_of_ours_is_asked_before_the_page_is_drawn() -> None:
    asked: list[int] = []
    environment = _environment("en", Assets(), "RU")
    environment.filters["asked"] = _when_drawn(asked.append)
    template = environment.from_string("{{ 5|asked }}")
    assert asked == []
    template.render()
    assert asked == [5]
    for name in {*FILTERS, "phone", "heard_phone"}:
        kept_for_the_page = environment.filters["asked"].jinja_pass_arg
        assert environment.filters[name].jinja_pass_arg is kept_for_the_page, name
