"""Floor 0: one Asterisk, seen clearly. Imports none of our packages."""
