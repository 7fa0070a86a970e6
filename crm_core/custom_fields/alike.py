"""Own fields of two kinds of record that mean the same, and what of one fits into the other (pure):
the same title and type; of money the same currency; of choices those of the same title."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from crm_core.custom_fields.reading import CustomField
from crm_core.custom_fields.types import CHOOSING, FieldType

_NOTHING: Final[tuple[Any, ...]] = (None, "", [], False)


@dataclass(frozen=True, slots=True)
class Fitting:
    """The value of `source` as `target` keeps it."""

    source: CustomField
    target: CustomField
    value: Any


def fitting(
    sources: Iterable[CustomField], values: Mapping[str, Any], targets: Iterable[CustomField]
) -> list[Fitting]:
    """What stands in the sources and has a place among the targets, in their order; of several of
    the same meaning the first. Nothing comes to the eyes of a role that could not see it before."""
    found: dict[int, Fitting] = {}
    offered = list(targets)
    for source in sources:
        if _is_nothing(values.get(source.key)):
            continue
        target = next((each for each in offered if _means_the_same(source, each)), None)
        if target is None or target.id in found:
            continue
        value = _fitted(source, target, values[source.key])
        if not _is_nothing(value):
            found[target.id] = Fitting(source, target, value)
    return list(found.values())


def lacking(fits: Iterable[Fitting], values: Mapping[str, Any]) -> dict[str, Any]:
    """By key, what may be put where `values` says nothing: what stands is never written over."""
    return {
        each.target.key: each.value for each in fits if _is_nothing(values.get(each.target.key))
    }


def _means_the_same(source: CustomField, target: CustomField) -> bool:
    return (
        source.type is target.type
        and _title(source.title) == _title(target.title)
        and (source.type is not FieldType.MONEY or source.currency == target.currency)
        and source.hidden_from <= target.hidden_from
    )


def _fitted(source: CustomField, target: CustomField, value: Any) -> Any:
    if source.type not in CHOOSING:
        return value
    titles = {choice.id: _title(choice.title) for choice in source.choices}
    theirs = {
        _title(choice.title): choice.id for choice in reversed(target.choices) if choice.active
    }
    if not isinstance(value, list):
        return theirs.get(titles.get(value, ""))
    return sorted({theirs[titles[each]] for each in value if titles.get(each) in theirs})


def _title(written: str) -> str:
    return " ".join(written.split()).casefold()


def _is_nothing(value: Any) -> bool:
    # A sum of nought is a sum, and equals False.
    return value in _NOTHING and not (value == 0 and value is not False)
