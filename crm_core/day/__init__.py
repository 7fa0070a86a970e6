"""My day: one ordered queue of what to do next, and why."""
