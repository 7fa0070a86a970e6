"""What people and programs write into fields that were not made for it."""

import ast
import inspect
import re
from functools import cache
from types import ModuleType
from typing import Final
from urllib.parse import quote_from_bytes

from web import day_fields
from web.guarding import Route
from web.routes import ROUTES
from web.views import people, task_fields
from web.views.wordlists import dispositions

NASTY: Final[tuple[bytes, ...]] = (
    b"",
    b" ",
    b"\0",
    b"a\0b",
    b"\r\nSet-Cookie: perezvon=stolen\r\n\r\n<b>",
    b"\xed\xa0\x80",  # half of a surrogate pair
    b"\xff\xfe\xfa",
    "\u202e\u2066\u200d\ufeff\u0085\u2028".encode(),
    "\u0661\u0662\u00b2\u2460".encode(),  # digits that are not 0 to 9
    b"x" * 20_000,
    "\u044f".encode() * 301,
    b"-1",
    b"0",
    b"1",
    b"999999999999999",
    b"2147483648",
    b"9223372036854775808",
    b"1e309",
    b"NaN",
    b"0x1f",
    b"0000-00-00T00:00",
    b"0001-01-01T00:00",
    b"9999-12-31T23:59",
    b"2026-03-29T02:30+99:99",
    b"2026-W01-1",
    b"2026-03-02T10:00:00.123456Z",
    b"agent:999999999",
    b"agent:\xd9\xa1",
    b"queue:\0",
    b"queue:" + b"q" * 5_000,
    b"../../../../etc/passwd",
    b"//evil.example/",
    b"' OR 1=1; DROP TABLE agents;--",
    b"%_[^]\\",
    b"{{ 7*7 }}{% for a in b %}${7*7}<%= 7 %>",
    b'=HYPERLINK("http://evil.example","x")',
    b"<script>alert(1)</script>",
    b"%(name)s%s%n%d{0}{name}",
    b"null",
    b"[]",
    b"hour",
    b"pattern",
    b"+79161234567, +79161234567; 112",
    b"+" * 400,
)

GOOD: Final[dict[str, bytes]] = {
    "name": b"somebody",
    "login": b"somebody",
    "title": b"Somebody",
    "code": b"something",
    "role": b"operator",
    "language": b"en",
    "time_zone": b"Europe/Moscow",
    "theme": b"auto",
    "kind": b"person",
    "password": b"correct horse battery",
    "again": b"correct horse battery",
    "number": b"+79161234567",
    "contact_name": b"Petya",
    "contact_number": b"+79161234568",
    "interface": b"PJSIP/777",
    "extension": b"1",
    "agent_id": b"1",
    "owner": b"1",
    "version": b"1",
    "client": b"1",
    "client_id": b"1",
    "text": b"Call back",
    "pick": b"hour",
    "due": b"hour",
    "due_at": b"2026-03-05T10:00",
    "assignee": b"agent:1",
    "disposition": b"1",
    "reason": b"lunch",
    "endpoint": b"PJSIP/101",
    "wrap_up_seconds": b"60",
    "from": b"2026-03-01",
    "until": b"2026-03-02",
    "period": b"own",
    "ask": b"1",
    "next": b"/me",
    "back": b"/tasks?view=mine",
    "direction": b"up",
    "campaign": b"1",
    "profile_key": b"ru",
    "mode": b"predictive",
    "view": b"all",
    "entry": b"1",
    "priority": b"5",
    "reasons": b"removed",
    "state": b"finished",
}
"""Something that fits, so that the field beside it is reached."""

_ASKED: Final = re.compile(
    r"(?:text|secret|number|record_id|choice|moment|ticked|value|get|read_day|_one_of)"
    r'\((?:form, |reader, )?"([a-z_]+)"'
)
_ELSEWHERE: Final = (day_fields, task_fields)  # what several views read alike


def fields_of(route: Route) -> list[str]:
    """Every field that the view's module reads from a form or an address, by its own source."""
    module = inspect.getmodule(getattr(route.view, "__func__", route.view))
    assert module is not None
    own = _strings_in(module) & _known()
    helped = [other for other in _ELSEWHERE if other.__name__ in inspect.getsource(module)]
    return sorted(own.union(*(_asked_in(other) for other in helped)))


@cache
def _known() -> frozenset[str]:
    """All field names of the edge; `FIELDS` and `ticks` are read in loops."""
    modules = {inspect.getmodule(getattr(each.view, "__func__", each.view)) for each in ROUTES}
    found = [_asked_in(module) for module in modules if module is not None]
    return frozenset().union(*found, people.FIELDS, dispositions.ticks, {"title"})


@cache
def _asked_in(module: ModuleType) -> frozenset[str]:
    return frozenset(_ASKED.findall(inspect.getsource(module)))


@cache
def _strings_in(module: ModuleType) -> frozenset[str]:
    tree = ast.walk(ast.parse(inspect.getsource(module)))
    constants = (node.value for node in tree if isinstance(node, ast.Constant))
    return frozenset(value for value in constants if isinstance(value, str))


def written(value: bytes) -> bytes:
    """A value as a form sends it."""
    return quote_from_bytes(value, safe="").encode()
