"""Messages of the screen pop as bytes for a socket; see docs/socket.md.

A message is rendered once for each language and zone, however many tabs it goes to: its serial is
the key of a small cache.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from screenpop.messages import Message, Notice, Put, Refresh, Remove, Snapshot
from web.formats import machine
from web.i18n import Reader
from web.office_lists import OfficeLists
from web.rendering import Rendering
from web.sentences import sentence

VERSION = 1
KEPT = 2_000  # rendered messages: all cards of 200 operators in two languages
KEPT_BYTES = 16 * 1024 * 1024  # and of a big office, whose cards offer every colleague, fewer


class Format(StrEnum):
    """`html` for pages, `json` for programs: the data itself instead of its picture."""

    HTML = "html"
    JSON = "json"


class Frames:
    """Turns messages into frames for a reader. `build` names the version of the page's scripts."""

    def __init__(
        self,
        rendering: Rendering,
        lists: OfficeLists,
        now: Callable[[], datetime],
        build: str,
    ) -> None:
        self._rendering = rendering
        self._lists = lists
        self._now = now
        self._build = build
        self._kept: OrderedDict[tuple[int, str, str, Format], bytes] = OrderedDict()
        self._kept_bytes = 0

    def html(self, reader: Reader, put: Put) -> str:
        """The element as the page itself shows it."""
        return self._render(reader, put.template, put.data, put.rank)

    def snapshot(self, snapshot: Snapshot, reader: Reader, form: Format) -> bytes:
        """The frame that says all there is."""
        head = {"type": "snapshot", "build": self._build, "areas": snapshot.areas}
        return self._frame(
            head, b"elements", (self._op(m, reader, form) for m in snapshot.elements)
        )

    def updates(self, messages: Sequence[Message], reader: Reader, form: Format) -> bytes:
        """The frame that says what has changed, in order."""
        ops = (self._op(message, reader, form) for message in messages)
        return self._frame({"type": "updates"}, b"ops", ops)

    def forget(self) -> None:
        """Render all anew: a list that cards show has changed."""
        self._kept.clear()
        self._kept_bytes = 0

    def _frame(self, head: dict[str, Any], name: bytes, ops: Iterable[bytes]) -> bytes:
        opening = msgspec.json.encode({"v": VERSION, **head, "now": machine(self._now())})
        return b'%s,"%s":[%s]}' % (opening[:-1], name, b",".join(ops))

    def _op(self, message: Message, reader: Reader, form: Format) -> bytes:
        serial = getattr(message, "serial", 0)
        key = (serial, reader.language, reader.time_zone, form)
        known = self._kept.get(key)
        if known is None:
            known = msgspec.json.encode(self._described(message, reader, form))
            self._keep(key, known)
        return known

    def _keep(self, key: tuple[int, str, str, Format], rendered: bytes) -> None:
        """For the other tabs; the oldest go when there are too many, or too large ones."""
        self._kept[key] = rendered
        self._kept_bytes += len(rendered)
        while len(self._kept) > KEPT or self._kept_bytes > KEPT_BYTES:
            self._kept_bytes -= len(self._kept.popitem(last=False)[1])

    def _described(self, message: Message, reader: Reader, form: Format) -> dict[str, Any]:
        match message:
            case Put():
                about = {"op": "put", "id": message.element_id, "area": message.area}
                return about | {"rank": message.rank} | self._shown(message, reader, form)
            case Remove():
                about = {"op": "remove", "id": message.element_id, "area": message.area}
                return about | (self._shown(message, reader, form) if message.template else {})
            case Refresh():
                return {"op": "refresh", "id": message.element_id}
            case Notice():
                text = sentence(reader, message.code, message.values)
                tone = {"good": True} if message.is_good else {}
                return {"op": "notice", "code": message.code, "text": text, **tone}
            case _:
                return {"op": "beat"}

    def _shown(self, message: Put | Remove, reader: Reader, form: Format) -> dict[str, Any]:
        if form == Format.JSON:
            return {"template": message.template, "data": message.data}
        rank = message.rank if isinstance(message, Put) else ""
        return {"html": self._render(reader, message.template or "", message.data, rank)}

    def _render(self, reader: Reader, template: str, data: object, rank: str) -> str:
        given = {"it": data, "rank": rank, "lists": self._lists}
        return self._rendering.render(reader, template, given).strip()
