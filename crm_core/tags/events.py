"""What is told when a tag was renamed, joined or removed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsReshaped:
    """These records, by kind and id, are found by other tags than before."""

    records: tuple[tuple[str, int], ...]
