"""Floor 2: the right thing on the right screen, now."""
