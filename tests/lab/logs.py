"""What Asterisk itself wrote of the calls: the rows of its CEL and CDR logs, as they stand."""

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_STEADY_SECONDS = 0.3
_LIMIT_SECONDS = 10.0
TABLES = ("cel", "cdr")
_NOT_KEPT = frozenset({"AcctId", "calldate", "cid_ani", "cid_rdnis"})


@dataclass
class ExchangeLogs:
    """Gives the rows that were added since it was last asked."""

    path: Path
    _read: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TABLES, 0))

    def taken(self) -> dict[str, dict[str, Any]]:
        """Columns and rows of `cel` and `cdr`, once nothing more comes: Asterisk writes behind."""
        until, before = time.monotonic() + _LIMIT_SECONDS, -1
        while (count := self._count()) != before and time.monotonic() < until:
            before = count
            time.sleep(_STEADY_SECONDS)
        return {table: self._take(table) for table in TABLES}

    def _take(self, table: str) -> dict[str, Any]:
        with closing(sqlite3.connect(self.path)) as database:
            query = f"SELECT * FROM {table} WHERE AcctId > ? ORDER BY AcctId"
            found = database.execute(query, (self._read[table],))
            names = [one[0] for one in found.description]
            rows = found.fetchall()
        if rows:
            self._read[table] = rows[-1][names.index("AcctId")]
        kept = [index for index, name in enumerate(names) if name not in _NOT_KEPT]
        return {
            "columns": [names[index] for index in kept],
            "rows": [[row[index] for index in kept] for row in rows],
        }

    def _count(self) -> int:
        if not self.path.exists():
            return 0
        with closing(sqlite3.connect(self.path)) as database:
            return sum(
                database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES
            )
