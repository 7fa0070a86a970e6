"""A list's question as its address says it: one name a filter, the same for whoever opens it."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode

from crm_core.lists.reading import Cursor
from crm_core.lists.shapes import ListName
from crm_core.lists.tasks import STANDING
from crm_core.lists.values import ALL

SEARCH, SORT, COLUMNS, VIEW, LOOK = "search", "sort", "columns", "view", "look"
AFTER, BEFORE = "after", "before"
_USUAL_SORT: Final = {ListName.TASKS: "due", ListName.CALLS: "-began"}
BOARDED: Final = frozenset({ListName.LEADS, ListName.DEALS})
"""Lists whose page is a board as well."""
LONGEST_SEARCH: Final = 200
MOST_QUERY: Final = 20_000  # characters of a query that is sent in a form
_PLACE: Final = (AFTER, BEFORE)
_NOT_FILTERS: Final = frozenset({SEARCH, SORT, COLUMNS, VIEW, LOOK, *_PLACE, "page", "more", "did"})
# How the board, and addresses of old, say the same.
_BOARD: Final[Mapping[str, str]] = {"whose": "owner", "period": "expected"}
_ALIASED_WORDS: Final[Mapping[tuple[str, str], str]] = {
    ("owner", "all"): "",
    ("owner", "nobody"): "none",
    ("stale", "1"): "yes",
    ("missed", "1"): "yes",
    ("live", "1"): "yes",
}
_ENDS: Final = (".from", ".to")


@dataclass(frozen=True, slots=True)
class ListAddress:
    """What an address asks of a list, not yet understood. `states`: whether it says by itself
    what it wants, rather than naming a view that does."""

    name: ListName
    filters: Mapping[str, str] = field(default_factory=dict)
    search: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()
    view: str = ""
    cursor: Cursor | None = None
    states: bool = False

    @property
    def path(self) -> str:
        return f"/{self.name}"

    def but(self, **filters: str) -> "ListAddress":
        """The same with other filters, from the first page; "" takes a filter away."""
        kept = {**self.filters, **filters}
        return replace(
            self, filters={n: text for n, text in kept.items() if text}, cursor=None, states=True
        )

    def query(self) -> list[tuple[str, str]]:
        """Name by name, without the place in the list."""
        pairs = list(self.filters.items())
        pairs += [(SEARCH, self.search)] if self.search else []
        pairs += [(SORT, self.sort)] if self.sort else []
        pairs += [(COLUMNS, ",".join(self.columns))] if self.columns else []
        if not pairs and self.states:
            # Or else the view, or one's usual one, would say what is asked for.
            usual = _USUAL_SORT.get(self.name, "-created")
            return [(SORT, usual), (VIEW, self.view)] if self.view else [(VIEW, "all")]
        return pairs + ([(VIEW, self.view)] if self.view else [])

    def written(self, cursor: Cursor | None = None, path: str | None = None) -> str:
        """The address itself; `path`: of something else about the same records."""
        pairs = self.query()
        if self.name in BOARDED and path is None:
            pairs.append((LOOK, "list"))
        if cursor is not None:
            pairs.append((BEFORE if cursor.backwards else AFTER, write_cursor(cursor)))
        path = self.path if path is None else path
        return f"{path}?{urlencode(pairs)}" if pairs else path

    @property
    def as_query(self) -> str:
        """For forms that speak of the same records."""
        return urlencode(self.query())


def look_of(name: ListName) -> list[tuple[str, str]]:
    """What an address says besides, so that the list is shown and not the board."""
    return [(LOOK, "list")] if name in BOARDED else []


def read_address(name: ListName, query: Iterable[tuple[str, str]]) -> ListAddress:
    """The address of a request's query; several values of one filter are joined."""
    return _read(name, query)


def read_query_text(name: ListName, query: str) -> ListAddress:
    """The address that `as_query` wrote, as a form brings it back."""
    return _read(name, parse_qsl(query[:MOST_QUERY].lstrip("?"), max_num_fields=200))


