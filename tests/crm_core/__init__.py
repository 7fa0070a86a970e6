"""What the business remembers, on both engines."""
