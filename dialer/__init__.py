"""Floor 2: outbound campaigns. Its place in the house; nothing lives here yet."""
