"""The flight recorder: the last hours of what the exchange said, and one call out of them."""
