"""Floor 1: what the business remembers: people, calls, tasks, agents, reports."""
