"""One index of all that can be found, filled from what is there

The texts are folded as today's questions are: whoever changes the folding fills the index anew.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from crm_core.search.folding import folded, packed

revision = 'v0005'
down_revision = 'v0004'

PAGE = 1000  # records at a time
PLACES = 2**40
CLIENT, LEAD, DEAL, TASK, NOTE, CALL_NOTE, CLIENT_NOTE = (PLACES * n for n in range(7, 0, -1))

SQLITE_INDEX = (
    "CREATE VIRTUAL TABLE search_index USING fts5(text, content='search_texts', "
    "content_rowid='id', tokenize='trigram case_sensitive 1', columnsize=0)",
    "CREATE TRIGGER search_texts_added AFTER INSERT ON search_texts BEGIN "
    "INSERT INTO search_index (rowid, text) VALUES (new.id, new.text); END",
    "CREATE TRIGGER search_texts_removed AFTER DELETE ON search_texts BEGIN "
    "INSERT INTO search_index (search_index, rowid, text) "
    "VALUES ('delete', old.id, old.text); END",
    "INSERT INTO search_index (search_index) VALUES ('rebuild')",
)
POSTGRESQL_INDEX = tuple(
    f"CREATE INDEX ix_search_texts_{group} ON search_texts USING gin (text gin_trgm_ops) "
    f"WITH (fastupdate = off) WHERE id > {lowest} AND id <= {highest + PLACES - 1}"
    for group, lowest, highest in (
        ('clients', CLIENT, CLIENT),
        ('work', TASK, LEAD),
        ('notes', CLIENT_NOTE, NOTE),
    )
)


def upgrade() -> None:
    op.create_table('search_texts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('record_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_texts')),
    sa.UniqueConstraint('record_id', 'kind', name=op.f('uq_search_texts_record_id_kind'))
    )
    op.create_table('openings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('record_id', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_openings_agent_id_agents'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_openings')),
    sa.UniqueConstraint('agent_id', 'kind', 'record_id', name=op.f('uq_openings_agent_id_kind_record_id'))
    )
    with op.batch_alter_table('openings', schema=None) as batch_op:
        batch_op.create_index('ix_openings_agent_opened', ['agent_id', 'opened_at'], unique=False)

    connection = op.get_bind()
    _fill(connection)
    is_sqlite = connection.dialect.name == 'sqlite'
    if not is_sqlite:
        _have_trigrams(connection)
    for statement in SQLITE_INDEX if is_sqlite else POSTGRESQL_INDEX:
        op.execute(statement)
    with op.batch_alter_table('clients', schema=None) as batch_op:
        batch_op.drop_column('search')


def _have_trigrams(connection: sa.Connection) -> None:
    """The extension comes with PostgreSQL; the owner of the database may switch it on."""
    from crm_core.search.extension import switch_on

    switch_on(connection)


def _fill(connection: sa.Connection) -> None:
    texts = sa.table('search_texts', *map(sa.column, ('id', 'kind', 'record_id', 'text')))
    for kind, place, rows in (
        ('client', CLIENT, _clients(connection)),
        ('lead', LEAD, _leads(connection)),
        ('deal', DEAL, _plain_rows(connection, 'deals', 'title', 'note', where='deleted_at IS NULL')),
        ('task', TASK, _plain_rows(connection, 'tasks', 'text', 'place')),
        ('note', NOTE, _plain_rows(connection, 'notes', 'text')),
        ('call_note', CALL_NOTE, _plain_rows(connection, 'wrap_ups', 'note', where="note <> ''")),
        ('client_note', CLIENT_NOTE, _plain_rows(
            connection, 'clients', 'note', where="note <> '' AND deleted_at IS NULL"
        )),
    ):
        compose = _unnamed if kind.endswith('note') else _named
        for page in rows:
            made = []
            for record_id, first, others in page:
                text = compose(first, others)
                if text:
                    place += 1
                    made.append({'id': place, 'kind': kind, 'record_id': record_id, 'text': text})
            if made:
                connection.execute(sa.insert(texts), made)


Page = list[tuple[int, str, list[str]]]


def _named(name: str, others: list[str]) -> str:
    words = packed(' '.join(filter(None, map(folded, others))))
    first = packed(folded(name))
    return f'^ {first} {words} '.replace('  ', ' ') if first or words else ''


def _unnamed(text: str, _others: list[str]) -> str:
    words = packed(folded(text))
    return f' {words} ' if words else ''


def _plain_rows(connection: sa.Connection, table: str, *columns: str, where: str = '1 = 1') -> Iterator[Page]:
    for rows in _pages(connection, table, columns, where):
        yield [(row[0], row[1], list(row[2:])) for row in rows]


def _clients(connection: sa.Connection) -> Iterator[Page]:
    where = 'client_since IS NOT NULL AND deleted_at IS NULL'
    for rows in _pages(connection, 'clients', ('name',), where):
        known = _ways_to_reach(connection, [row.id for row in rows])
        yield [(row.id, row.name, known.get(row.id, [])) for row in rows]


def _leads(connection: sa.Connection) -> Iterator[Page]:
    for rows in _pages(connection, 'leads', ('title', 'request', 'client_id'), 'deleted_at IS NULL'):
        asked = sa.text(
            'SELECT id, name FROM clients WHERE id IN :ids AND client_since IS NULL'
        ).bindparams(sa.bindparam('ids', [row.client_id for row in rows], expanding=True))
        names = {row.id: row.name for row in connection.execute(asked)}
        known = _ways_to_reach(connection, list(names)) if names else {}
        yield [
            (row.id, names[row.client_id], [row.title, *known.get(row.client_id, []), row.request])
            if row.client_id in names
            else (row.id, row.title, [row.request])
            for row in rows
        ]


def _pages(connection: sa.Connection, table: str, columns: Iterable[str], where: str) -> Iterator[list[Any]]:
    query = sa.text(
        f"SELECT id, {', '.join(columns)} FROM {table} WHERE id > :last AND ({where}) "
        'ORDER BY id LIMIT :page'
    )
    last = 0
    while rows := list(connection.execute(query, {'last': last, 'page': PAGE})):
        last = rows[-1].id
        yield rows


def _ways_to_reach(connection: sa.Connection, ids: list[int]) -> dict[int, list[str]]:
    """In the order in which they are composed ever after."""
    found: dict[int, list[str]] = {}
    for table, column, where in (
        ('contacts', 'name', '1 = 1'),
        ('client_numbers', 'digits', 'NOT wrong'),
        ('contact_points', 'written', 'NOT wrong'),
    ):
        query = sa.text(
            f'SELECT client_id, {column} FROM {table} WHERE client_id IN :ids AND {where} ORDER BY id'
        )
        for client_id, value in _of(connection, query, ids):
            found.setdefault(client_id, []).append(value)
    entities = sa.text(
        'SELECT client_id, name, requisites FROM legal_entities WHERE client_id IN :ids ORDER BY id'
    ).columns(requisites=sa.JSON())
    for client_id, name, requisites in _of(connection, entities, ids):
        values = requisites.values() if isinstance(requisites, dict) else ()
        known = found.setdefault(client_id, [])
        known += [name, *(value for value in values if isinstance(value, str))]
    return found


def _of(connection: sa.Connection, query: Any, ids: list[int]) -> Any:
    return connection.execute(query.bindparams(sa.bindparam('ids', ids, expanding=True)))
