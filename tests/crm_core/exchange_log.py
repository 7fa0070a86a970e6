"""Asterisk's log of channel events as a file of the tests' own, and what a watcher heard of it."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from crm_core.catchup.logs import Logs
from crm_core.catchup.sources import open_cel
from telephony.catchup.interpreting import Interpreter
from telephony.catchup.rows import CelRow
from telephony.events import CallRecord, Fact
from telephony.tracker import CallTracker


def columns_of(row: CelRow) -> dict[str, str]:
    """The row by the names of Asterisk's own sample."""
    return {
        "eventtype": row.kind,
        "eventtime": row.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
        "cid_name": row.name,
        "cid_num": row.number,
        "exten": row.exten,
        "context": row.context,
        "channame": row.channel,
        "appname": row.app,
        "appdata": row.app_data,
        "uniqueid": row.uniqueid,
        "linkedid": row.linkedid,
        "userdeftype": row.note,
        "extra": json.dumps(dict(row.extra)) if row.extra else "",
    }


def in_sqlite(path: Path, rows: Sequence[CelRow]) -> str:
    """Append the rows as cel_sqlite3_custom does; the address."""
    with closing(sqlite3.connect(path)) as database:
        names = list(columns_of(rows[0])) if rows else ["eventtype"]
        columns = ", ".join(names)
        database.execute(f"CREATE TABLE IF NOT EXISTS cel (AcctId INTEGER PRIMARY KEY, {columns})")
        marks = ", ".join("?" * len(names))
        values = [tuple(columns_of(row).values()) for row in rows]
        database.executemany(f"INSERT INTO cel ({columns}) VALUES ({marks})", values)
        database.commit()
    return f"sqlite:///{path}"


def logs_of(path: Path, rows: Sequence[CelRow]) -> Logs:
    """An exchange's log with these rows."""
    return Logs(cel=open_cel(in_sqlite(path, rows), "UTC"))


def watch(
    rows: Iterable[CelRow], is_phone: Callable[[str], bool]
) -> tuple[list[Fact], tuple[CallRecord, ...], datetime]:
    """What a watcher has heard by the last of these rows, whom he then knows on the line, and when
    that was."""
    rows = list(rows)
    tracker = CallTracker(is_phone)
    facts = [fact for wire in Interpreter(rows).wires() for fact in tracker.feed(wire)]
    return facts, tracker.live(), max(row.at for row in rows)
