"""The law profiles: those that come with the product, and what an office has made of them."""
