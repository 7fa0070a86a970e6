"""Requests of people who are not clients yet, until they become clients or are lost."""
