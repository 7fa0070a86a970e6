"""Conversations as remembered: one row a call, whatever happened to its legs."""
