"""What is told when the shape of the cards changes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldsReshaped:
    """These fields of a kind of record are found by other words than before, or by none."""

    kind: str
    field_ids: tuple[int, ...]
