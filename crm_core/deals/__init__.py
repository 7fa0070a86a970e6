"""Deals: what a client may buy, in which stage of which pipeline that is, and what was lost."""
