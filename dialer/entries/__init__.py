"""Entries: the people on a campaign's list, who of them is dialled next, and why not another."""
