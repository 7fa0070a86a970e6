"""How many calls to place now, and why (pure): by the floor, what is learned, what is lawful."""
