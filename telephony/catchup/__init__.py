"""What happened while nobody watched, told from Asterisk's own logs (pure: rows in, calls out)."""
