"""In which order a list is dialled: retries, best hours, quotas, ranks (pure, without a database).

The database and the simulation ask the same code.
"""
