"""What answers a request: one module for each noun, one function for each thing to do with it."""
