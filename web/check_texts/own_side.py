"""Our own side: the database, the machine."""

from typing import Final

from web.check_texts.text import Text
from web.i18n import N_

DATABASE: Final = {
    "database.reached": Text(N_("The database answers (%(url)s).")),
    "database.not_made": Text(
        N_("There is no database yet (%(path)s)."),
        N_("The first start of Perezvon makes it: perezvon create-agent, then perezvon run."),
    ),
    "database.only_readable": Text(
        N_("%(path)s or its folder may only be read: nothing can be logged."),
        N_("Give the user that Perezvon runs as the right to write there."),
    ),
    "database.unreachable": Text(
        N_("The database cannot be reached (%(url)s): %(details)s"),
        N_("See whether PostgreSQL runs, and look at [database] url in perezvon.toml."),
    ),
    "database.login_refused": Text(
        N_("The database does not accept our name and password (%(url)s)."),
        N_("Look at [database] url in perezvon.toml, and at pg_hba.conf of PostgreSQL."),
    ),
    "database.not_there": Text(
        N_("The server has no such database (%(url)s)."),
        N_("Have it made, or look at [database] url in perezvon.toml."),
        "createdb --encoding=UTF8 perezvon",
    ),
    "database.full": Text(
        N_("The database has no room or no connection left: %(details)s"),
        N_("Make room on its disk, or allow more connections (max_connections)."),
    ),
    "database.damaged": Text(
        N_("The file of the database is damaged, or no database of ours: %(details)s"),
        N_("Look at [database] url. If it is the right file, put the newest backup in its place."),
    ),
    "database.unopenable": Text(
        N_("The file of the database cannot be opened: %(details)s"),
        N_("Look at [database] url, and at the rights of the file and its folder."),
    ),
    "database.locked": Text(
        N_("Another program holds the database: %(details)s"),
        N_("Check again when it is done."),
    ),
    "database.failing": Text(
        N_("The database does not answer as it should: %(details)s"),
        N_("Look at its own log, then check again."),
    ),
    "database.empty": Text(
        N_("The database is empty."),
        N_("The first start of Perezvon fills it: perezvon create-agent, then perezvon run."),
    ),
    "database.schema": Text(N_("It is up to date (%(revision)s).")),
    "database.older": Text(
        N_("It is older than this version of Perezvon (%(revision)s)."),
        N_("The next start brings it up to date; to do it now: perezvon migrate"),
    ),
    "database.newer": Text(
        N_("It was made by a newer version of Perezvon (%(revision)s)."),
        N_("Install that version: this one would damage it, and refuses to start."),
    ),
    "database.sqlite": Text(N_("It is SQLite %(version)s, in a file of its own.")),
    "database.postgresql": Text(N_("It is PostgreSQL %(version)s.")),
    "database.encoding": Text(
        N_("It stores text as %(encoding)s: Cyrillic and other letters may be refused."),
        N_("Have a database made with UTF-8, and take the old one's copy into it."),
        "createdb --encoding=UTF8 --template=template0 perezvon",
    ),
    "database.trigrams_off": Text(
        N_("The extension pg_trgm, which the search needs, is not switched on in it."),
        N_("Perezvon does it at the next start where its user may; else an administrator has to."),
        'psql -d perezvon -c "CREATE EXTENSION pg_trgm"',
    ),
    "database.trigrams_missing": Text(
        N_("The extension pg_trgm, which the search needs, is not on its server."),
        N_("Install PostgreSQL's own package of extensions there."),
        "apt install postgresql-contrib",
    ),
    "database.alphabet": Text(N_("It knows the order of letters (%(collation)s).")),
    "database.alphabet_unknown": Text(
        N_(
            "It does not know the order of Russian letters (%(collation)s): in lists, Ё and small "
            "letters stand in the wrong place. Searching is not affected."
        ),
        N_("If that matters, have the database made anew, and take the old one's copy into it."),
        "createdb --encoding=UTF8 --locale=ru_RU.UTF-8 --template=template0 perezvon",
    ),
}

MACHINE: Final = {
    "machine.disk": Text(N_("The disk of %(folder)s has %(megabytes)s MB free.")),
    "machine.disk_little": Text(
        N_("The disk of %(folder)s has only %(megabytes)s MB free."),
        N_("A year of a busy office takes about 2,000 MB. Make room in time."),
    ),
    "machine.disk_full": Text(
        N_("The disk of %(folder)s is nearly full: %(megabytes)s MB are free."),
        N_("Make room now: when it is full, no call can be logged."),
    ),
    "machine.disk_unseen": Text(
        N_("The disk of %(folder)s could not be looked at: %(details)s"),
        N_("Look at [database] url, and at the rights of the folder."),
    ),
    "machine.versions": Text(N_("Perezvon %(perezvon)s, Python %(python)s.")),
}
