"""What happened while we were away, read from the exchange's own logs and brought into ours."""
