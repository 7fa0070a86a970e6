"""Clients handed to a colleague with all that is open about them: one step, and one to undo it."""
