"""What an administrator arranges: desks, queues, teams and rules, reasons, dispositions."""

from dataclasses import dataclass

from crm_core.agents.extensions import Extensions
from crm_core.agents.queues import Queues
from crm_core.agents.wordlists import Dispositions, PauseReasons
from crm_core.clock import Clock
from crm_core.storage.engine import Storage


@dataclass(frozen=True, slots=True)
class Desks:
    """The commands on each list, made together; reads are in `agents/directory.py`.

    Each is for administrators, audited as from -> to, and announces `DirectoryChanged`.
    """

    extensions: Extensions
    queues: Queues
    pause_reasons: PauseReasons
    dispositions: Dispositions

    @classmethod
    def of(cls, storage: Storage, clock: Clock, *, technology: str = "PJSIP") -> "Desks":
        """`technology` makes the interface of an extension that names none: 101 is PJSIP/101."""
        return cls(
            Extensions(storage, clock, technology),
            Queues(storage, clock),
            PauseReasons(storage, clock),
            Dispositions(storage, clock),
        )
