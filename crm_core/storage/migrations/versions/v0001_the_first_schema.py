"""The first schema: people, clients, calls, tasks"""

import sqlalchemy as sa
from alembic import op

revision = 'v0001'
down_revision = None


def upgrade() -> None:
    op.create_table('agents',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('login', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('role', sa.String(length=32), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('language', sa.String(length=8), server_default='en', nullable=False),
    sa.Column('time_zone', sa.String(length=64), server_default='UTC', nullable=False),
    sa.Column('theme', sa.String(length=8), server_default='auto', nullable=False),
    sa.Column('active', sa.Boolean(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("role IN ('operator', 'supervisor', 'head_of_sales', 'administrator')", name=op.f('ck_agents_role_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agents')),
    sa.UniqueConstraint('login', name=op.f('uq_agents_login'))
    )
    op.create_table('dispositions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.Column('needs_next_step', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('active', sa.Boolean(), server_default='1', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispositions')),
    sa.UniqueConstraint('code', name=op.f('uq_dispositions_code'))
    )
    op.create_table('pause_reasons',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.Column('active', sa.Boolean(), server_default='1', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pause_reasons')),
    sa.UniqueConstraint('code', name=op.f('uq_pause_reasons_code'))
    )
    op.create_table('queues',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=128), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('wrap_up_seconds', sa.Integer(), server_default='60', nullable=False),
    sa.Column('wrap_up_skippable', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('next_step_required', sa.Boolean(), server_default='1', nullable=False),
    sa.Column('callback_due_seconds', sa.Integer(), server_default='900', nullable=False),
    sa.Column('active', sa.Boolean(), server_default='1', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_queues')),
    sa.UniqueConstraint('name', name=op.f('uq_queues_name'))
    )
    op.create_table('agent_state_log',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.String(length=64), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seconds', sa.Float(), nullable=True),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_agent_state_log_agent_id_agents'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agent_state_log'))
    )
    with op.batch_alter_table('agent_state_log', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_agent_state_log_agent_id'), ['agent_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_agent_state_log_started_at'), ['started_at'], unique=False)

    op.create_table('audit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=True),
    sa.Column('action', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('subject_id', sa.String(length=150), nullable=False),
    sa.Column('details', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_audit_agent_id_agents')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit'))
    )
    with op.batch_alter_table('audit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_at'), ['at'], unique=False)
        batch_op.create_index('ix_audit_subject', ['subject', 'subject_id'], unique=False)

    op.create_table('clients',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=300), nullable=False),
    sa.Column('owner_agent_id', sa.Integer(), nullable=True),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('search', sa.Text(), server_default='', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('organisation', 'person')", name=op.f('ck_clients_kind_known')),
    sa.ForeignKeyConstraint(['created_by'], ['agents.id'], name=op.f('fk_clients_created_by_agents')),
    sa.ForeignKeyConstraint(['owner_agent_id'], ['agents.id'], name=op.f('fk_clients_owner_agent_id_agents')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clients'))
    )
    with op.batch_alter_table('clients', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_clients_owner_agent_id'), ['owner_agent_id'], unique=False)

    op.create_table('extensions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=16), nullable=False),
    sa.Column('interface', sa.String(length=128), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=True),
    sa.Column('active', sa.Boolean(), server_default='1', nullable=False),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_extensions_agent_id_agents')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_extensions')),
    sa.UniqueConstraint('interface', name=op.f('uq_extensions_interface')),
    sa.UniqueConstraint('number', name=op.f('uq_extensions_number'))
    )
    with op.batch_alter_table('extensions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_extensions_agent_id'), ['agent_id'], unique=False)

    op.create_table('queue_members',
    sa.Column('queue_id', sa.Integer(), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=False),
    sa.Column('penalty', sa.Integer(), server_default='0', nullable=False),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_queue_members_agent_id_agents'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['queue_id'], ['queues.id'], name=op.f('fk_queue_members_queue_id_queues'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('queue_id', 'agent_id', name=op.f('pk_queue_members'))
    )
    op.create_table('sessions',
    sa.Column('token_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_agent', sa.Text(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_sessions_agent_id_agents'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_sessions'))
    )
    with op.batch_alter_table('sessions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sessions_agent_id'), ['agent_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_sessions_expires_at'), ['expires_at'], unique=False)

    op.create_table('agent_states',
    sa.Column('agent_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.String(length=64), nullable=True),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('extension_id', sa.Integer(), nullable=True),
    sa.Column('call_id', sa.String(length=150), nullable=True),
    sa.Column('pause_reason', sa.String(length=64), nullable=True),
    sa.Column('leaving', sa.Boolean(), server_default='0', nullable=False),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_agent_states_agent_id_agents'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['extension_id'], ['extensions.id'], name=op.f('fk_agent_states_extension_id_extensions')),
    sa.PrimaryKeyConstraint('agent_id', name=op.f('pk_agent_states')),
    sa.UniqueConstraint('extension_id', name=op.f('uq_agent_states_extension_id'))
    )
    op.create_table('calls',
    sa.Column('call_id', sa.String(length=150), nullable=False),
    sa.Column('direction', sa.String(length=16), nullable=False),
    sa.Column('caller', sa.String(length=80), server_default='', nullable=False),
    sa.Column('caller_name', sa.String(length=300), server_default='', nullable=False),
    sa.Column('dialled', sa.String(length=80), server_default='', nullable=False),
    sa.Column('number', sa.String(length=32), server_default='', nullable=False),
    sa.Column('queue', sa.String(length=128), nullable=True),
    sa.Column('outcome', sa.String(length=16), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('wait_seconds', sa.Float(), server_default='0', nullable=False),
    sa.Column('talk_seconds', sa.Float(), server_default='0', nullable=False),
    sa.Column('hold_seconds', sa.Float(), server_default='0', nullable=False),
    sa.Column('ended_by', sa.String(length=16), nullable=True),
    sa.Column('hangup_cause', sa.Integer(), nullable=True),
    sa.Column('client_id', sa.Integer(), nullable=True),
    sa.Column('complete', sa.Boolean(), server_default='1', nullable=False),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_calls_client_id_clients')),
    sa.PrimaryKeyConstraint('call_id', name=op.f('pk_calls'))
    )
    with op.batch_alter_table('calls', schema=None) as batch_op:
        batch_op.create_index('ix_calls_client_started', ['client_id', 'started_at'], unique=False)
        batch_op.create_index('ix_calls_number_started', ['number', 'started_at'], unique=False)
        batch_op.create_index('ix_calls_open', ['started_at'], unique=False, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.create_index('ix_calls_started_at', ['started_at'], unique=False)

    op.create_table('contacts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('client_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=300), nullable=False),
    sa.Column('position', sa.String(length=200), server_default='', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_contacts_client_id_clients'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contacts'))
    )
    with op.batch_alter_table('contacts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_contacts_client_id'), ['client_id'], unique=False)

    op.create_table('number_choices',
    sa.Column('number', sa.String(length=32), nullable=False),
    sa.Column('client_id', sa.Integer(), nullable=False),
    sa.Column('chosen_by', sa.Integer(), nullable=True),
    sa.Column('chosen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['chosen_by'], ['agents.id'], name=op.f('fk_number_choices_chosen_by_agents')),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_number_choices_client_id_clients'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_number_choices'))
    )
    op.create_table('tasks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('text', sa.Text(), server_default='', nullable=False),
    sa.Column('client_id', sa.Integer(), nullable=True),
    sa.Column('call_id', sa.String(length=150), nullable=True),
    sa.Column('number', sa.String(length=32), server_default='', nullable=False),
    sa.Column('assignee_agent_id', sa.Integer(), nullable=True),
    sa.Column('queue', sa.String(length=128), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('call_count', sa.Integer(), server_default='0', nullable=False),
    sa.Column('last_call_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('escalated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_by', sa.Integer(), nullable=True),
    sa.Column('done_call_id', sa.String(length=150), nullable=True),
    sa.Column('ending', sa.String(length=16), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("kind IN ('next_step', 'callback', 'wrap_up')", name=op.f('ck_tasks_kind_known')),
    sa.ForeignKeyConstraint(['assignee_agent_id'], ['agents.id'], name=op.f('fk_tasks_assignee_agent_id_agents')),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_tasks_client_id_clients')),
    sa.ForeignKeyConstraint(['created_by'], ['agents.id'], name=op.f('fk_tasks_created_by_agents')),
    sa.ForeignKeyConstraint(['done_by'], ['agents.id'], name=op.f('fk_tasks_done_by_agents')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tasks'))
    )
    with op.batch_alter_table('tasks', schema=None) as batch_op:
        batch_op.create_index('ix_tasks_assignee_open', ['assignee_agent_id', 'done_at', 'due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_tasks_client_id'), ['client_id'], unique=False)
        batch_op.create_index('ix_tasks_due_open', ['done_at', 'due_at'], unique=False)
        batch_op.create_index('ix_tasks_number_open', ['number', 'done_at'], unique=False)
        batch_op.create_index('ix_tasks_queue_open', ['queue', 'done_at', 'due_at'], unique=False)

    op.create_table('call_holds',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('call_id', sa.String(length=150), nullable=False),
    sa.Column('interface', sa.String(length=128), nullable=False),
    sa.Column('parked', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['call_id'], ['calls.call_id'], name=op.f('fk_call_holds_call_id_calls'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_call_holds')),
    sa.UniqueConstraint('call_id', 'interface', 'started_at', name=op.f('uq_call_holds_call_id_interface_started_at'))
    )
    with op.batch_alter_table('call_holds', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_call_holds_call_id'), ['call_id'], unique=False)

    op.create_table('call_legs',
    sa.Column('uniqueid', sa.String(length=150), nullable=False),
    sa.Column('call_id', sa.String(length=150), nullable=False),
    sa.Column('channel', sa.String(length=128), nullable=False),
    sa.Column('interface', sa.String(length=128), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cause', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['call_id'], ['calls.call_id'], name=op.f('fk_call_legs_call_id_calls'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('uniqueid', name=op.f('pk_call_legs'))
    )
    with op.batch_alter_table('call_legs', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_call_legs_call_id'), ['call_id'], unique=False)

    op.create_table('call_linkedids',
    sa.Column('linkedid', sa.String(length=150), nullable=False),
    sa.Column('call_id', sa.String(length=150), nullable=False),
    sa.ForeignKeyConstraint(['call_id'], ['calls.call_id'], name=op.f('fk_call_linkedids_call_id_calls'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('linkedid', name=op.f('pk_call_linkedids'))
    )
    with op.batch_alter_table('call_linkedids', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_call_linkedids_call_id'), ['call_id'], unique=False)

    op.create_table('call_offers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('call_id', sa.String(length=150), nullable=False),
    sa.Column('interface', sa.String(length=128), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=True),
    sa.Column('queue', sa.String(length=128), nullable=True),
    sa.Column('offered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('result', sa.String(length=24), nullable=True),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_call_offers_agent_id_agents')),
    sa.ForeignKeyConstraint(['call_id'], ['calls.call_id'], name=op.f('fk_call_offers_call_id_calls'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_call_offers')),
    sa.UniqueConstraint('call_id', 'interface', 'offered_at', name=op.f('uq_call_offers_call_id_interface_offered_at'))
    )
    with op.batch_alter_table('call_offers', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_call_offers_agent_id'), ['agent_id'], unique=False)

    op.create_table('call_talks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('call_id', sa.String(length=150), nullable=False),
    sa.Column('interface', sa.String(length=128), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_call_talks_agent_id_agents')),
    sa.ForeignKeyConstraint(['call_id'], ['calls.call_id'], name=op.f('fk_call_talks_call_id_calls'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_call_talks')),
    sa.UniqueConstraint('call_id', 'interface', 'started_at', name=op.f('uq_call_talks_call_id_interface_started_at'))
    )
    with op.batch_alter_table('call_talks', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_call_talks_agent_id'), ['agent_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_call_talks_call_id'), ['call_id'], unique=False)

    op.create_table('call_transfers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('call_id', sa.String(length=150), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('from_interface', sa.String(length=128), nullable=False),
    sa.Column('to', sa.String(length=128), nullable=False),
    sa.ForeignKeyConstraint(['call_id'], ['calls.call_id'], name=op.f('fk_call_transfers_call_id_calls'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_call_transfers')),
    sa.UniqueConstraint('call_id', 'at', 'from_interface', name=op.f('uq_call_transfers_call_id_at_from_interface'))
    )
    with op.batch_alter_table('call_transfers', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_call_transfers_call_id'), ['call_id'], unique=False)

    op.create_table('client_numbers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('client_id', sa.Integer(), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=True),
    sa.Column('written', sa.String(length=64), nullable=False),
    sa.Column('e164', sa.String(length=20), nullable=True),
    sa.Column('extension', sa.String(length=16), server_default='', nullable=False),
    sa.Column('digits', sa.String(length=32), nullable=False),
    sa.Column('last_digits', sa.String(length=7), nullable=False),
    sa.Column('label', sa.String(length=64), server_default='', nullable=False),
    sa.Column('wrong', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_client_numbers_client_id_clients'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_client_numbers_contact_id_contacts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_client_numbers')),
    sa.UniqueConstraint('client_id', 'digits', 'extension', name=op.f('uq_client_numbers_client_id_digits_extension'))
    )
    with op.batch_alter_table('client_numbers', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_client_numbers_client_id'), ['client_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_client_numbers_contact_id'), ['contact_id'], unique=False)
        batch_op.create_index('ix_client_numbers_digits', ['digits'], unique=False)
        batch_op.create_index('ix_client_numbers_e164_client', ['e164', 'client_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_client_numbers_last_digits'), ['last_digits'], unique=False)

    op.create_table('wrap_ups',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('call_id', sa.String(length=150), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('deadline_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ending', sa.String(length=16), nullable=True),
    sa.Column('disposition_id', sa.Integer(), nullable=True),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('task_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_wrap_ups_agent_id_agents')),
    sa.ForeignKeyConstraint(['call_id'], ['calls.call_id'], name=op.f('fk_wrap_ups_call_id_calls'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['disposition_id'], ['dispositions.id'], name=op.f('fk_wrap_ups_disposition_id_dispositions')),
    sa.ForeignKeyConstraint(['task_id'], ['tasks.id'], name=op.f('fk_wrap_ups_task_id_tasks')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wrap_ups')),
    sa.UniqueConstraint('call_id', 'agent_id', name=op.f('uq_wrap_ups_call_id_agent_id'))
    )
    with op.batch_alter_table('wrap_ups', schema=None) as batch_op:
        batch_op.create_index('ix_wrap_ups_agent_open', ['agent_id', 'finished_at'], unique=False)
        batch_op.create_index('ix_wrap_ups_deadline_open', ['deadline_at'], unique=False, sqlite_where=sa.text('finished_at IS NULL'), postgresql_where=sa.text('finished_at IS NULL'))
