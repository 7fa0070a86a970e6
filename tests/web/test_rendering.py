"""Templates: strict, escaping, and each reader's own."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import DictLoader, Environment, UndefinedError

from web.assets import Asset, Assets
from web.i18n import LANGUAGES, Reader
from web.office_lists import Colleague
from web.rendering import FILTERS, TEMPLATE_FOLDER, Rendering

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EN = Reader("en", "Europe/Moscow")


def _render(template: str, reader: Reader = EN, **data: object) -> str:
    """`template` (its text) as the product would render it."""
    rendering = Rendering(lambda: NOW, Assets(), "RU")
    for environment in rendering._environments.values():
        environment.loader = DictLoader({"t.html": template})
    return rendering.render(reader, "t.html", data)


def test_every_template_compiles_in_every_language() -> None:
    rendering = Rendering(lambda: NOW, Assets(), "RU")
    rendering.prepare()
    count = len(list(Path(TEMPLATE_FOLDER).rglob("*.html")))
    for language in LANGUAGES:
        cache = rendering._environments[language].cache
        assert cache is not None
        assert len(cache) == count


def test_a_template_is_compiled_once_for_all_languages_and_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Rendering(lambda: NOW, Assets(), "RU").prepare()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(Environment, "compile", refuse)
    Rendering(lambda: NOW, Assets(), "RU").prepare()


def test_what_people_wrote_is_text_and_never_markup() -> None:
    hostile = "<script>alert('x')</script>"
    told = _render("{{ x }} {{ x|lines }} {{ _('%(name)s!', name=x) }}", x=hostile)
    assert "<script>" not in told
    assert told.count("&lt;script&gt;") == 3


def test_a_name_that_the_view_forgot_is_an_error_not_a_gap() -> None:
    with pytest.raises(UndefinedError):
        _render("{{ forgotten }}")


def test_a_template_is_rendered_in_the_readers_language() -> None:
    assert _render("{{ _('Calls') }}", Reader("ru")) == "Звонки"
    assert _render("{{ _('Calls') }}", Reader("en")) == "Calls"
    assert _render("{{ _('Calls') }}", Reader("xx")) == "Calls"


def test_instants_are_shown_in_the_readers_zone_with_the_whole_truth_behind() -> None:
    told = _render("{{ at|moment }}", at=NOW)
    assert '<time datetime="2026-03-02T09:00:00.000Z"' in told
    assert ">12:00</time>" in told
    assert 'title="Mar 2, 2026 12:00:00 MSK"' in told
    assert _render("{{ at|moment }}", at=None) == "–"


def test_clocks_run_from_where_the_server_saw_them() -> None:
    told = _render("{{ at|running }} {{ until|remaining }}", at=NOW - timedelta(seconds=75),
                   until=NOW + timedelta(seconds=30))  # fmt: skip
    assert 'data-since="2026-03-02T08:58:45.000Z">1:15<' in told
    assert 'data-until="2026-03-02T09:00:30.000Z">0:30<' in told


def test_a_static_file_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        _render("{{ static('css/none.css') }}")


def test_a_change_of_any_static_file_changes_every_address(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}")
    (tmp_path / "b.js").write_text("1")
    (tmp_path / "secret.py").write_text("x")
    before = Assets(tmp_path)
    (tmp_path / "b.js").write_text("2")
    after = Assets(tmp_path)
    assert before.url("a.css") != after.url("a.css")
    assert before.find("secret.py") is None


def test_a_static_file_stays_as_it_was_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1")
    assets = Assets(tmp_path)
    (tmp_path / "a.js").unlink()
    assert assets.find("a.js") == Asset(b"1", "text/javascript")


def test_the_options_for_colleagues_leave_one_out_and_escape_the_others() -> None:
    colleagues = (Colleague(1, "Anna"), Colleague(2, "Boris"), Colleague(3, "<b>Vera</b>"))
    options = FILTERS["options_but"](colleagues, 2)
    assert options == (
        '<option value="1">Anna</option><option value="3">&lt;b&gt;Vera&lt;/b&gt;</option>'
    )
    assert hasattr(options, "__html__")


@pytest.mark.parametrize(("language", "said"), [("en", "phone 103"), ("ru", "телефон 103")])
def test_a_phone_where_nobody_sits_is_called_a_phone(language: str, said: str) -> None:
    names = ["Елена Мухина", "PJSIP/103", "103"]
    reader = Reader(language, "Europe/Moscow")
    assert _render("{{ names|seated }}", reader, names=names) == f"Елена Мухина, {said}, {said}"


def test_who_hides_his_number_is_said_so_in_the_readers_language() -> None:
    told = "{{ number|heard_phone }}{{ name|heard_name }}"
    reader = Reader("ru", "Europe/Moscow")
    assert _render(told, reader, number="anonymous", name="Anonymous") == "Номер скрыт"
    assert _render(told, number="89161234567", name="Ann") == "8 (916) 123-45-67Ann"


@pytest.mark.parametrize(
    ("held", "parked", "offered"),
    [(False, False, "/hold"), (True, True, "/resume"), (True, False, "")],
)
def test_hold_and_resume_are_offered_only_where_they_do_something(
    held: bool, parked: bool, offered: str
) -> None:
    card = SimpleNamespace(
        call_id="1.1", phase="talking", consulting="", held=held, parked=parked, element_id="c"
    )
    rendering = Rendering(lambda: NOW, Assets(), "RU")
    html = rendering.render(EN, "cards/_controls.html", {"it": card})
    buttons = [each for each in ("/hold", "/resume") if f'/cards/1.1{each}"' in html]
    assert buttons == ([offered] if offered else [])
    assert ("take it back there" in html) is (not offered)
