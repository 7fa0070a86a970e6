"""What a deal is made of: so many of a thing at a price, with a discount; and the sum of it (pure).

Quantities are thousandths, discounts hundredths of a percent, money the smallest unit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

from crm_core.errors import Invalid
from crm_core.money import LARGEST_AMOUNT

WHOLE_QUANTITY: Final = 1000
LARGEST_QUANTITY: Final = 10**9 * WHOLE_QUANTITY
WHOLE_DISCOUNT: Final = 100 * 100
MOST_LINES: Final = 200


@dataclass(frozen=True, slots=True)
class DealLine:
    """One line of a deal; `product_id` is None for what is in no list."""

    id: int
    product_id: int | None
    title: str
    quantity: int
    unit: str
    price: int
    discount: int
    position: int

    @property
    def total(self) -> int:
        """What the line costs, a half rounded up."""
        return line_total(self.quantity, self.price, self.discount)


def line_total(quantity: int, price: int, discount: int) -> int:
    """The cost of a line, in the smallest unit, a half rounded up."""
    divisor = WHOLE_QUANTITY * WHOLE_DISCOUNT
    return (2 * quantity * price * (WHOLE_DISCOUNT - discount) + divisor) // (2 * divisor)


def checked_total(totals: Iterable[int]) -> int:
    """Their sum; Invalid("price", "amount_too_large") where nobody could mean it."""
    total = sum(totals)
    if total > LARGEST_AMOUNT:
        raise Invalid("price", "amount_too_large")
    return total


def read_quantity(written: str) -> int:
    """Thousandths of what a person typed: "2", "1,5". Invalid("quantity"): not_a_quantity."""
    value = _scaled("quantity", "not_a_quantity", written, WHOLE_QUANTITY)
    if not 0 < value <= LARGEST_QUANTITY:
        raise Invalid("quantity", "not_a_quantity", value=written)
    return value


def read_discount(written: str) -> int:
    """Hundredths of a percent of what a person typed: "", "5", "12,5 %". Invalid("discount"):
    not_a_discount."""
    value = _scaled("discount", "not_a_discount", written.strip().removesuffix("%") or "0", 100)
    if not 0 <= value <= WHOLE_DISCOUNT:
        raise Invalid("discount", "not_a_discount", value=written)
    return value


def written_scaled(value: int, scale: int) -> str:
    """The value as it is read again, without needless zeros: 1500 thousandths are "1.5"."""
    return f"{Decimal(value) / scale:f}"


def _scaled(field: str, code: str, written: str, scale: int) -> int:
    plain = "".join(written.split()).replace(",", ".")
    try:
        value = Decimal(plain) * scale
    except InvalidOperation:
        raise Invalid(field, code, value=written) from None
    if not value.is_finite() or abs(value) > LARGEST_QUANTITY:
        raise Invalid(field, code, value=written)
    return int(value.to_integral_value(ROUND_HALF_UP))
