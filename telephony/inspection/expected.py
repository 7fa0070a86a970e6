"""What we believe there is: compared with what the exchange has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Expected:
    """The queues (name -> title) and extensions (interface -> number) in use with us.

    `is_phone` judges interfaces as the tracker does; `corrected` names the endpoints about which
    people have said what they are. Where our own memory cannot be read nothing is `known` of the
    first two, and nothing is compared.
    """

    queues: Mapping[str, str]
    extensions: Mapping[str, str]
    is_phone: Callable[[str], bool]
    corrected: frozenset[str] = field(default_factory=frozenset)
    known: bool = True
