"""The consent registry: who agreed to what, when, how, in which words, and until when."""
