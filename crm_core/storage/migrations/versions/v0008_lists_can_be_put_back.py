"""Lists can be put back"""

import sqlalchemy as sa
from alembic import op


revision = 'v0008'
down_revision = 'v0007'


def upgrade() -> None:
    op.create_table('entry_changes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('before', sa.JSON(), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undone_by', sa.Integer(), nullable=True),
    sa.CheckConstraint("kind IN ('removed', 'prioritised')", name=op.f('ck_entry_changes_kind_known')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_entry_changes_campaign_id_campaigns'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['made_by'], ['agents.id'], name=op.f('fk_entry_changes_made_by_agents')),
    sa.ForeignKeyConstraint(['undone_by'], ['agents.id'], name=op.f('fk_entry_changes_undone_by_agents')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_entry_changes'))
    )
    with op.batch_alter_table('entry_changes', schema=None) as batch_op:
        batch_op.create_index('ix_entry_changes_campaign_id', ['campaign_id'], unique=False)

    op.create_table('list_fillings',
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('added', sa.Integer(), server_default='0', nullable=False),
    sa.Column('not_loaded', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('told', sa.JSON(), server_default='[]', nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('began_by', sa.Integer(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('broke', sa.Boolean(), server_default='0', nullable=False),
    sa.ForeignKeyConstraint(['began_by'], ['agents.id'], name=op.f('fk_list_fillings_began_by_agents')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_list_fillings_campaign_id_campaigns'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('campaign_id', name=op.f('pk_list_fillings'))
    )
