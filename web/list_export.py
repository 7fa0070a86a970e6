"""A list as a file: the columns as they are shown, all of its rows."""

from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from aiohttp import web

from crm_core import audit
from crm_core.lists.reading import Asked, iterate
from crm_core.lists.shapes import ColumnType, ListColumn
from crm_core.money import minor_digits
from web.i18n import N_, Reader
from web.list_words import TITLES, column_title, task_title
from web.sheets import LIMITS, Cell, Format, Sheet, parting_of
from web.visits import person, services, visit
from web.words import word

__all__ = ["LIMITS", "Format", "send_list"]
_WIDTHS: Final[Mapping[ColumnType, int]] = {
    ColumnType.NAME: 36,
    ColumnType.CLIENT: 32,
    ColumnType.TEXTS: 28,
    ColumnType.NUMBERS: 28,
    ColumnType.MOMENT: 18,
    ColumnType.STEP: 32,
    ColumnType.TASK: 48,
    ColumnType.PARTY: 30,
    ColumnType.WHOSE: 24,
    ColumnType.OPENING: 18,
    ColumnType.DUE: 18,
    ColumnType.SECONDS: 12,
}
_USUAL_WIDTH: Final = 18


async def send_list(
    request: web.Request, asked: Asked, condition: Any, form: Format, noted: Mapping[str, Any]
) -> web.StreamResponse:
    """Note the export with what is `noted` of it, then stream the rows under `condition`."""
    built, reader, now = services(request), visit(request).reader, services(request).clock.now()
    name, actor = asked.shape.name, person(request)
    columns = [asked.shape.columns[each] for each in asked.question.columns]
    async with built.storage.write() as tx:
        await audit.record(tx, now, actor.id, "exported", name.value, form.value, **noted)

    async def rows() -> AsyncIterator[list[list[Cell]]]:
        async for piece in iterate(built.storage, asked, condition):
            yield [[cell for c in columns for cell in cells(reader, c, row, now)] for row in piece]

    sheet = Sheet(
        reader.gettext(TITLES[name]),
        [heading for column in columns for heading in _headings(reader, column)],
        rows,
        parting_of(reader.language),
    )
    local = now.astimezone(reader.zone)
    return await sheet.send(request, form, f"{name}-{local:%Y-%m-%d-%H%M}")


def cells(reader: Reader, column: ListColumn, row: Mapping[str, Any], now: datetime) -> list[Cell]:
    """The cells of one column in one row: money is an amount and its currency, who is at the other
    end a name and a number."""
    value = column.value(row)
    if column.type is ColumnType.MONEY:
        return [None, None] if value is None else [_amount(*value), value[1]]
    if column.type is ColumnType.PARTY:
        return [value[0] or None, value[1] or None]
    return [None if value is None else _cell(reader, column, value, now)]


def _cell(reader: Reader, column: ListColumn, value: Any, now: datetime) -> Cell:
    match column.type:
        case ColumnType.NAME | ColumnType.CLIENT:
            return str(value[1])
        case ColumnType.TEXTS | ColumnType.NUMBERS:
            return ", ".join(value)
        case ColumnType.TAGS:
            return ", ".join(tag.title for tag in value)
        case ColumnType.WORD:
            return word(reader, value, column.words)
        case ColumnType.OUTCOME:
            return word(reader, value, "outcome") if value else reader.gettext(N_("Live"))
        case ColumnType.WAY:
            return word(reader, value, "direction")
        case ColumnType.TASK:
            return task_title(reader, value)
        case ColumnType.WHOSE:
            return str(value[0] or value[1])
        case ColumnType.ENDING:
            return ", ".join(filter(None, (word(reader, value[0], "task_ending"), value[1])))
        case ColumnType.SECONDS:
            return round(float(value))
        case ColumnType.YES_NO:
            return reader.gettext("yes") if value else None
        case ColumnType.STAGE:
            return str(value.title)
        case ColumnType.STEP:
            due = value.due_at.astimezone(reader.zone)
            return f"{due:%Y-%m-%d %H:%M} {value.text}".strip()
        case ColumnType.MOMENT | ColumnType.OPENING:
            return _local(reader, value)
        case ColumnType.DUE:
            return _local(reader, value.due_at)
        case ColumnType.DAY | ColumnType.DEADLINE:
            return value if isinstance(value, date) else None
        case ColumnType.DAYS:
            return max(0, int((now - value).days))
        case ColumnType.NUMBER:
            return value if isinstance(value, Decimal) else None
        case _:
            return str(value)


def _headings(reader: Reader, column: ListColumn) -> list[tuple[str, int]]:
    heading = (column_title(reader, column), _WIDTHS.get(column.type, _USUAL_WIDTH))
    if column.type is ColumnType.SECONDS:
        return [(reader.gettext("%(title)s, s", title=heading[0]), heading[1])]
    beside = {
        ColumnType.MONEY: (reader.gettext(N_("Currency")), 10),
        ColumnType.PARTY: (reader.gettext(N_("Number")), 18),
    }
    return [heading, *([beside[column.type]] if column.type in beside else [])]


def _amount(amount: int, currency: str) -> Decimal:
    return Decimal(amount).scaleb(-minor_digits(currency))


def _local(reader: Reader, at: datetime) -> datetime:
    """As the reader's wall clock shows it: a spreadsheet knows no zones."""
    return at.astimezone(reader.zone).replace(tzinfo=None, microsecond=0)
