"""What an office shapes for itself, and what is done to many clients at once"""

import sqlalchemy as sa
from alembic import op


revision = 'v0006'
down_revision = 'v0005'


def upgrade() -> None:
    op.create_table('field_sections',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('tab', sa.String(length=100), server_default='', nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.Column('active', sa.Boolean(), server_default='1', nullable=False),
    sa.CheckConstraint("kind IN ('client', 'lead', 'deal')", name=op.f('ck_field_sections_kind_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_field_sections'))
    )
    op.create_table('custom_fields',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('section_id', sa.Integer(), nullable=False),
    sa.Column('type', sa.String(length=16), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('hint', sa.String(length=300), server_default='', nullable=False),
    sa.Column('options', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('hidden_from', sa.JSON(), server_default='[]', nullable=False),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.Column('active', sa.Boolean(), server_default='1', nullable=False),
    sa.CheckConstraint("type IN ('text', 'number', 'money', 'date', 'choice', 'choices', 'yes_no', 'link')", name=op.f('ck_custom_fields_type_known')),
    sa.ForeignKeyConstraint(['section_id'], ['field_sections.id'], name=op.f('fk_custom_fields_section_id_field_sections')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_custom_fields'))
    )
    with op.batch_alter_table('custom_fields', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_custom_fields_section_id'), ['section_id'], unique=False)

    op.create_table('outdated_texts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('record_id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outdated_texts')),
    sa.UniqueConstraint('record_id', 'kind', name=op.f('uq_outdated_texts_record_id_kind'))
    )
    op.create_table('reshaped_fields',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('field_id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reshaped_fields'))
    )
    op.create_table('handovers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=False),
    sa.Column('to_agent_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.Column('skipped', sa.Integer(), server_default='0', nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undone_by', sa.Integer(), nullable=True),
    sa.CheckConstraint("state IN ('chosen', 'moving', 'done', 'undoing', 'undone')", name=op.f('ck_handovers_state_known')),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_handovers_agent_id_agents')),
    sa.ForeignKeyConstraint(['to_agent_id'], ['agents.id'], name=op.f('fk_handovers_to_agent_id_agents')),
    sa.ForeignKeyConstraint(['undone_by'], ['agents.id'], name=op.f('fk_handovers_undone_by_agents')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handovers'))
    )
    with op.batch_alter_table('handovers', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_handovers_at'), ['at'], unique=False)

    op.create_table('preferences',
    sa.Column('agent_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('value', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_preferences_agent_id_agents'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('agent_id', 'key', name=op.f('pk_preferences'))
    )
    op.create_table('saved_views',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('list', sa.String(length=16), nullable=False),
    sa.Column('title', sa.String(length=100), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=False),
    sa.Column('shared', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('filters', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('columns', sa.JSON(), server_default='[]', nullable=False),
    sa.Column('order_by', sa.String(length=32), server_default='', nullable=False),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_saved_views_agent_id_agents'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_views'))
    )
    with op.batch_alter_table('saved_views', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_saved_views_agent_id'), ['agent_id'], unique=False)

    op.create_table('tags',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=100), nullable=False),
    sa.Column('key', sa.String(length=100), nullable=False),
    sa.Column('colour', sa.String(length=16), server_default='', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by'], ['agents.id'], name=op.f('fk_tags_created_by_agents')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tags')),
    sa.UniqueConstraint('key', name=op.f('uq_tags_key'))
    )
    op.create_table('client_merges',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=True),
    sa.Column('kept_id', sa.Integer(), nullable=False),
    sa.Column('merged_id', sa.Integer(), nullable=False),
    sa.Column('moved', sa.JSON(), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undone_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_client_merges_agent_id_agents')),
    sa.ForeignKeyConstraint(['kept_id'], ['clients.id'], name=op.f('fk_client_merges_kept_id_clients')),
    sa.ForeignKeyConstraint(['merged_id'], ['clients.id'], name=op.f('fk_client_merges_merged_id_clients')),
    sa.ForeignKeyConstraint(['undone_by'], ['agents.id'], name=op.f('fk_client_merges_undone_by_agents')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_client_merges'))
    )
    with op.batch_alter_table('client_merges', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_client_merges_kept_id'), ['kept_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_client_merges_merged_id'), ['merged_id'], unique=False)

    op.create_table('handed_records',
    sa.Column('handover_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('record_id', sa.Integer(), nullable=False),
    sa.Column('before_agent_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=8), server_default='waiting', nullable=False),
    sa.CheckConstraint("kind IN ('client', 'lead', 'deal', 'task')", name=op.f('ck_handed_records_kind_known')),
    sa.CheckConstraint("state IN ('waiting', 'moved', 'stayed', 'returned', 'kept')", name=op.f('ck_handed_records_state_known')),
    sa.ForeignKeyConstraint(['before_agent_id'], ['agents.id'], name=op.f('fk_handed_records_before_agent_id_agents')),
    sa.ForeignKeyConstraint(['handover_id'], ['handovers.id'], name=op.f('fk_handed_records_handover_id_handovers'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('handover_id', 'kind', 'record_id', name=op.f('pk_handed_records'))
    )
    with op.batch_alter_table('handed_records', schema=None) as batch_op:
        batch_op.create_index('ix_handed_records_record', ['kind', 'record_id'], unique=False)

    op.create_table('deletions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('state', sa.String(length=9), nullable=False),
    sa.Column('count', sa.Integer(), server_default='0', nullable=False),
    sa.Column('skipped', sa.Integer(), server_default='0', nullable=False),
    sa.Column('restored_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('restored_by', sa.Integer(), nullable=True),
    sa.CheckConstraint("kind IN ('client', 'lead', 'deal')", name=op.f('ck_deletions_kind_known')),
    sa.CheckConstraint("state IN ('chosen', 'deleting', 'done', 'restoring', 'restored')", name=op.f('ck_deletions_state_known')),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_deletions_agent_id_agents')),
    sa.ForeignKeyConstraint(['restored_by'], ['agents.id'], name=op.f('fk_deletions_restored_by_agents')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deletions'))
    )
    op.create_table('deleted_records',
    sa.Column('deletion_id', sa.Integer(), nullable=False),
    sa.Column('record_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=8), server_default='waiting', nullable=False),
    sa.CheckConstraint("state IN ('waiting', 'deleted', 'stayed', 'restored', 'kept')", name=op.f('ck_deleted_records_state_known')),
    sa.ForeignKeyConstraint(['deletion_id'], ['deletions.id'], name=op.f('fk_deleted_records_deletion_id_deletions'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('deletion_id', 'record_id', name=op.f('pk_deleted_records'))
    )
    op.create_table('tagged',
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('record_id', sa.Integer(), nullable=False),
    sa.Column('tag_id', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('client', 'lead', 'deal')", name=op.f('ck_tagged_kind_known')),
    sa.ForeignKeyConstraint(['tag_id'], ['tags.id'], name=op.f('fk_tagged_tag_id_tags'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('kind', 'record_id', 'tag_id', name=op.f('pk_tagged'))
    )
    with op.batch_alter_table('tagged', schema=None) as batch_op:
        batch_op.create_index('ix_tagged_tag', ['tag_id', 'kind', 'record_id'], unique=False)

    with op.batch_alter_table('clients', schema=None) as batch_op:
        batch_op.add_column(sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_clients_name', ['name'], unique=False)
        batch_op.create_index('ix_clients_updated', ['updated_at'], unique=False)
        batch_op.create_index('ix_clients_created', ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_clients_relation_id'), ['relation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_clients_category_id'), ['category_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_clients_industry_id'), ['industry_id'], unique=False)

