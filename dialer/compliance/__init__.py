"""The law as code: who may be called, when, how often, and how many may be left without anybody."""
