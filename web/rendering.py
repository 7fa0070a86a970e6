"""Templates: one jinja2 environment for each language, escaping everything, forgiving nothing.

A template always has: `reader`, `_` and `ngettext`, `now` (an instant), `static(name)`, and the
filters of `FILTERS`. Everything else is given by its view.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from telephony.numbers import is_anonymous, normalise, readable
from web import formats
from web.assets import Assets
from web.compiled_templates import CompiledTemplates, kept_beside
from web.i18n import LANGUAGES, N_, Reader, known_language, translations
from web.office_lists import Colleague
from web.sentences import ROLE_NAMES, link_reason, sentence
from web.words import word

TEMPLATE_FOLDER = Path(__file__).parent / "templates"


_HIDDEN, _PHONE = N_("Hidden number"), N_("phone %(phone)s")
_CHANNEL = re.compile(r"[A-Za-z]\w*/(\S+)|(\d+)")
_COMPILED = CompiledTemplates(kept_beside(__file__))


class Rendering:
    """Renders `templates/…` for a reader. `now` is the clock's; `country` that of short numbers."""

    def __init__(self, now: Callable[[], datetime], assets: Assets, country: str) -> None:
        self._now = now
        self._environments = {
            language: _environment(language, assets, country) for language in LANGUAGES
        }

    def prepare(self) -> None:
        """Compile every template now: the first card of the day pops as fast as the second, and
        files that change under a running product change nothing."""
        for environment in self._environments.values():
            for name in environment.list_templates():
                environment.get_template(name)

    def render(self, reader: Reader, template: str, data: Mapping[str, Any]) -> str:
        """The page or partial as HTML; a name the template misses raises UndefinedError."""
        environment = self._environments[known_language(reader.language)]
        given = {**data, "reader": reader, "now": self._now()}
        return environment.get_template(template).render(given)


