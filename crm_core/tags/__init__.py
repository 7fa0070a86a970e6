"""Tags: short words that an office hangs on clients, leads and deals as it goes."""