def write_cursor(cursor: Cursor) -> str:
    """As `read_cursor` reads it."""
    key, kind = cursor.key, "v"
    if isinstance(key, datetime):
        key, kind = key.isoformat(), "t"
    elif isinstance(key, date):
        key, kind = key.isoformat(), "d"
    packed = json.dumps([kind, key, cursor.id], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def read_cursor(written: str, *, backwards: bool = False) -> Cursor | None:
    """The cursor; None, the first page, for what is none."""
    try:
        padded = written[:2000] + "=" * (-len(written) % 4)
        kind, key, record_id = json.loads(base64.urlsafe_b64decode(padded))
        if kind in ("t", "d"):
            key = (datetime if kind == "t" else date).fromisoformat(key)
    except (ValueError, TypeError, binascii.Error):
        return None
    if isinstance(key, datetime) and key.tzinfo is None:
        return None
    known = isinstance(key, (str, int, float, date)) and isinstance(record_id, (int, str))
    if not known or isinstance(key, bool) or isinstance(record_id, bool):
        return None
    if isinstance(record_id, int) and not abs(record_id) < 2**31:
        return None
    if isinstance(record_id, str) and ("\0" in record_id or _is_torn(record_id)):
        return None
    if isinstance(key, int) and abs(key) >= 2**63:
        return None
    if isinstance(key, str) and ("\0" in key or _is_torn(key)):
        return None
    return Cursor(key, record_id, backwards)


def _is_torn(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _read(name: ListName, pairs: Iterable[tuple[str, str]]) -> ListAddress:
    given: dict[str, list[str]] = {}
    for each, text in pairs:
        given.setdefault(each, []).append(text.replace("\0", "").strip())
    given = _OLD.get(name, dict)(given)
    filters = _filters(
        name, {each: texts for each, texts in given.items() if each not in _NOT_FILTERS}
    )

    def first(each: str) -> str:
        return given.get(each, [""])[0]

    after, before = first(AFTER), first(BEFORE)
    columns = [part.strip() for text in given.get(COLUMNS, []) for part in text.split(",")]
    return ListAddress(
        name,
        filters,
        first(SEARCH)[:LONGEST_SEARCH],
        first(SORT)[:64],
        tuple(dict.fromkeys(filter(None, columns)))[:100],
        first(VIEW)[:16],
        read_cursor(after) if after else read_cursor(before, backwards=True) if before else None,
        states=bool(filters or any(given.get(each) for each in (SEARCH, SORT, COLUMNS))),
    )


def _as_asked_of_calls(given: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Of old: a period or "own" days from and until, and a client by a part of his name."""
    asked = dict(given)
    first, last = asked.pop("from", [""])[0], asked.pop("until", [""])[0]
    period = asked.pop("period", [""])[0] or ("own" if first else "")
    if period == "own":
        period = f"{first}..{last}" if first or last else ALL
    if period:
        asked.setdefault("began", [period])
    if client := asked.pop("client", [""])[0]:
        asked.setdefault(SEARCH, [client])
    return asked


def _as_asked_of_tasks(given: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Of old: one person's tasks in one of the standing lists."""
    asked = dict(given)
    agent, view = asked.pop("agent", [""])[0], asked.get(VIEW, [""])[0]
    if not agent:
        return asked
    standing = STANDING.get(view)
    for each, text in (standing.filters if standing else {}).items():
        asked.setdefault(each, [text])
    if standing and standing.order:
        asked.setdefault(SORT, [standing.order])
    return {**asked, "assignee": [agent]}


_OLD: Final = {ListName.CALLS: _as_asked_of_calls, ListName.TASKS: _as_asked_of_tasks}


def _filters(list_name: ListName, given: Mapping[str, list[str]]) -> dict[str, str]:
    """Joined where there are several, and from the two ends of a span."""
    filters: dict[str, str] = {}
    for each, texts in given.items():
        name = _BOARD.get(each, each) if list_name in BOARDED else each
        for end in _ENDS:
            name = name.removesuffix(end)
        if name != each and each.endswith(_ENDS):
            ends = [given.get(name + end, [""])[0] for end in _ENDS]
            text = "..".join(ends) if any(ends) else ""
        else:
            text = ",".join(filter(None, texts))
        text = _ALIASED_WORDS.get((name, text), text)
        if text:
            filters.setdefault(name, text)
    return filters
