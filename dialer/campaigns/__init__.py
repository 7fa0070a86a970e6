"""Campaigns: what is dialled for whom, how, by which team, and every dial that was made."""
