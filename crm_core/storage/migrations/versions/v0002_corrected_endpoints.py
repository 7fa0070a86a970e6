"""Endpoints whose role an administrator corrected"""

import sqlalchemy as sa
from alembic import op

revision = 'v0002'
down_revision = 'v0001'


def upgrade() -> None:
    op.create_table('endpoint_roles',
    sa.Column('endpoint', sa.String(length=128), nullable=False),
    sa.Column('role', sa.String(length=8), nullable=False),
    sa.CheckConstraint("role IN ('phone', 'trunk')", name=op.f('ck_endpoint_roles_role_known')),
    sa.PrimaryKeyConstraint('endpoint', name=op.f('pk_endpoint_roles'))
    )
