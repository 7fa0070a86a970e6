"""The parts of a scenario file: each reads its table, or refuses the key that is wrong (pure)."""
