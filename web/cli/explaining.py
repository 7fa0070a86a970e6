"""What a command says of an error that is no fault of ours: one sentence that says what to do."""

import errno
from socket import gaierror
from typing import Final

from sqlalchemy.exc import DBAPIError
from typer.exceptions import TyperException

from crm_core.errors import CrmError, Invalid
from crm_core.storage.backup import BackupImpossible
from crm_core.storage.restore import RestoreImpossible
from telephony.errors import TelephonyError
from web.cli.misread import misread
from web.i18n import N_, Reader
from web.listen import ListenRefused
from web.refusals import Refusal
from web.sentences import sentence
from web.words import word

SYSTEM_REASONS: Final[dict[str, str]] = {
    "ENOENT": N_("there is no such file or folder"),
    "EACCES": N_("this user has no right to read or write here"),
    "EPERM": N_("this user has no right to read or write here"),
    "EISDIR": N_("this is a folder, and a file is needed"),
    "ENOTDIR": N_("a part of this path is a file, and a folder is needed"),
    "EEXIST": N_("there is something of this name already"),
    "ENOSPC": N_("the disk is full; make room or choose another place"),
    "EDQUOT": N_("the disk is full; make room or choose another place"),
    "EFBIG": N_("the file would be larger than is allowed here"),
    "EROFS": N_("this disk can only be read; choose another place"),
    "ENAMETOOLONG": N_("this name is too long"),
    "ELOOP": N_("this link leads in a circle"),
    "EIO": N_("the disk cannot be read or written; have it looked at"),
    "EMFILE": N_("too many files are open at once"),
    "EADDRINUSE": N_("another program uses this port; stop it or choose another port"),
    "EADDRNOTAVAIL": N_("this machine has no such address"),
    "ECONNREFUSED": N_("nothing answers there; see whether it runs"),
    "ECONNRESET": N_("the other end broke the connection"),
    "ETIMEDOUT": N_("nothing answers there in time"),
    "EHOSTUNREACH": N_("there is no way to that machine"),
    "ENETUNREACH": N_("there is no way to that machine"),
}
LISTEN_REASONS: Final[dict[str, str]] = {
    "login_failed": N_("This login and password do not fit together."),
    "too_many_logins": N_("Too many attempts to log in. Wait a minute and try again."),
    "not_perezvon": N_("What answers at that address is not Perezvon: look at --url."),
    "not_secure": N_(
        "No secure connection can be made with that address: look at --url and at its certificate."
    ),
}
_BACKUP_REASONS: Final[dict[str, str]] = {
    **SYSTEM_REASONS,
    "folder_missing": N_("there is no such folder; make it or choose another place"),
    "database_missing": N_("there is no database yet; look at [database] url"),
    "database_damaged": N_("the database is damaged; keep the older copies"),
    "pg_dump_missing": N_("the program pg_dump is missing; install PostgreSQL's client programs"),
    "pg_restore_missing": N_(
        "the program pg_restore is missing; install PostgreSQL's client programs"
    ),
    "backup_damaged": N_("the copy is damaged; take an older one"),
    "strange_tables": N_(
        "there are tables of other programs in that database; give Perezvon one of its own"
    ),
}
_NO_SUCH_HOST = N_("there is no machine of this name")

_INCOMPLETE = N_("The database is not complete. Run: perezvon migrate")
_READ_ONLY = N_("The database may only be read by this user. Give the right to write.")
_DATABASE: Final[dict[str, str]] = {
    "password": N_("The database does not accept our name and password: look at [database] url."),
    "no such table": _INCOMPLETE,
    "relation": _INCOMPLETE,
    "does not exist": N_("The server has no such database or role: look at [database] url."),
    "not a database": N_("The file in [database] url is no database of ours. Name another."),
    "malformed": N_("The database file is damaged. Put a backup in its place."),
    "readonly": _READ_ONLY,
    "read-only": _READ_ONLY,
    "unable to open": N_(
        "The database file cannot be opened: look at [database] url and at the rights."
    ),
    "is full": N_("The disk is full: the database cannot grow. Make room."),
    "locked": N_("Another program holds the database for too long. Try again when it is done."),
    "too many c": N_("The database takes no more connections. Try again in a while."),
}
"""What the drivers say, by a word in it, and our sentence."""


def explained(error: Exception, reader: Reader) -> str | None:
    """The sentence; None for what is a fault of ours."""
    match error:
        case Refusal():
            return error.said(reader)
        case TyperException():
            return misread(error, reader)
        case Invalid():
            said = sentence(reader, error.code, error.values)
            return f"{word(reader, error.field, 'audit_field')}: {said}"
        case BackupImpossible() | RestoreImpossible():
            reason = _BACKUP_REASONS.get(str(error.values["reason"]), "")
            told = {"reason": reader.gettext(reason)} if reason else {}
            return sentence(reader, error.code, {**error.values, **told})
        case CrmError():
            return sentence(reader, error.code, error.values)
        case TelephonyError():
            return sentence(reader, error.code, vars(error))
        case ListenRefused():
            return reader.gettext(LISTEN_REASONS[error.code])
        case DBAPIError():
            return _database(str(error.orig), reader)
        case UnicodeError():
            return reader.gettext(
                N_("Some characters are not UTF-8 text. Set the terminal to UTF-8 and try again.")
            )
        case ConnectionError() | gaierror() | TimeoutError():
            reason = system_reason(error, reader)
            return reader.gettext(N_("The database cannot be reached: %(reason)s."), reason=reason)
        case OSError():
            return _system(error, reader)
        case _:
            return None


def system_reason(error: OSError, reader: Reader) -> str:
    """Why the operating system would not, as the end of a sentence."""
    if isinstance(error, gaierror):
        return reader.gettext(_NO_SUCH_HOST)
    usual = "ETIMEDOUT" if isinstance(error, TimeoutError) else ""
    usual = "ECONNREFUSED" if isinstance(error, ConnectionError) else usual
    known = SYSTEM_REASONS.get(errno.errorcode.get(error.errno or 0, usual))
    return reader.gettext(known) if known else str(error.strerror or error)


def _system(error: OSError, reader: Reader) -> str:
    reason = system_reason(error, reader)
    if error.filename is None:
        return reader.gettext(N_("The system will not: %(reason)s."), reason=reason)
    return f"{error.filename}: {reason}."


def _database(words: str, reader: Reader) -> str:
    for mark, text in _DATABASE.items():
        if mark in words.lower():
            return reader.gettext(text)
    return reader.gettext(N_("The database does not answer as it should: %(words)s"), words=words)
