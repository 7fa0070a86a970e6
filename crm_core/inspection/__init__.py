"""Is our own side right? The database, the machine, and what the exchange is compared with."""
