"""Streams captured from a real Asterisk, each with the truth of what was done on the phones."""
