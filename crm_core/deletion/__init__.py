"""Clients, leads and deals deleted and brought back: one, or many in one step."""
