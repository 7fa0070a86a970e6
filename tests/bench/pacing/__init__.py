"""The dialer's pacing beside its rivals, on the same people with the same dice."""
