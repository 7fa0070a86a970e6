"""Two engines, one schema: SQLite by default, PostgreSQL by setting a URL."""
