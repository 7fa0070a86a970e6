"""What is told when the shape of the cards changes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldsReshaped:
    """There is something in `reshaped_fields`."""
