"""The order in which a list is dialled."""
