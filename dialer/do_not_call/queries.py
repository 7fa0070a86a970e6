"""On which lists a number stands: for the decision to dial, in one statement over indexes."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    String,
    and_,
    case,
    cast,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.do_not_call.kinds import OPT_OUTS, ImportState, Listed, ListKind
from dialer.do_not_call.tables import (
    do_not_call_imported,
    do_not_call_imports,
    do_not_call_lists,
    do_not_call_numbers,
)


def standing(at: Any) -> ColumnElement[bool]:
    """The condition on `do_not_call_numbers` for what holds at `at`."""
    numbers = do_not_call_numbers.c
    return and_(numbers.removed_at.is_(None), or_(numbers.until.is_(None), numbers.until > at))


def naming(
    numbers: Collection[str], campaign_id: int | None, at: datetime
) -> CompoundSelect[str, str]:
    """SELECT of (e164, listed) for those of the numbers that stand somewhere: a word of `Listed`;
    a number may come several times. Of campaign lists only that campaign's count."""
    asked = [digits for digits in map(imported_form, numbers) if digits is not None]
    kept, imported = do_not_call_numbers.c, do_not_call_imported.c
    return union_all(
        kept_naming(kept.e164.in_(numbers), campaign_id, at),
        imported_naming(imported.number.in_(asked)),
    )


async def lists_naming(
    connection: AsyncConnection,
    numbers: Collection[str],
    campaign_id: int | None,
    at: datetime,
) -> dict[str, frozenset[str]]:
    """The words of `Listed` for each number that stands on a list; nothing for the others."""
    found = defaultdict[str, set[str]](set)
    if numbers:
        for e164, listed in await connection.execute(naming(numbers, campaign_id, at)):
            found[e164].add(listed)
    return {e164: frozenset(listed) for e164, listed in found.items()}


def kept_naming(which: Any, campaign_id: Any, at: Any) -> Any:
    """Of own and campaign lists; `which` is the condition on `do_not_call_numbers`. What is asked
    for may be values, or parameters of a statement that is compiled once."""
    kept, lists = do_not_call_numbers.c, do_not_call_lists.c
    own = case(
        (or_(*(kept.how == how for how in OPT_OUTS)), literal(Listed.OPT_OUT.value)),
        else_=literal(Listed.OWN.value),
    )
    listed = case((lists.kind == ListKind.CAMPAIGN, literal(Listed.CAMPAIGN.value)), else_=own)
    ours = or_(lists.kind != ListKind.CAMPAIGN, lists.campaign_id == campaign_id)
    return (
        select(kept.e164.label("e164"), listed.label("listed"))
        .select_from(do_not_call_numbers)
        .join(do_not_call_lists, lists.id == kept.list_id)
        .where(which, standing(at), lists.retired_at.is_(None), ours)
    )


def imported_naming(which: Any) -> Any:
    """Of national lists, which keep numbers in their `imported_form`; `which` is the condition on
    `do_not_call_imported`."""
    imported, imports, lists = do_not_call_imported.c, do_not_call_imports.c, do_not_call_lists.c
    written = literal("+").concat(cast(imported.number, String(20)))
    return (
        select(written.label("e164"), literal(Listed.NATIONAL.value).label("listed"))
        .select_from(do_not_call_imported)
        .join(do_not_call_imports, imports.id == imported.import_id)
        .join(do_not_call_lists, lists.id == imports.list_id)
        .where(
            which,
            imports.state == ImportState.IN_FORCE,
            lists.retired_at.is_(None),
        )
    )


def imported_form(e164: str) -> int | None:
    """The number as imported lists keep it; None for what is no E.164."""
    digits = e164[1:]
    plain = e164.startswith("+") and digits.isascii() and digits.isdecimal() and len(digits) < 16
    return int(digits) if plain else None
