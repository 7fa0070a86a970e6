"""Leads, deals, catalogues, ways to reach people, notes, files; tasks that repeat and remind

All who were clients stay clients. A number is mobile where its country says so.
"""

import phonenumbers
import sqlalchemy as sa
from alembic import op

revision = 'v0004'
down_revision = 'v0003'

PAGE = 1000  # numbers at a time


def upgrade() -> None:
    op.create_table('catalogue_entries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('catalogue', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.Column('active', sa.Boolean(), server_default='1', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_catalogue_entries')),
    sa.UniqueConstraint('catalogue', 'title', name=op.f('uq_catalogue_entries_catalogue_title'))
    )
    op.create_table('pipelines',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('record_kind', sa.String(length=8), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.Column('active', sa.Boolean(), server_default='1', nullable=False),
    sa.CheckConstraint("record_kind IN ('lead', 'deal')", name=op.f('ck_pipelines_record_kind_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pipelines'))
    )
    op.create_table('products',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('unit', sa.String(length=32), server_default='', nullable=False),
    sa.Column('price', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('active', sa.Boolean(), server_default='1', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_products'))
    )
    op.create_table('role_rights',
    sa.Column('role', sa.String(length=32), nullable=False),
    sa.Column('rights', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('role', name=op.f('pk_role_rights'))
    )
    op.create_table('stages',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('pipeline_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.Column('probability', sa.Integer(), server_default='0', nullable=False),
    sa.Column('ending', sa.String(length=8), nullable=True),
    sa.Column('patience_days', sa.Integer(), nullable=True),
    sa.Column('active', sa.Boolean(), server_default='1', nullable=False),
    sa.CheckConstraint("ending IN ('won', 'lost')", name=op.f('ck_stages_ending_known')),
    sa.ForeignKeyConstraint(['pipeline_id'], ['pipelines.id'], name=op.f('fk_stages_pipeline_id_pipelines')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stages'))
    )
    with op.batch_alter_table('stages', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stages_pipeline_id'), ['pipeline_id'], unique=False)

    op.create_table('legal_entities',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('client_id', sa.Integer(), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('name', sa.String(length=300), nullable=False),
    sa.Column('requisites', sa.JSON(), nullable=False),
    sa.Column('address', sa.String(length=500), server_default='', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_legal_entities_client_id_clients'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_legal_entities'))
    )
    with op.batch_alter_table('legal_entities', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_legal_entities_client_id'), ['client_id'], unique=False)

    op.create_table('stage_actions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('stage_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.Column('active', sa.Boolean(), server_default='1', nullable=False),
    sa.ForeignKeyConstraint(['stage_id'], ['stages.id'], name=op.f('fk_stage_actions_stage_id_stages'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stage_actions'))
    )
    with op.batch_alter_table('stage_actions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stage_actions_stage_id'), ['stage_id'], unique=False)

    op.create_table('contact_points',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('client_id', sa.Integer(), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('written', sa.String(length=500), nullable=False),
    sa.Column('key', sa.String(length=500), nullable=False),
    sa.Column('label', sa.String(length=64), server_default='', nullable=False),
    sa.Column('wrong', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('do_not_write', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('email', 'messenger', 'address', 'site')", name=op.f('ck_contact_points_kind_known')),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_contact_points_client_id_clients'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_contact_points_contact_id_contacts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_points')),
    sa.UniqueConstraint('client_id', 'kind', 'key', name=op.f('uq_contact_points_client_id_kind_key'))
    )
    with op.batch_alter_table('contact_points', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_contact_points_contact_id'), ['contact_id'], unique=False)
        batch_op.create_index('ix_contact_points_key', ['kind', 'key'], unique=False)

    op.create_table('deals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('client_id', sa.Integer(), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=True),
    sa.Column('legal_entity_id', sa.Integer(), nullable=True),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('owner_agent_id', sa.Integer(), nullable=True),
    sa.Column('stage_id', sa.Integer(), nullable=False),
    sa.Column('stage_since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('amount', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('expected_on', sa.Date(), nullable=True),
    sa.Column('probability', sa.Integer(), nullable=True),
    sa.Column('loss_reason_id', sa.Integer(), nullable=True),
    sa.Column('fields', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_deals_client_id_clients')),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_deals_contact_id_contacts'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['created_by'], ['agents.id'], name=op.f('fk_deals_created_by_agents')),
    sa.ForeignKeyConstraint(['legal_entity_id'], ['legal_entities.id'], name=op.f('fk_deals_legal_entity_id_legal_entities'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['loss_reason_id'], ['catalogue_entries.id'], name=op.f('fk_deals_loss_reason_id_catalogue_entries')),
    sa.ForeignKeyConstraint(['owner_agent_id'], ['agents.id'], name=op.f('fk_deals_owner_agent_id_agents')),
    sa.ForeignKeyConstraint(['stage_id'], ['stages.id'], name=op.f('fk_deals_stage_id_stages')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deals'))
    )
    with op.batch_alter_table('deals', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deals_client_id'), ['client_id'], unique=False)
        batch_op.create_index('ix_deals_owner_open', ['owner_agent_id', 'closed_at'], unique=False)
        batch_op.create_index('ix_deals_stage', ['stage_id', 'stage_since'], unique=False)

    op.create_table('deal_lines',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('deal_id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=True),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('unit', sa.String(length=32), server_default='', nullable=False),
    sa.Column('price', sa.BigInteger(), nullable=False),
    sa.Column('discount', sa.Integer(), server_default='0', nullable=False),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.ForeignKeyConstraint(['deal_id'], ['deals.id'], name=op.f('fk_deal_lines_deal_id_deals'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_deal_lines_product_id_products')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deal_lines'))
    )
    with op.batch_alter_table('deal_lines', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deal_lines_deal_id'), ['deal_id'], unique=False)

    op.create_table('leads',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('client_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('request', sa.Text(), server_default='', nullable=False),
    sa.Column('source_id', sa.Integer(), nullable=True),
    sa.Column('marketing_campaign_id', sa.Integer(), nullable=True),
    sa.Column('owner_agent_id', sa.Integer(), nullable=True),
    sa.Column('stage_id', sa.Integer(), nullable=False),
    sa.Column('stage_since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('loss_reason_id', sa.Integer(), nullable=True),
    sa.Column('fields', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('touched_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('deal_id', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_leads_client_id_clients')),
    sa.ForeignKeyConstraint(['created_by'], ['agents.id'], name=op.f('fk_leads_created_by_agents')),
    sa.ForeignKeyConstraint(['deal_id'], ['deals.id'], name=op.f('fk_leads_deal_id_deals')),
    sa.ForeignKeyConstraint(['loss_reason_id'], ['catalogue_entries.id'], name=op.f('fk_leads_loss_reason_id_catalogue_entries')),
    sa.ForeignKeyConstraint(['marketing_campaign_id'], ['catalogue_entries.id'], name=op.f('fk_leads_marketing_campaign_id_catalogue_entries')),
    sa.ForeignKeyConstraint(['owner_agent_id'], ['agents.id'], name=op.f('fk_leads_owner_agent_id_agents')),
    sa.ForeignKeyConstraint(['source_id'], ['catalogue_entries.id'], name=op.f('fk_leads_source_id_catalogue_entries')),
    sa.ForeignKeyConstraint(['stage_id'], ['stages.id'], name=op.f('fk_leads_stage_id_stages')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_leads'))
    )
    with op.batch_alter_table('leads', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_leads_client_id'), ['client_id'], unique=False)
        batch_op.create_index('ix_leads_owner_open', ['owner_agent_id', 'closed_at'], unique=False)
        batch_op.create_index('ix_leads_stage', ['stage_id', 'stage_since'], unique=False)

    op.create_table('done_actions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('action_id', sa.Integer(), nullable=False),
    sa.Column('lead_id', sa.Integer(), nullable=True),
    sa.Column('deal_id', sa.Integer(), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['action_id'], ['stage_actions.id'], name=op.f('fk_done_actions_action_id_stage_actions')),
    sa.ForeignKeyConstraint(['deal_id'], ['deals.id'], name=op.f('fk_done_actions_deal_id_deals'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['done_by'], ['agents.id'], name=op.f('fk_done_actions_done_by_agents')),
    sa.ForeignKeyConstraint(['lead_id'], ['leads.id'], name=op.f('fk_done_actions_lead_id_leads'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_done_actions')),
    sa.UniqueConstraint('deal_id', 'action_id', name=op.f('uq_done_actions_deal_id_action_id')),
    sa.UniqueConstraint('lead_id', 'action_id', name=op.f('uq_done_actions_lead_id_action_id'))
    )
    op.create_table('files',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('client_id', sa.Integer(), nullable=False),
    sa.Column('lead_id', sa.Integer(), nullable=True),
    sa.Column('deal_id', sa.Integer(), nullable=True),
    sa.Column('agent_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('media_type', sa.String(length=127), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_files_agent_id_agents')),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_files_client_id_clients')),
    sa.ForeignKeyConstraint(['deal_id'], ['deals.id'], name=op.f('fk_files_deal_id_deals')),
    sa.ForeignKeyConstraint(['lead_id'], ['leads.id'], name=op.f('fk_files_lead_id_leads')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_files'))
    )
    with op.batch_alter_table('files', schema=None) as batch_op:
        batch_op.create_index('ix_files_client_created', ['client_id', 'created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_files_deal_id'), ['deal_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_files_sha256'), ['sha256'], unique=False)

    op.create_table('file_bytes',
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('piece', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('sha256', 'position', name=op.f('pk_file_bytes'))
    )
    op.create_table('notes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('client_id', sa.Integer(), nullable=False),
    sa.Column('lead_id', sa.Integer(), nullable=True),
    sa.Column('deal_id', sa.Integer(), nullable=True),
    sa.Column('agent_id', sa.Integer(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('pinned', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_notes_agent_id_agents')),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_notes_client_id_clients')),
    sa.ForeignKeyConstraint(['deal_id'], ['deals.id'], name=op.f('fk_notes_deal_id_deals')),
    sa.ForeignKeyConstraint(['lead_id'], ['leads.id'], name=op.f('fk_notes_lead_id_leads')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notes'))
    )
    with op.batch_alter_table('notes', schema=None) as batch_op:
        batch_op.create_index('ix_notes_client_created', ['client_id', 'created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_notes_deal_id'), ['deal_id'], unique=False)

    op.create_table('stage_changes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('client_id', sa.Integer(), nullable=False),
    sa.Column('lead_id', sa.Integer(), nullable=True),
    sa.Column('deal_id', sa.Integer(), nullable=True),
    sa.Column('from_stage_id', sa.Integer(), nullable=True),
    sa.Column('to_stage_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_stage_changes_agent_id_agents')),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_stage_changes_client_id_clients')),
    sa.ForeignKeyConstraint(['deal_id'], ['deals.id'], name=op.f('fk_stage_changes_deal_id_deals'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['from_stage_id'], ['stages.id'], name=op.f('fk_stage_changes_from_stage_id_stages')),
    sa.ForeignKeyConstraint(['lead_id'], ['leads.id'], name=op.f('fk_stage_changes_lead_id_leads'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['to_stage_id'], ['stages.id'], name=op.f('fk_stage_changes_to_stage_id_stages')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stage_changes'))
    )
    with op.batch_alter_table('stage_changes', schema=None) as batch_op:
        batch_op.create_index('ix_stage_changes_client_at', ['client_id', 'at'], unique=False)
        batch_op.create_index(batch_op.f('ix_stage_changes_deal_id'), ['deal_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_stage_changes_lead_id'), ['lead_id'], unique=False)

    op.create_table('task_comments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('task_id', sa.Integer(), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_task_comments_agent_id_agents')),
    sa.ForeignKeyConstraint(['task_id'], ['tasks.id'], name=op.f('fk_task_comments_task_id_tasks'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_task_comments'))
    )
    with op.batch_alter_table('task_comments', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_task_comments_task_id'), ['task_id'], unique=False)

    with op.batch_alter_table('agents', schema=None) as batch_op:
        batch_op.add_column(sa.Column('newcomer', sa.Boolean(), server_default='0', nullable=False))

    with op.batch_alter_table('client_numbers', schema=None) as batch_op:
        batch_op.add_column(sa.Column('mobile', sa.Boolean(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('do_not_call', sa.Boolean(), server_default='0', nullable=False))

    with op.batch_alter_table('clients', schema=None) as batch_op:
        batch_op.add_column(sa.Column('client_since', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('relation_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('category_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('industry_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('is_key', sa.Boolean(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('legal_hold', sa.Boolean(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('fields', sa.JSON(), server_default='{}', nullable=False))
        batch_op.create_foreign_key(batch_op.f('fk_clients_category_id_catalogue_entries'), 'catalogue_entries', ['category_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_clients_relation_id_catalogue_entries'), 'catalogue_entries', ['relation_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_clients_industry_id_catalogue_entries'), 'catalogue_entries', ['industry_id'], ['id'])

    with op.batch_alter_table('contacts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('role_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('note', sa.Text(), server_default='', nullable=False))
        batch_op.create_foreign_key(batch_op.f('fk_contacts_role_id_catalogue_entries'), 'catalogue_entries', ['role_id'], ['id'])

    with op.batch_alter_table('tasks', schema=None) as batch_op:
        batch_op.add_column(sa.Column('lead_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('deal_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('contact_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('owed_by', sa.String(length=8), server_default='us', nullable=False))
        batch_op.add_column(sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('place', sa.String(length=300), server_default='', nullable=False))
        batch_op.add_column(sa.Column('remind_seconds', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('remind_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('rrule', sa.String(length=300), server_default='', nullable=False))
        batch_op.add_column(sa.Column('rrule_zone', sa.String(length=64), server_default='', nullable=False))
        batch_op.add_column(sa.Column('series_id', sa.Integer(), nullable=True))
        batch_op.create_index('ix_tasks_client_done', ['client_id', 'done_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_tasks_deal_id'), ['deal_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_tasks_lead_id'), ['lead_id'], unique=False)
        batch_op.create_index('ix_tasks_remind_open', ['remind_at'], unique=False, sqlite_where=sa.text('done_at IS NULL AND reminded_at IS NULL'), postgresql_where=sa.text('done_at IS NULL AND reminded_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_tasks_series_id'), ['series_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_tasks_deal_id_deals'), 'deals', ['deal_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_tasks_lead_id_leads'), 'leads', ['lead_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_tasks_contact_id_contacts'), 'contacts', ['contact_id'], ['id'], ondelete='SET NULL')

        batch_op.drop_constraint(batch_op.f('ck_tasks_kind_known'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_tasks_kind_known'), "kind IN ('next_step', 'call', 'meeting', 'callback', 'wrap_up')")
        batch_op.create_check_constraint(batch_op.f('ck_tasks_owed_by_known'), "owed_by IN ('us', 'client')")

    op.execute("UPDATE clients SET client_since = created_at")
    _mark_mobiles()


def _mark_mobiles() -> None:
    """Page by page, by the plan of the number's own country."""
    numbers = sa.table('client_numbers', *map(sa.column, ('id', 'e164', 'mobile')))
    connection, last = op.get_bind(), 0
    while True:
        page = connection.execute(
            sa.select(numbers.c.id, numbers.c.e164)
            .where(numbers.c.id > last, numbers.c.e164.is_not(None))
            .order_by(numbers.c.id)
            .limit(PAGE)
        ).all()
        if not page:
            return
        last = page[-1].id
        mobile = [row.id for row in page if _is_mobile(row.e164)]
        if mobile:
            connection.execute(sa.update(numbers).where(numbers.c.id.in_(mobile)).values(mobile=True))


def _is_mobile(e164: str) -> bool:
    try:
        parsed = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE
