"""What is asked of a list: read from names and words as an address has them (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm_core.errors import Invalid
from crm_core.lists.filters import Asking
from crm_core.lists.shapes import ListShape, Order
from crm_core.lists.values import LONGEST, Value

MOST_COLUMNS = 30


@dataclass(frozen=True, slots=True)
class ListQuestion:
    """`written` holds each filter as an address writes it, the usual ones too; `values` what it
    means. `refused`: what could not be understood; then nothing is asked for."""

    written: Mapping[str, str]
    values: Mapping[str, Value]
    refused: tuple[Invalid, ...]
    search: str
    order: str
    columns: tuple[str, ...]

    @property
    def narrows(self) -> bool:
        """Whether anything but all is asked for."""
        return bool(self.written or self.search)


def read_question(
    shape: ListShape,
    asked: Mapping[str, str],
    asking: Asking,
    *,
    search: str = "",
    order: str = "",
    columns: Sequence[str] = (),
) -> ListQuestion:
    """Each filter of `asked` by its name; the usual ones where it says nothing of them."""
    written, values, refused = {}, {}, []
    for name, text in {**shape.usual_filters, **asked}.items():
        each = shape.filters.get(name)
        try:
            if each is None:
                raise Invalid(name, "filter_unknown", name=name[:40])
            if len(text) > LONGEST:
                raise Invalid(name, "filter_too_many", most=LONGEST)
            values[name] = each.read(text, asking)
        except Invalid as error:
            refused.append(error)
        written[name] = text
    try:
        find_order(shape, order)
    except Invalid as error:
        refused.append(error)
        order = ""
    shown = tuple(dict.fromkeys(name for name in columns if name in shape.columns))[:MOST_COLUMNS]
    return ListQuestion(
        written,
        values,
        tuple(refused),
        search.strip(),
        order or shape.usual_order,
        shown or shape.usual_columns,
    )


def find_order(shape: ListShape, written: str) -> tuple[Order, bool]:
    """ "-changed": by it, falling; "": the usual order. Raises Invalid("sort", "no_such_order")."""
    written = written or shape.usual_order
    order = shape.orders.get(written.removeprefix("-"))
    if order is None:
        raise Invalid("sort", "no_such_order", name=written[:40])
    return order, written.startswith("-")
