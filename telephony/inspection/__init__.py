"""Is the exchange set up as we need it? Asked over a short link of its own, told line by line."""
