"""Floor 2: audio of calls. Its place in the house; nothing lives here yet."""
