"""What is dialled"""

import sqlalchemy as sa
from alembic import op


revision = 'v0007'
down_revision = 'v0006'


def upgrade() -> None:
    op.create_table('answer_hours',
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('day', sa.String(length=16), nullable=False),
    sa.Column('hour', sa.Integer(), nullable=False),
    sa.Column('dialled', sa.Integer(), server_default='0', nullable=False),
    sa.Column('answered', sa.Integer(), server_default='0', nullable=False),
    sa.Column('as_of', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('kind', 'day', 'hour', name=op.f('pk_answer_hours'))
    )
    op.create_table('campaigns',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=16), server_default='draft', nullable=False),
    sa.Column('profile_key', sa.String(length=64), nullable=False),
    sa.Column('mode', sa.String(length=16), nullable=False),
    sa.Column('pacing', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('retry', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('quotas', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('hours', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('verdicts', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('caller_label', sa.String(length=64), server_default='', nullable=False),
    sa.Column('caller_number', sa.String(length=20), server_default='', nullable=False),
    sa.Column('seller_name', sa.String(length=200), server_default='', nullable=False),
    sa.Column('seller_number', sa.String(length=20), server_default='', nullable=False),
    sa.Column('script', sa.Text(), server_default='', nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('priority', sa.Integer(), server_default='5', nullable=False),
    sa.Column('owner_agent_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("mode IN ('preview', 'progressive', 'power', 'predictive')", name=op.f('ck_campaigns_mode_known')),
    sa.CheckConstraint("state IN ('draft', 'running', 'paused', 'finished')", name=op.f('ck_campaigns_state_known')),
    sa.ForeignKeyConstraint(['created_by'], ['agents.id'], name=op.f('fk_campaigns_created_by_agents')),
    sa.ForeignKeyConstraint(['owner_agent_id'], ['agents.id'], name=op.f('fk_campaigns_owner_agent_id_agents')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaigns'))
    )
    with op.batch_alter_table('campaigns', schema=None) as batch_op:
        batch_op.create_index('ix_campaigns_state', ['state', 'priority'], unique=False)

    op.create_table('consent_wordings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('retired_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by'], ['agents.id'], name=op.f('fk_consent_wordings_created_by_agents')),
    sa.ForeignKeyConstraint(['retired_by'], ['agents.id'], name=op.f('fk_consent_wordings_retired_by_agents')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent_wordings')),
    sa.UniqueConstraint('title', 'version', name=op.f('uq_consent_wordings_title_version'))
    )
    op.create_table('law_profile_changes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('profile_key', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('action', sa.String(length=16), nullable=False),
    sa.Column('values', sa.JSON(), nullable=False),
    sa.Column('loosened', sa.JSON(), server_default='[]', nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.Text(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_law_profile_changes_agent_id_agents')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_law_profile_changes')),
    sa.UniqueConstraint('profile_key', 'version', name=op.f('uq_law_profile_changes_profile_key_version'))
    )
    op.create_table('law_profiles',
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('base_key', sa.String(length=64), nullable=False),
    sa.Column('title', sa.String(length=200), server_default='', nullable=False),
    sa.Column('values', sa.JSON(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_by', sa.Integer(), nullable=True),
    sa.Column('reason', sa.Text(), server_default='', nullable=False),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['changed_by'], ['agents.id'], name=op.f('fk_law_profiles_changed_by_agents')),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_law_profiles'))
    )
    op.create_table('campaign_agents',
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_campaign_agents_agent_id_agents'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_campaign_agents_campaign_id_campaigns'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('campaign_id', 'agent_id', name=op.f('pk_campaign_agents'))
    )
    with op.batch_alter_table('campaign_agents', schema=None) as batch_op:
        batch_op.create_index('ix_campaign_agents_agent', ['agent_id'], unique=False)

    op.create_table('campaign_segments',
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('segment', sa.String(length=64), nullable=False),
    sa.Column('completed', sa.Integer(), server_default='0', nullable=False),
    sa.Column('leased', sa.Integer(), server_default='0', nullable=False),
    sa.Column('dialled', sa.Integer(), server_default='0', nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_campaign_segments_campaign_id_campaigns'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('campaign_id', 'segment', name=op.f('pk_campaign_segments'))
    )
    op.create_table('do_not_call_lists',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('title', sa.String(length=200), server_default='', nullable=False),
    sa.Column('country', sa.String(length=2), server_default='', nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=True),
    sa.Column('fresh_days', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('retired_by', sa.Integer(), nullable=True),
    sa.CheckConstraint("(kind = 'campaign') = (campaign_id IS NOT NULL)", name=op.f('ck_do_not_call_lists_whose_it_is')),
    sa.CheckConstraint("kind IN ('own', 'campaign', 'national')", name=op.f('ck_do_not_call_lists_kind_known')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_do_not_call_lists_campaign_id_campaigns')),
    sa.ForeignKeyConstraint(['created_by'], ['agents.id'], name=op.f('fk_do_not_call_lists_created_by_agents')),
    sa.ForeignKeyConstraint(['retired_by'], ['agents.id'], name=op.f('fk_do_not_call_lists_retired_by_agents')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_do_not_call_lists'))
    )
    with op.batch_alter_table('do_not_call_lists', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_do_not_call_lists_campaign_id'), ['campaign_id'], unique=False)

    op.create_table('entry_buckets',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('zones', sa.String(length=600), nullable=False),
    sa.Column('segment', sa.String(length=64), server_default='', nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_entry_buckets_campaign_id_campaigns'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_entry_buckets')),
    sa.UniqueConstraint('campaign_id', 'zones', 'segment', 'kind', name=op.f('uq_entry_buckets_campaign_id_zones_segment_kind'))
    )
    op.create_table('consents',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('client_id', sa.Integer(), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=True),
    sa.Column('contact_bound', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('person', sa.String(length=300), server_default='', nullable=False),
    sa.Column('e164', sa.String(length=20), nullable=True),
    sa.Column('purpose', sa.String(length=9), nullable=False),
    sa.Column('channel', sa.String(length=8), nullable=False),
    sa.Column('wording_id', sa.Integer(), nullable=False),
    sa.Column('evidence', sa.Text(), server_default='', nullable=False),
    sa.Column('call_id', sa.String(length=150), nullable=True),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Integer(), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_by', sa.Integer(), nullable=True),
    sa.Column('revoked_through', sa.String(length=8), nullable=True),
    sa.Column('revocation', sa.Text(), server_default='', nullable=False),
    sa.Column('superseded_by_id', sa.Integer(), nullable=True),
    sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('number_proof', sa.Text(), server_default='', nullable=False),
    sa.CheckConstraint("channel IN ('web_form', 'paper', 'call', 'email', 'message', 'import')", name=op.f('ck_consents_channel_known')),
    sa.CheckConstraint("purpose IN ('calls', 'recording', 'messages')", name=op.f('ck_consents_purpose_known')),
    sa.ForeignKeyConstraint(['call_id'], ['calls.call_id'], name=op.f('fk_consents_call_id_calls')),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_consents_client_id_clients')),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_consents_contact_id_contacts'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['recorded_by'], ['agents.id'], name=op.f('fk_consents_recorded_by_agents')),
    sa.ForeignKeyConstraint(['revoked_by'], ['agents.id'], name=op.f('fk_consents_revoked_by_agents')),
    sa.ForeignKeyConstraint(['superseded_by_id'], ['consents.id'], name=op.f('fk_consents_superseded_by_id_consents')),
    sa.ForeignKeyConstraint(['wording_id'], ['consent_wordings.id'], name=op.f('fk_consents_wording_id_consent_wordings')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consents')),
    info={'claimed': {'contact_bound': (False, True)}}
    )
    with op.batch_alter_table('consents', schema=None) as batch_op:
        batch_op.create_index('ix_consents_client_purpose', ['client_id', 'purpose'], unique=False)
        batch_op.create_index(batch_op.f('ix_consents_contact_id'), ['contact_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_consents_e164'), ['e164'], unique=False)
        batch_op.create_index(batch_op.f('ix_consents_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_consents_superseded_by_id'), ['superseded_by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_consents_wording_id'), ['wording_id'], unique=False)

    op.create_table('do_not_call_imports',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('list_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('file_name', sa.String(length=255), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('source', sa.String(length=500), server_default='', nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('imported_by', sa.Integer(), nullable=True),
    sa.Column('bytes_total', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('bytes_read', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('lines', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('numbers', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('nonsense', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('samples', sa.JSON(), server_default='[]', nullable=False),
    sa.Column('in_force_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.Integer(), nullable=True),
    sa.CheckConstraint("state IN ('reading', 'in_force', 'replaced', 'broken_off', 'undone')", name=op.f('ck_do_not_call_imports_state_known')),
    sa.ForeignKeyConstraint(['ended_by'], ['agents.id'], name=op.f('fk_do_not_call_imports_ended_by_agents')),
    sa.ForeignKeyConstraint(['imported_by'], ['agents.id'], name=op.f('fk_do_not_call_imports_imported_by_agents')),
    sa.ForeignKeyConstraint(['list_id'], ['do_not_call_lists.id'], name=op.f('fk_do_not_call_imports_list_id_do_not_call_lists')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_do_not_call_imports'))
    )
    with op.batch_alter_table('do_not_call_imports', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_do_not_call_imports_list_id'), ['list_id'], unique=False)

    op.create_table('entries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('client_id', sa.Integer(), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=True),
    sa.Column('segment', sa.String(length=64), server_default='', nullable=False),
    sa.Column('priority', sa.Integer(), server_default='5', nullable=False),
    sa.Column('state', sa.String(length=16), server_default='ready', nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.String(length=32), server_default='', nullable=False),
    sa.Column('bucket_id', sa.Integer(), nullable=True),
    sa.Column('rank', sa.BigInteger(), nullable=False),
    sa.Column('e164', sa.String(length=20), nullable=True),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('last_outcome', sa.String(length=16), nullable=True),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('callback_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('callback_agent_id', sa.Integer(), nullable=True),
    sa.Column('needs_agent', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('anybody_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('for_agent_id', sa.Integer(), nullable=True),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_key', sa.String(length=64), nullable=True),
    sa.Column('round', sa.Integer(), server_default='1', nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('source', sa.String(length=200), server_default='', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('waiting', 'ready', 'certain', 'leased', 'done', 'never')", name=op.f('ck_entries_state_known')),
    sa.ForeignKeyConstraint(['bucket_id'], ['entry_buckets.id'], name=op.f('fk_entries_bucket_id_entry_buckets')),
    sa.ForeignKeyConstraint(['callback_agent_id'], ['agents.id'], name=op.f('fk_entries_callback_agent_id_agents')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_entries_campaign_id_campaigns'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_entries_client_id_clients')),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_entries_contact_id_contacts'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['for_agent_id'], ['agents.id'], name=op.f('fk_entries_for_agent_id_agents')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_entries'))
    )
    with op.batch_alter_table('entries', schema=None) as batch_op:
        batch_op.create_index('ix_entries_certain', ['campaign_id', 'state', 'for_agent_id', 'rank'], unique=False)
        batch_op.create_index('ix_entries_client', ['client_id', 'campaign_id'], unique=False)
        batch_op.create_index('ix_entries_due', ['campaign_id', 'state', 'due_at'], unique=False)
        batch_op.create_index('ix_entries_leased', ['leased_until'], unique=False, sqlite_where=sa.text("state = 'leased'"), postgresql_where=sa.text("state = 'leased'"))
        batch_op.create_index('ix_entries_ready', ['bucket_id', 'state', 'rank', 'id'], unique=False)

    op.create_table('attempts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=True),
    sa.Column('client_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.Column('mode', sa.String(length=16), nullable=False),
    sa.Column('certain', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('profile_key', sa.String(length=64), nullable=False),
    sa.Column('profile_version', sa.Integer(), nullable=False),
    sa.Column('channel_id', sa.String(length=64), nullable=False),
    sa.Column('ring_started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('greeting_ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('connected_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('agent_id', sa.Integer(), nullable=True),
    sa.Column('message_played_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('opted_out_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('machine_result', sa.String(length=16), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(length=16), nullable=True),
    sa.Column('verdict', sa.String(length=16), nullable=True),
    sa.Column('disposition_id', sa.Integer(), nullable=True),
    sa.Column('call_id', sa.String(length=150), nullable=True),
    sa.Column('lost', sa.Boolean(), server_default='0', nullable=False),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_attempts_agent_id_agents')),
    sa.ForeignKeyConstraint(['call_id'], ['calls.call_id'], name=op.f('fk_attempts_call_id_calls'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_attempts_campaign_id_campaigns')),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_attempts_client_id_clients')),
    sa.ForeignKeyConstraint(['disposition_id'], ['dispositions.id'], name=op.f('fk_attempts_disposition_id_dispositions')),
    sa.ForeignKeyConstraint(['entry_id'], ['entries.id'], name=op.f('fk_attempts_entry_id_entries'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attempts')),
    sa.UniqueConstraint('channel_id', name=op.f('uq_attempts_channel_id'))
    )
    with op.batch_alter_table('attempts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attempts_call_id'), ['call_id'], unique=False)
        batch_op.create_index('ix_attempts_campaign', ['campaign_id', 'decided_at'], unique=False)
        batch_op.create_index('ix_attempts_client', ['client_id', 'decided_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_attempts_entry_id'), ['entry_id'], unique=False)
        batch_op.create_index('ix_attempts_number', ['number', 'decided_at'], unique=False)
        batch_op.create_index('ix_attempts_open', ['campaign_id', 'decided_at'], unique=False, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('do_not_call_imported',
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('import_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['do_not_call_imports.id'], name=op.f('fk_do_not_call_imported_import_id_do_not_call_imports')),
    sa.PrimaryKeyConstraint('number', 'import_id', name=op.f('pk_do_not_call_imported')),
    sqlite_with_rowid=False
    )
    op.create_table('do_not_call_numbers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('list_id', sa.Integer(), nullable=False),
    sa.Column('e164', sa.String(length=20), nullable=False),
    sa.Column('how', sa.String(length=8), nullable=False),
    sa.Column('reason', sa.String(length=500), server_default='', nullable=False),
    sa.Column('client_id', sa.Integer(), nullable=True),
    sa.Column('call_id', sa.String(length=150), nullable=True),
    sa.Column('import_id', sa.Integer(), nullable=True),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('added_by', sa.Integer(), nullable=True),
    sa.Column('until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('removed_by', sa.Integer(), nullable=True),
    sa.Column('removal', sa.String(length=500), server_default='', nullable=False),
    sa.CheckConstraint("how IN ('said', 'pressed', 'written', 'imported', 'office')", name=op.f('ck_do_not_call_numbers_how_known')),
    sa.ForeignKeyConstraint(['added_by'], ['agents.id'], name=op.f('fk_do_not_call_numbers_added_by_agents')),
    sa.ForeignKeyConstraint(['call_id'], ['calls.call_id'], name=op.f('fk_do_not_call_numbers_call_id_calls')),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_do_not_call_numbers_client_id_clients')),
    sa.ForeignKeyConstraint(['import_id'], ['do_not_call_imports.id'], name=op.f('fk_do_not_call_numbers_import_id_do_not_call_imports')),
    sa.ForeignKeyConstraint(['list_id'], ['do_not_call_lists.id'], name=op.f('fk_do_not_call_numbers_list_id_do_not_call_lists')),
    sa.ForeignKeyConstraint(['removed_by'], ['agents.id'], name=op.f('fk_do_not_call_numbers_removed_by_agents')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_do_not_call_numbers'))
    )
    with op.batch_alter_table('do_not_call_numbers', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_do_not_call_numbers_client_id'), ['client_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_do_not_call_numbers_import_id'), ['import_id'], unique=False)
        batch_op.create_index('ix_do_not_call_numbers_list', ['list_id', 'id'], unique=False)
        batch_op.create_index('uq_do_not_call_numbers_active', ['e164', 'list_id'], unique=True, sqlite_where=sa.text('removed_at IS NULL'), postgresql_where=sa.text('removed_at IS NULL'))

    op.create_table('entry_numbers',
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('e164', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('zones', sa.String(length=600), nullable=False),
    sa.Column('state', sa.String(length=16), server_default='ok', nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_entry_numbers_campaign_id_campaigns'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['entry_id'], ['entries.id'], name=op.f('fk_entry_numbers_entry_id_entries'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('entry_id', 'position', name=op.f('pk_entry_numbers')),
    sa.UniqueConstraint('campaign_id', 'e164', name=op.f('uq_entry_numbers_campaign_id_e164'))
    )