def _environment(language: str, assets: Assets, country: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        bytecode_cache=_COMPILED,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    spoken = translations(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        spoken.gettext, spoken.ngettext, newstyle=True
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.globals["_"] = _saying(spoken.gettext)
    environment.globals["static"] = assets.url
    environment.globals["icon"] = cache(lambda name: _icon(assets, name))
    own = {
        **FILTERS,
        "phone": lambda number: readable(number, country),
        "heard_phone": partial(_heard_phone, country, spoken.gettext(_HIDDEN)),
        "seated": partial(_seated, spoken.gettext(_PHONE)),
    }
    environment.filters.update({name: _when_drawn(each) for name, each in own.items()})
    return environment


def _heard_phone(country: str, hidden: str, heard: str) -> str:
    """What the exchange said of a number, as people write it; `hidden` for its words for none."""
    if heard and is_anonymous(heard):
        return hidden
    return readable(normalise(heard, country).e164 or heard, country)


def _seated(phone: str, names: Iterable[str]) -> str:
    """Who talked, in order; a phone where nobody sat is called a phone, not by its channel."""
    found = ((_CHANNEL.fullmatch(name), name) for name in names)
    return ", ".join(phone % {"phone": (at[1] or at[2])} if at else name for at, name in found)


def _heard_name(name: str) -> str:
    """The name that the network gives the caller; "" where it only says that he hides it."""
    return "" if is_anonymous(name) else name


def _when_drawn(each: Any) -> Any:
    """The filter as one that jinja cannot ask while it compiles: what it makes of a constant must
    not be kept when the filter is another tomorrow."""
    if getattr(each, "jinja_pass_arg", None) is not None:
        return each
    return pass_context(lambda _context, *given, **named: each(*given, **named))


def _saying(gettext: Callable[[str], str]) -> Callable[..., Markup]:
    """`_` of templates as jinja's own does it, but looks a text up once: a card says fifty."""
    said = cache(lambda text: Markup(gettext(text)))  # noqa: S704 - our own texts

    def say(text: str, **named: object) -> Markup:
        return said(text) % named if named or "%" in text else said(text)

    return say


def _icon(assets: Assets, name: str) -> Markup:
    """A picture of the sprite; it says nothing to a screen reader, the text beside it does."""
    address = assets.url("img/icons.svg")
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>').format(
        address, name
    )


def _reader(context: Context) -> Reader:
    reader = context["reader"]
    assert isinstance(reader, Reader)
    return reader


@pass_context
def _moment(context: Context, at: datetime | None) -> Markup:
    """`<time>` with the short form, the full one as its tooltip; a dash for None."""
    if at is None:
        return Markup("–")
    reader = _reader(context)
    return _time(reader, at, formats.moment(reader, at, context["now"]))


@pass_context
def _clock_time(context: Context, at: datetime) -> Markup:
    reader = _reader(context)
    return _time(reader, at, formats.clock_time(reader, at))


@pass_context
def _ago(context: Context, at: datetime) -> Markup:
    reader = _reader(context)
    return _time(reader, at, formats.ago(reader, at, context["now"]))


@pass_context
def _time_since(context: Context, at: datetime) -> Markup:
    reader = _reader(context)
    return _time(reader, at, formats.time_since(reader, at, context["now"]))


@pass_context
def _running(context: Context, since: datetime) -> Markup:
    """Seconds since an instant, kept running by `clocks.js`."""
    return _clock("since", since, (context["now"] - since).total_seconds())


@pass_context
def _remaining(context: Context, until: datetime) -> Markup:
    """Seconds until an instant, kept running down by `clocks.js`."""
    return _clock("until", until, (until - context["now"]).total_seconds())


# Written out, not by Markup.format, which takes a template apart each time; all parts are escaped.
def _time(reader: Reader, at: datetime, shown: str) -> Markup:
    title = escape(formats.full_moment(reader, at))
    return Markup(  # noqa: S704 - see above
        f'<time datetime="{formats.machine(at)}" title="{title}">{escape(shown)}</time>'
    )


def _clock(kind: str, at: datetime, seconds: float) -> Markup:
    shown = formats.duration(seconds)
    return Markup(  # noqa: S704 - see above
        f'<time class="clock" data-{kind}="{formats.machine(at)}">{shown}</time>'
    )


def _lines(text: str) -> Markup:
    """What a person wrote over several lines, as he broke them."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())


def _options_but(colleagues: Iterable[Colleague], agent_id: int) -> Markup:
    """`<option>`s for all colleagues but one; the rest of a card is far less than hundreds."""
    options = _options(tuple(colleagues))
    # Each is escaped already; Markup's own join would look at all of them again.
    return Markup("".join([option for each, option in options if each != agent_id]))  # noqa: S704


@lru_cache(maxsize=2)
def _options(colleagues: tuple[Colleague, ...]) -> tuple[tuple[int, Markup], ...]:
    option = Markup('<option value="{}">{}</option>')
    return tuple((each.agent_id, option.format(each.agent_id, each.name)) for each in colleagues)


FILTERS: dict[str, Any] = {
    "moment": _moment,
    "clock_time": _clock_time,
    "seconds_time": pass_context(lambda context, at: formats.seconds_time(_reader(context), at)),
    "ago": _ago,
    "time_since": _time_since,
    "running": _running,
    "remaining": _remaining,
    "day": pass_context(lambda context, at: formats.day(_reader(context), at)),
    "weekday_day": pass_context(lambda context, on: formats.weekday_day(_reader(context), on)),
    "short_day": pass_context(lambda context, at: formats.short_day(_reader(context), at)),
    "duration": formats.duration,
    "heard_name": _heard_name,
    "is_hidden": lambda heard: bool(heard) and is_anonymous(heard),
    "lasting": pass_context(lambda context, s: formats.lasting(_reader(context), s)),
    "number": pass_context(lambda context, value: formats.number(_reader(context), value)),
    "percent": pass_context(lambda context, share: formats.percent(_reader(context), share)),
    "money": pass_context(
        lambda context, amount, currency: formats.money(_reader(context), amount, currency)
    ),
    "file_size": pass_context(lambda context, size: formats.file_size(_reader(context), size)),
    "country": pass_context(lambda context, code: formats.country(_reader(context), code)),
    "machine": formats.machine,
    "for_input": pass_context(lambda context, at: formats.for_input(_reader(context), at)),
    "sentence": pass_context(
        lambda context, code, values=None: sentence(_reader(context), code, values)
    ),
    "link_reason": pass_context(lambda context, reason: link_reason(_reader(context), reason)),
    "word": pass_context(lambda context, stored, about: word(_reader(context), stored, about)),
    "lines": _lines,
    "options_but": _options_but,
    "role": pass_context(lambda context, role: _reader(context).gettext(ROLE_NAMES[role])),
    "pairs": lambda values: [(value, value) for value in values],
}
